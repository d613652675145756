// Pages on paper: what can be pressed is left out, all is dark on white whatever the screen is like, and nothing is
// cut off.

import type { Page } from "@playwright/test";

import { type Look, take } from "../fixtures/screenshot";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

/** A4 without its margins, at 96 points to an inch. */
const PAPER = { width: 718, height: 1_047 };
const PRINTED: Look = { suffix: "-print", colorScheme: "light", width: PAPER.width, hasPictures: true };

test("pages print well, whatever was chosen for the screen", async ({ page, signInPage, accountPage }) => {
  await signInPage.enterAs(GRACE);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await page.evaluate(() => getComputedStyle(document.body).color);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("group", { name: "Colours" }).getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveCSS("color-scheme", "dark");
  await page.setViewportSize(PAPER);
  for (const path of ["/account", "/lab?run=expired-6s", "/endpoints"]) {
    await page.goto(path);
    await expect(accountPage.header.labLink, path).toBeVisible();
    await page.emulateMedia({ media: "print" });
    await expect(page.getByRole("navigation"), path).toBeHidden();
    await expect(page.getByRole("contentinfo"), path).toBeHidden();
    await expect(page.locator("html"), path).toHaveCSS("color-scheme", "light");
    for (const sheet of ["html", "body"]) {
      await expect(page.locator(sheet), path).toHaveCSS("background-color", "rgba(0, 0, 0, 0)");
    }
    await expect(page.locator("body"), path).toHaveCSS("color", light);
    expect(await cutOff(page), path).toEqual([]);
    if (path === "/account") {
      await take(page, "journey", PRINTED, true);
    }
    await page.emulateMedia({ media: "screen" });
  }
});

/** What is wider than its box, or than the paper. */
async function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const boxes = Array.from(document.querySelectorAll<HTMLElement>("html, body, body *"));
    return boxes
      .filter((box) => box.clientWidth > 0 && box.scrollWidth > box.clientWidth)
      .map((box) => `${box.localName}.${box.className}: ${box.scrollWidth} > ${box.clientWidth}`);
  });
}
