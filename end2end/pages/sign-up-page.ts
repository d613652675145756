// Where people sign up: the embedded Clerk's page, a plain form, and the one for the code that follows it.
// `ComponentSignUpPage` does the same with Clerk's component.

import type { Locator, Page, Response } from "@playwright/test";

import { type Newcomer, TEST_CODE } from "../fixtures/users";
import { tabTo } from "./keyboard";
import { submit } from "./submit";

export class SignUpPage {
  readonly path: string = "/__clerk/sign-up";

  readonly heading: Locator;
  readonly firstName: Locator;
  readonly lastName: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly signUpButton: Locator;
  readonly signInLink: Locator;
  readonly code: Locator;
  readonly continueButton: Locator;

  constructor(protected readonly page: Page) {
    this.heading = page.getByRole("heading", { name: "Sign up", level: 1 });
    this.firstName = page.getByLabel("First name");
    this.lastName = page.getByLabel("Last name");
    this.email = page.getByLabel("Email address");
    this.password = page.getByLabel("Password");
    this.signUpButton = page.getByRole("button", { name: "Sign up" });
    this.signInLink = page.getByRole("link", { name: "Sign in" });
    this.code = page.getByLabel("Code");
    this.continueButton = page.getByRole("button", { name: "Continue" });
  }

  /** Opens the page, and asks to go on to `returnTo` afterwards. */
  async goto(returnTo: string): Promise<Response | null> {
    return this.page.goto(`${this.path}?redirect_url=${encodeURIComponent(returnTo)}`);
  }

  /** Fills the form in and sends it, and then the code. Returns the answer to the last form that was sent. */
  async signUp(newcomer: Newcomer): Promise<Response> {
    const answer = await this.begin(newcomer);
    return answer.status() === 303 ? this.verify(TEST_CODE) : answer;
  }

  /** Sends the code and returns the answer to it. */
  async verify(code: string): Promise<Response> {
    await this.code.fill(code);
    return submit(this.page, this.continueButton);
  }

  /** Fills the form in, sends it and returns the answer to it. */
  async begin(newcomer: Newcomer): Promise<Response> {
    for (const [field, text] of this.answers(newcomer)) {
      await field.fill(text);
    }
    return submit(this.page, this.signUpButton);
  }

  /** The same without a mouse. */
  async signUpByKeyboard(newcomer: Newcomer): Promise<void> {
    for (const [field, text] of this.answers(newcomer)) {
      await tabTo(this.page, field);
      await this.page.keyboard.type(text);
    }
    await this.page.keyboard.press("Enter");
    await this.verifyByKeyboard(TEST_CODE);
  }

  protected async verifyByKeyboard(code: string): Promise<void> {
    await tabTo(this.page, this.code);
    await this.page.keyboard.type(code);
    await this.page.keyboard.press("Enter");
  }

  /** What goes into which field, in their order. */
  protected answers(newcomer: Newcomer): readonly (readonly [field: Locator, text: string])[] {
    return [
      [this.firstName, newcomer.firstName],
      [this.lastName, newcomer.lastName],
      [this.email, newcomer.email],
      [this.password, newcomer.password],
    ];
  }
}
