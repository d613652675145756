// Where people sign in: the embedded Clerk's page, a plain form. `ComponentSignInPage` does the same with Clerk's component.

import { type Locator, type Page, type Response, expect } from "@playwright/test";

import type { Credentials } from "../fixtures/users";
import { AccountPage } from "./account-page";
import { tabTo } from "./keyboard";
import { submit } from "./submit";

export class SignInPage {
  readonly path: string = "/__clerk/sign-in";

  readonly heading: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly signInButton: Locator;
  readonly signUpLink: Locator;
  readonly complaint: Locator;

  constructor(protected readonly page: Page) {
    this.heading = page.getByRole("heading", { name: "Sign in", level: 1 });
    this.email = page.getByLabel("Email address");
    this.password = page.getByLabel("Password");
    this.signInButton = page.getByRole("button", { name: "Sign in" });
    this.signUpLink = page.getByRole("link", { name: "Sign up" });
    this.complaint = page.getByRole("alert");
  }

  /** Opens the page, and asks to go on to `returnTo` afterwards. */
  async goto(returnTo: string): Promise<Response | null> {
    return this.page.goto(`${this.path}?redirect_url=${encodeURIComponent(returnTo)}`);
  }

  /** The button that signs in as a seeded person. */
  persona(name: string): Locator {
    return this.page.getByRole("button", { name });
  }

  /** Signs in and goes on to the account page. For tests that are about what comes afterwards. */
  async enterAs(credentials: Credentials): Promise<void> {
    await this.goto(AccountPage.PATH);
    await this.signIn(credentials);
    await this.page.waitForURL(AccountPage.PATH);
  }

  /** Fills the form in, sends it and returns the answer to it. */
  async signIn(credentials: Credentials): Promise<Response> {
    await this.email.fill(credentials.email);
    await this.password.fill(credentials.password);
    return submit(this.page, this.signInButton);
  }

  /** The same without a mouse. */
  async signInByKeyboard(credentials: Credentials): Promise<void> {
    await tabTo(this.page, this.email);
    await this.page.keyboard.type(credentials.email);
    await this.page.keyboard.press("Tab");
    await expect(this.password).toBeFocused();
    await this.page.keyboard.type(credentials.password);
    await this.page.keyboard.press("Enter");
  }
}
