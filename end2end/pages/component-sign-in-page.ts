// Signing in with Clerk's component: first the address, then the password.

import { type Locator, type Response, expect } from "@playwright/test";

import type { Credentials } from "../fixtures/users";
import { callClerk } from "./call-clerk";
import { tabTo } from "./keyboard";
import { SignInPage } from "./sign-in-page";

export class ComponentSignInPage extends SignInPage {
  override readonly path: string = "/sign-in";

  private readonly component: Locator = this.page.getByRole("main");
  override readonly password: Locator = this.component.getByLabel("Password", { exact: true });
  override readonly signInButton: Locator = this.component.getByRole("button", { name: "Continue", exact: true });
  override readonly signUpLink: Locator = this.component.getByRole("link", { name: "Sign up" });
  override readonly complaint: Locator = this.component.locator(".cl-formFieldErrorText, .cl-alertText");

  override async signIn(credentials: Credentials): Promise<Response> {
    // Whose password was refused is asked for it again.
    if (!this.page.url().includes("#/factor-one")) {
      await this.email.fill(credentials.email);
      const begun = await callClerk(this.page, /\/sign_ins$/, () => this.signInButton.click());
      if (!begun.ok()) {
        return begun;
      }
    }
    await this.password.fill(credentials.password);
    return callClerk(this.page, /\/attempt_first_factor$/, () => this.signInButton.click());
  }

  override async signInByKeyboard(credentials: Credentials): Promise<void> {
    await expect(this.email).toBeVisible();
    await tabTo(this.page, this.email);
    await this.page.keyboard.type(credentials.email);
    await this.page.keyboard.press("Enter");
    await expect(this.password).toBeFocused();
    await this.page.keyboard.type(credentials.password);
    await this.page.keyboard.press("Enter");
  }
}
