// Pages are as light or dark as the visitor's system, until the visitor chooses.

import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test";

const LIGHT = "rgb(246, 247, 249)";
const DARK = "rgb(15, 17, 21)";

test("follows the system, and the visitor's choice above it", async ({ page, homePage }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await homePage.goto();
  await expectBackground(page, LIGHT);
  await page.emulateMedia({ colorScheme: "dark" });
  await expectBackground(page, DARK);

  await choose(page, "Light");
  await expectBackground(page, LIGHT);
  await page.reload();
  await expectBackground(page, LIGHT);
  await page.goto("/__clerk/sign-in");
  await expectBackground(page, LIGHT);

  await homePage.goto();
  await choose(page, "System");
  await expectBackground(page, DARK);
});

test("one stays on the page where one chose", async ({ page }) => {
  await page.goto("/lab?run=no-token");
  await choose(page, "Dark");
  await expect(page).toHaveURL(/\/lab\?run=no-token$/);
  await expectBackground(page, DARK);
});

test("nothing is painted before the choice is known", async ({ page, homePage }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await homePage.goto();
  await choose(page, "Dark");
  await page.route("**/theme.css", async (route) => {
    // The whole page is there, and has had the time to be painted.
    await page.locator("footer").waitFor({ state: "attached" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue();
  });
  await homePage.goto();
  const painted = () => page.evaluate(() => performance.getEntriesByName("first-paint")[0]?.startTime ?? 0);
  await expect.poll(painted).toBeGreaterThan(500);
  const known = await page.evaluate(() => {
    const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    return entries.find(({ name }) => name.endsWith("/theme.css"))?.responseEnd ?? Infinity;
  });
  expect(await painted()).toBeGreaterThanOrEqual(known);
  await expectBackground(page, DARK);
});

async function choose(page: Page, name: string): Promise<void> {
  const button = page.getByRole("group", { name: "Colours" }).getByRole("button", { name });
  await button.click();
  await expect(button).toHaveAttribute("aria-pressed", "true");
}

async function expectBackground(page: Page, colour: string): Promise<void> {
  await expect(page.locator("body")).toHaveCSS("background-color", colour);
}
