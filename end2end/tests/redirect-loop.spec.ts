// A browser that was sent to Clerk and back three times, and is still not recognised.

import { expect, test } from "../fixtures/test";

/** What the server leaves in the browser with every redirect; it lives for two seconds. */
const COUNTED = { name: "__clerk_redirect_count", value: "3" };

test("is told the likely cause, and how to go on", async ({ page, homePage, context, server, watch }) => {
  watch.expectStatus(401);
  await context.addCookies([{ ...COUNTED, url: server.url }]);
  const answer = await page.goto("/account");
  expect(answer?.status()).toBe(401);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("We cannot tell who you are");
  await expect(page.getByRole("listitem").first()).toContainText("The browser keeps no cookies");
  await expect(page.getByText("dev-browser-missing")).toBeVisible();
  await expect(page.getByText(answer?.headers()["x-request-id"] ?? "no id")).toBeVisible();

  await context.clearCookies(COUNTED);
  await page.getByRole("link", { name: "home page" }).click();
  await expect(homePage.signedOut).toBeVisible();
});

test("may still see what everybody may", async ({ page, homePage, context, server }) => {
  await context.addCookies([{ ...COUNTED, url: server.url }]);
  expect((await page.goto("/"))?.status()).toBe(200);
  await expect(homePage.signedOut).toBeVisible();
});
