// Where the gateway is elsewhere, there are no routes of it to look at.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test.use({ gateway: "fake" });

test("there is neither a link nor a page", async ({ page, homePage, gatewayRoutesPage, signInPage, watch }) => {
  watch.expectStatus(404);
  await signInPage.enterAs(GRACE);
  await homePage.goto();
  await expect(homePage.header.accountLink).toBeVisible();
  await expect(homePage.header.gatewayRoutesLink).toBeHidden();
  const answer = await gatewayRoutesPage.goto();
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "There is no page here" })).toBeVisible();
});
