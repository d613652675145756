// Everything works without a mouse.

import { expect, test } from "../fixtures/test";
import { GRACE, newcomer } from "../fixtures/users";
import { tabTo } from "../pages/keyboard";

test("a user signs in and out with the keyboard alone", async ({ page, homePage, signInPage, accountPage }) => {
  await homePage.goto();
  await tabTo(page, homePage.header.signInLink);
  await page.keyboard.press("Enter");

  await expect(signInPage.heading).toBeVisible();
  await signInPage.signInByKeyboard(GRACE);

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
  await signUpPage.signUpByKeyboard(user);
  await expect(accountPage.greeting).toBeVisible();

  const source = page.locator("details.source").nth(1);
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
