// Everything works without a mouse.

import type { Locator, Page } from "@playwright/test";

import { expect, test } from "../fixtures/test";
import { GRACE, newcomer } from "../fixtures/users";

test("a user signs in and out with the keyboard alone", async ({ page, homePage, signInPage, accountPage }) => {
  await homePage.goto();
  await tabTo(page, homePage.header.signInLink);
  await page.keyboard.press("Enter");

  await expect(signInPage.heading).toBeVisible();
  await tabTo(page, signInPage.email);
  await page.keyboard.type(GRACE.email);
  await page.keyboard.press("Tab");
  await expect(signInPage.password).toBeFocused();
  await page.keyboard.type(GRACE.password);
  await page.keyboard.press("Enter");

  await expect(accountPage.greeting).toBeVisible();
  await tabTo(page, accountPage.header.signOutButton);
  await page.keyboard.press("Enter");
  await expect(homePage.signedOut).toBeVisible();
});

test("a newcomer signs up, looks around and leaves with the keyboard alone", async ({
  page,
  homePage,
  signUpPage,
  accountPage,
}) => {
  const user = newcomer();
  await homePage.goto();
  await tabTo(page, homePage.header.signUpLink);
  await page.keyboard.press("Enter");
  await expect(signUpPage.heading).toBeVisible();
  for (const [field, text] of [
    [signUpPage.firstName, user.firstName],
    [signUpPage.lastName, user.lastName],
    [signUpPage.email, user.email],
    [signUpPage.password, user.password],
  ] as const) {
    await tabTo(page, field);
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Enter");
  await expect(accountPage.greeting).toBeVisible();

  const source = page.locator("details.source").first();
  await tabTo(page, source.locator("summary"));
  await page.keyboard.press("Enter");
  await expect(source).toHaveAttribute("open");

  await tabTo(page, accountPage.header.labLink);
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "No token", exact: true }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("region", { name: "No token" })).toContainText("refused: missing");
  await tabTo(page, accountPage.header.signOutButton);
  await page.keyboard.press("Enter");
  await expect(homePage.signedOut).toBeVisible();
});

test("the first stop leads past the header", async ({ page, homePage }) => {
  await homePage.goto();
  await page.keyboard.press("Tab");
  const skipLink = page.getByRole("link", { name: "Skip to the content" });
  await expect(skipLink).toBeFocused();
  await expect(skipLink).toBeInViewport({ ratio: 1 });
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("main").getByRole("link", { name: "Sign in" })).toBeFocused();
});

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stops = 0; stops < 40; stops += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) {
      return;
    }
  }
  throw new Error(`no Tab stop leads to ${target}`);
}
