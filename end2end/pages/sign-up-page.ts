// The embedded Clerk's sign-up page.

import type { Locator, Page, Response } from "@playwright/test";

import type { Newcomer } from "../fixtures/users";
import { submit } from "./submit";

export class SignUpPage {
  static readonly PATH = "/__clerk/sign-up";

  readonly heading: Locator;
  readonly firstName: Locator;
  readonly lastName: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly signUpButton: Locator;
  readonly signInLink: Locator;

  constructor(private readonly page: Page) {
    this.heading = page.getByRole("heading", { name: "Sign up", level: 1 });
    this.firstName = page.getByLabel("First name");
    this.lastName = page.getByLabel("Last name");
    this.email = page.getByLabel("Email address");
    this.password = page.getByLabel("Password");
    this.signUpButton = page.getByRole("button", { name: "Sign up" });
    this.signInLink = page.getByRole("link", { name: "Sign in" });
  }

  /** Opens the page, and asks to go on to `returnTo` afterwards. */
  async goto(returnTo: string): Promise<Response | null> {
    return this.page.goto(`${SignUpPage.PATH}?redirect_url=${encodeURIComponent(returnTo)}`);
  }

  /** Fills the form in, sends it and returns the answer to it. */
  async signUp(newcomer: Newcomer): Promise<Response> {
    await this.firstName.fill(newcomer.firstName);
    await this.lastName.fill(newcomer.lastName);
    await this.email.fill(newcomer.email);
    await this.password.fill(newcomer.password);
    return submit(this.page, this.signUpButton);
  }
}
