// Signing in with an account elsewhere, on the embedded Clerk's pages: there and back without a script.

import { expect, test } from "../fixtures/test";
import { ADA } from "../fixtures/users";

test("somebody signs in with an account at the embedded identity provider", async ({
  page,
  accountPage,
  signInPage,
}) => {
  await signInPage.goto("/account?from=elsewhere");
  await page.getByRole("button", { name: "Continue with Local ID" }).click();
  await expect(page.getByRole("heading", { name: "Who are you at Local ID?" })).toBeVisible();
  await page.getByRole("button", { name: /Ada Lovelace/ }).click();
  await expect(page).toHaveURL("/account?from=elsewhere");
  await expect(accountPage.session).toContainText(ADA.id);
});

test("who refuses is told so and led back", async ({ page, signUpPage, signInPage, watch }) => {
  watch.expectStatus(403);
  await signUpPage.goto("/account");
  await page.getByRole("button", { name: "Continue with Local ID" }).click();
  await page.getByRole("button", { name: "Refuse" }).click();
  await expect(page.getByRole("alert")).toContainText(/You refused at the identity provider/);
  await page.getByRole("link", { name: "Back to sign in" }).click();
  await expect(signInPage.heading).toBeVisible();
});
