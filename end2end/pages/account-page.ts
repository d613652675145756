// `/account`

import { type Locator, type Page, type Response, expect } from "@playwright/test";

import { SiteHeader } from "./site-header";

export class AccountPage {
  static readonly PATH = "/account";

  readonly header: SiteHeader;
  readonly greeting: Locator;
  readonly session: Locator;
  readonly tokenClock: Locator;
  readonly failure: Locator;
  readonly tryAgainLink: Locator;

  constructor(private readonly page: Page) {
    this.header = new SiteHeader(page);
    this.greeting = page
      .getByRole("region", { name: "What the gateway says" })
      .getByText("Hello World", { exact: true });
    this.session = page.getByRole("region", { name: "Your session" });
    this.tokenClock = this.session.getByRole("definition").last();
    this.failure = page.getByRole("alert");
    this.tryAgainLink = page.getByRole("link", { name: "Try again" });
  }

  async goto(query = ""): Promise<Response | null> {
    return this.page.goto(AccountPage.PATH + query);
  }

  /** Waits until its scripts, if it may run any, have come and run. */
  async settle(scriptsOn: boolean): Promise<void> {
    await expect(this.tokenClock).toHaveText(scriptsOn ? /^valid for / : /^valid until /);
  }

  /** Follows "Try again" and returns the page that came. */
  async tryAgain(): Promise<Response> {
    const answer = this.page.waitForResponse((response) => response.request().isNavigationRequest());
    await this.tryAgainLink.click();
    return answer;
  }
}
