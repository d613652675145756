// `/`

import type { Locator, Page, Response } from "@playwright/test";

import { SiteHeader } from "./site-header";

export class HomePage {
  readonly header: SiteHeader;
  readonly signedOut: Locator;
  readonly signedInAs: Locator;
  readonly accountLink: Locator;

  constructor(private readonly page: Page) {
    this.header = new SiteHeader(page);
    this.signedOut = page.getByRole("main").getByText("You are signed out");
    this.signedInAs = page.getByRole("main").getByText("You are signed in.");
    this.accountLink = page.getByRole("link", { name: "Open your account" });
  }

  async goto(): Promise<Response | null> {
    return this.page.goto("/");
  }
}
