// Signing up with Clerk's component: first the form, then the code that was mailed.

import { type Locator, type Response, expect } from "@playwright/test";

import { type Newcomer, TEST_CODE } from "../fixtures/users";
import { callClerk } from "./call-clerk";
import { SignUpPage } from "./sign-up-page";

export class ComponentSignUpPage extends SignUpPage {
  override readonly path: string = "/sign-up";

  private readonly component: Locator = this.page.getByRole("main");
  override readonly heading: Locator = this.component.getByRole("heading", { name: "Create your account", level: 1 });
  override readonly password: Locator = this.component.getByLabel("Password", { exact: true });
  override readonly signUpButton: Locator = this.component.getByRole("button", { name: "Continue", exact: true });
  override readonly signInLink: Locator = this.component.getByRole("link", { name: "Sign in" });
  override readonly code: Locator = this.component.getByLabel("Enter verification code");

  override async signUp(newcomer: Newcomer): Promise<Response> {
    const begun = await this.begin(newcomer);
    if (!begun.ok()) {
      return begun;
    }
    await expect(this.code).toBeVisible();
    return this.verify(TEST_CODE);
  }

  override async verify(code: string): Promise<Response> {
    return callClerk(this.page, /\/attempt_verification$/, () => this.code.pressSequentially(code));
  }

  override async begin(newcomer: Newcomer): Promise<Response> {
    for (const [field, text] of this.answers(newcomer)) {
      await field.fill(text);
    }
    return callClerk(this.page, /\/sign_ups$/, () => this.signUpButton.click());
  }

  protected override async verifyByKeyboard(code: string): Promise<void> {
    await expect(this.code).toBeFocused();
    await this.page.keyboard.type(code);
  }

  /** It asks for no name. */
  protected override answers({ email, password }: Newcomer): readonly (readonly [field: Locator, text: string])[] {
    return [
      [this.email, email],
      [this.password, password],
    ];
  }
}
