// Signing up with Clerk's component: first the form, then the code that was mailed.

import { type Locator, type Response, expect } from "@playwright/test";

import type { Newcomer } from "../fixtures/users";
import { callClerk } from "./call-clerk";
import { SignUpPage } from "./sign-up-page";

export class ComponentSignUpPage extends SignUpPage {
  override readonly path: string = "/sign-up";

  private readonly component: Locator = this.page.getByRole("main");
  override readonly heading: Locator = this.component.getByRole("heading", { name: "Create your account", level: 1 });
  override readonly password: Locator = this.component.getByLabel("Password", { exact: true });
  override readonly signUpButton: Locator = this.component.getByRole("button", { name: "Continue", exact: true });
  override readonly signInLink: Locator = this.component.getByRole("link", { name: "Sign in" });
  private readonly code: Locator = this.component.getByLabel("Enter verification code");

  override async signUp(newcomer: Newcomer): Promise<Response> {
    const begun = await this.begin(newcomer);
    if (!begun.ok()) {
      return begun;
    }
    await expect(this.code).toBeVisible();
    const code = await this.mailedCode(newcomer);
    return callClerk(this.page, /\/attempt_verification$/, () => this.code.pressSequentially(code));
  }

  /** Fills the form in, sends it and returns the answer to it. */
  async begin(newcomer: Newcomer): Promise<Response> {
    for (const [field, text] of this.answers(newcomer)) {
      await field.fill(text);
    }
    return callClerk(this.page, /\/sign_ups$/, () => this.signUpButton.click());
  }

  override async signUpByKeyboard(newcomer: Newcomer): Promise<void> {
    await super.signUpByKeyboard(newcomer);
    await expect(this.code).toBeFocused();
    await this.page.keyboard.type(await this.mailedCode(newcomer));
  }

  /** It asks for no name. */
  protected override answers({ email, password }: Newcomer): readonly (readonly [field: Locator, text: string])[] {
    return [
      [this.email, email],
      [this.password, password],
    ];
  }

  private async mailedCode({ email }: Newcomer): Promise<string> {
    let code: string | undefined;
    await expect(async () => {
      const outbox = (await (await this.page.request.get("/__clerk/outbox.json")).json()) as {
        readonly data: readonly { readonly to: string; readonly code: string }[];
      };
      code = outbox.data.find(({ to }) => to === email)?.code;
      expect(code).toBeDefined();
    }).toPass();
    return code ?? "";
  }
}
