// `/gateway-routes`

import type { Locator, Page, Response } from "@playwright/test";

import { SiteHeader } from "./site-header";

export class GatewayRoutesPage {
  static readonly PATH = "/gateway-routes";

  readonly header: SiteHeader;
  readonly heading: Locator;
  readonly routes: Locator;
  readonly warnings: Locator;
  readonly refusal: Locator;

  constructor(private readonly page: Page) {
    this.header = new SiteHeader(page);
    this.heading = page.getByRole("heading", { name: "Gateway routes", level: 1 });
    this.routes = page.locator(".routes > li");
    this.warnings = page.getByRole("region", { name: "Worth a look" });
    this.refusal = page.getByRole("alert");
  }

  async goto(): Promise<Response | null> {
    return this.page.goto(GatewayRoutesPage.PATH);
  }
}
