// Signing out.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test("ends the session and empties its cookies", async ({ page, context, homePage, accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await accountPage.header.signOutButton.click();
  await expect(page).toHaveURL("/");
  await expect(homePage.signedOut).toBeVisible();
  await expect(homePage.header.signInLink).toBeVisible();

  const cookies = await context.cookies();
  const ofTheSession = /^__(session|client_uat|refresh)/;
  expect(cookies.map((cookie) => cookie.name).filter((name) => ofTheSession.test(name))).toEqual([]);

  await accountPage.goto();
  await expect(signInPage.heading).toBeVisible();
  await expect(page.getByText("You are signed in.")).toBeHidden();
});

test("a stolen client cookie is worth nothing afterwards", async ({ context, accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const client = (await context.cookies()).filter((cookie) => cookie.name === "__client");
  expect(client).toHaveLength(1);
  await accountPage.header.signOutButton.click();
  await context.clearCookies();
  await context.addCookies(client);
  await accountPage.goto();
  await expect(signInPage.heading).toBeVisible();
});

test("the way back does not lead into the account page", async ({ page, accountPage, homePage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await accountPage.header.signOutButton.click();
  await expect(homePage.signedOut).toBeVisible();
  await page.goBack();
  await expect(signInPage.heading).toBeVisible();
  await expect(accountPage.greeting).toBeHidden();
});

test("leaves the user's other browsers alone", async ({ context, accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const otherBrowser = await context.cookies();
  await context.clearCookies();
  await signInPage.enterAs(GRACE);
  await accountPage.header.signOutButton.click();

  await context.clearCookies();
  await context.addCookies(otherBrowser);
  await accountPage.goto();
  await expect(accountPage.greeting).toBeVisible();
});

test("the embedded Clerk's own page asks first", { tag: "@portal" }, async ({ page, homePage, accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await page.goto("/__clerk/sign-out");
  await accountPage.goto();
  await expect(accountPage.greeting).toBeVisible();

  await page.goto("/__clerk/sign-out");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(homePage.signedOut).toBeVisible();
});
