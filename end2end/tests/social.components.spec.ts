// Signing in and up with an account elsewhere, in Clerk's components.

import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test";
import { ADA, GRACE } from "../fixtures/users";

/** Goes to the embedded identity provider, and back as somebody. */
async function continueAs(page: Page, choice: RegExp): Promise<void> {
  await page.getByRole("main").getByRole("button", { name: /Local ID/ }).click();
  await expect(page.getByRole("heading", { name: "Who are you at Local ID?" })).toBeVisible();
  await page.getByRole("button", { name: choice }).click();
}

test("somebody new is signed up on the way, and signed in the next time", async ({
  page,
  context,
  accountPage,
  signInPage,
}) => {
  for (const _ of ["the first time", "the next"]) {
    await signInPage.goto("/account?from=elsewhere");
    await continueAs(page, /Robin Example/);
    await expect(page).toHaveURL("/account?from=elsewhere");
    await expect(accountPage.greeting).toBeVisible();
    await context.clearCookies();
  }
});

test("who has an account is signed in, from the sign-up, too", async ({ page, accountPage, signUpPage }) => {
  await signUpPage.goto("/account");
  await continueAs(page, /Ada Lovelace/);
  await expect(page).toHaveURL("/account");
  await expect(accountPage.session).toContainText(ADA.id);
});

test("an address that is not verified opens nobody's account", async ({ page, accountPage, signInPage }) => {
  await signInPage.goto("/account");
  await continueAs(page, /Grace Hopper/);
  await signInPage.password.fill(GRACE.password);
  await signInPage.signInButton.click();
  await expect(page).toHaveURL("/account");
  await expect(accountPage.session).toContainText(GRACE.id);
});

test("who refuses is told so", async ({ page, signInPage }) => {
  await signInPage.goto("/account");
  await continueAs(page, /Refuse/);
  await expect(signInPage.complaint).toContainText(/access|denied|not let/i);
});
