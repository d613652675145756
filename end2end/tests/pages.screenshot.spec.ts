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

  test(`account page${look.suffix}`, async ({ page, accountPage, signInPage }) => {
    await prepare(page, look);
    await signInPage.enterAs(GRACE);
    await expect(accountPage.greeting).toBeVisible();
    await expect(accountPage.tokenClock).toHaveText(/^valid for/);
    await take(page, "account", look);
  });
}
