// The home page says who is signed in, and leads on.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test("a visitor is offered to sign in and to sign up", async ({ homePage, signInPage, signUpPage }) => {
  await homePage.goto();
  await expect(homePage.signedOut).toBeVisible();
  await homePage.header.signInLink.click();
  await expect(signInPage.heading).toBeVisible();

  await homePage.goto();
  await homePage.header.signUpLink.click();
  await expect(signUpPage.heading).toBeVisible();
});

test("a user is led to the account page", async ({ homePage, accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await homePage.goto();
  await expect(homePage.signedInAs).toBeVisible();
  await expect(homePage.header.signOutButton).toBeVisible();
  await homePage.accountLink.click();
  await expect(accountPage.greeting).toBeVisible();
});
