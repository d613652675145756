// Addresses that lead nowhere.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test("a visitor finds back from an address that leads nowhere", async ({ page, homePage, watch }) => {
  watch.expectStatus(404);
  const answer = await page.goto("/no/such/page");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no page here");
  await expect(homePage.header.signInLink).toBeVisible();
  await page.getByRole("link", { name: "home page" }).click();
  await expect(homePage.signedOut).toBeVisible();
});

for (const address of ["/account/", "/account//", "//account", "/%61ccount", "/Account"]) {
  test(`${address} is not the account page`, async ({ page, server, signInPage, watch }) => {
    watch.expectStatus(404);
    await signInPage.enterAs(GRACE);
    const answer = await page.goto(server.url + address);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no page here");
    await expect(page.getByText("Hello World")).toBeHidden();
  });
}

test("a user is still signed in there", async ({ page, homePage, signInPage, watch }) => {
  watch.expectStatus(404);
  await signInPage.enterAs(GRACE);
  const answer = await page.goto("/account/no-such-page");
  expect(answer?.status()).toBe(404);
  await expect(homePage.header.signOutButton).toBeVisible();
});
