// Where scripts are off, Clerk's components cannot come; their pages lead to the portal's, which need none.

import { expect, test } from "../fixtures/test";
import { GRACE, newcomer } from "../fixtures/users";
import { SignInPage } from "../pages/sign-in-page";
import { SignUpPage } from "../pages/sign-up-page";

test.use({ javaScriptEnabled: false });

test("a visitor of the account page signs in on the portal, and comes back", async ({ page, accountPage }) => {
  await accountPage.goto("?from=somewhere");
  await page.getByRole("link", { name: "Go on without scripts" }).click();
  await new SignInPage(page).signIn(GRACE);
  await expect(page).toHaveURL("/account?from=somewhere");
  await expect(accountPage.greeting).toBeVisible();
});

test("a newcomer signs up on the portal", async ({ page, accountPage, homePage }) => {
  await homePage.goto();
  await homePage.header.signUpLink.click();
  await page.getByRole("link", { name: "Go on without scripts" }).click();
  await new SignUpPage(page).signUp(newcomer());
  await expect(accountPage.greeting).toBeVisible();
});
