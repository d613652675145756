// Pictures of the pages, for the README and for whoever changes a stylesheet.

import { LOOKS, prepare, take } from "../fixtures/screenshot";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

for (const look of LOOKS) {
  test(`home page${look.suffix}`, async ({ page, homePage }) => {
    await prepare(page, look);
    await homePage.goto();
    await take(page, "home", look);
  });

  test(`sign-in page${look.suffix}`, async ({ page, signInPage }) => {
    await prepare(page, look);
    await signInPage.goto("/account");
    await take(page, "sign-in", look);
  });

  test(`redirect loop${look.suffix}`, async ({ page, context, server, watch }) => {
    watch.expectStatus(401);
    await prepare(page, look);
    await context.addCookies([{ name: "__clerk_redirect_count", value: "3", url: server.url }]);
    await page.goto("/account");
    await take(page, "redirect-loop", look);
  });

  for (const [name, path] of [
    ["lab", "/lab"],
    ["lab-refused", "/lab?run=expired-6s"],
    ["endpoints", "/endpoints"],
  ] as const) {
    test(`${name}${look.suffix}`, async ({ page }) => {
      await prepare(page, look);
      await page.goto(path);
      await take(page, name, look);
    });
  }

  test(`not found${look.suffix}`, async ({ page, watch }) => {
    watch.expectStatus(404);
    await prepare(page, look);
    await page.goto("/no/such/page");
    await take(page, "not-found", look);
  });

  test(`journey${look.suffix}`, async ({ page, accountPage, signInPage }) => {
    const whole = { ...look, fullPage: true };
    await prepare(page, whole);
    await signInPage.enterAs(GRACE);
    await expect(accountPage.tokenClock).toHaveText(/^valid for/);
    await take(page, "journey", whole);
  });

  test(`account page${look.suffix}`, async ({ page, accountPage, signInPage }) => {
    await prepare(page, look);
    await signInPage.enterAs(GRACE);
    await expect(accountPage.greeting).toBeVisible();
    await expect(accountPage.tokenClock).toHaveText(/^valid for/);
    await take(page, "account", look);
  });
}
