// The header of the application's pages.

import type { Locator, Page } from "@playwright/test";

export class SiteHeader {
  readonly accountLink: Locator;
  readonly labLink: Locator;
  readonly gatewayRoutesLink: Locator;
  readonly signInLink: Locator;
  readonly signUpLink: Locator;
  readonly signOutButton: Locator;

  constructor(page: Page) {
    const header = page.getByRole("banner");
    this.accountLink = header.getByRole("link", { name: "Account" });
    this.labLink = header.getByRole("link", { name: "Lab" });
    this.gatewayRoutesLink = header.getByRole("link", { name: "Gateway routes" });
    this.signInLink = header.getByRole("link", { name: "Sign in" });
    this.signUpLink = header.getByRole("link", { name: "Sign up" });
    this.signOutButton = header.getByRole("button", { name: "Sign out" });
  }
}
