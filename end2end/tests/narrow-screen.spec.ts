// Pages fit on a small telephone.

import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test.use({ viewport: { width: 320, height: 640 } });

test("no page is wider than the screen", async ({ page, homePage, signInPage, signUpPage, accountPage }) => {
  await homePage.goto();
  await expectToFit(page);
  await signUpPage.goto("/account");
  await expectToFit(page);
  await signInPage.goto("/account");
  await expectToFit(page);
  await signInPage.signIn(GRACE);
  await expect(accountPage.greeting).toBeVisible();
  await expectToFit(page);
});

async function expectToFit(page: Page): Promise<void> {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, page.url()).toBeLessThanOrEqual(320);
}
