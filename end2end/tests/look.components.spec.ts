// Clerk's components look as the application does, light and dark.

import type { Locator } from "@playwright/test";

import { expect, test } from "../fixtures/test";

/** WCAG 2.2, 1.4.3: the least contrast of text. */
const READABLE = 4.5;

for (const colorScheme of ["light", "dark"] as const) {
  test(`what they write can be read where it is ${colorScheme}`, async ({ page, signInPage, signUpPage }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const componentPage of [signInPage, signUpPage]) {
      await componentPage.goto("/account");
      await expect(componentPage.heading).toBeVisible();
      expect(await contrast(componentPage.heading), "heading").toBeGreaterThanOrEqual(READABLE);
      expect(await contrast(componentPage.email), "field").toBeGreaterThanOrEqual(READABLE);
      const button = page.getByRole("main").getByRole("button", { name: "Continue", exact: true });
      expect(await contrast(button), "button").toBeGreaterThanOrEqual(READABLE);
    }
  });

  test(`their colours are the application's where it is ${colorScheme}`, async ({ page, signInPage }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await signInPage.goto("/account");
    await expect(signInPage.signInButton).toBeVisible();
    const named = (variable: string) =>
      page.evaluate((name) => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(${name})`;
        const { color } = getComputedStyle(probe);
        probe.remove();
        return color;
      }, variable);
    await expect(signInPage.signInButton).toHaveCSS("background-color", await named("--accent"));
    await expect(signInPage.signInButton).toHaveCSS("color", await named("--on-accent"));
    await expect(signInPage.heading).toHaveCSS("color", await named("--text"));
    await expect(signInPage.heading).toHaveCSS("font-family", /^"?Inter/);
  });
}

test("they stand in the middle, and fit on a small telephone", async ({ page, signInPage }) => {
  await signInPage.goto("/account");
  await expect(signInPage.heading).toBeVisible();
  const box = await signInPage.heading.boundingBox();
  const width = page.viewportSize()?.width ?? 0;
  expect(Math.abs((box?.x ?? 0) + (box?.width ?? 0) / 2 - width / 2)).toBeLessThan(2);

  await page.setViewportSize({ width: 320, height: 640 });
  await expect(signInPage.signInButton).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});

/** Between an element's text and what is behind it, as WCAG 2.2 measures it. */
async function contrast(element: Locator): Promise<number> {
  return element.evaluate((element) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (context === null) {
      throw new Error("no canvas to mix colours on");
    }
    // What lies on top is painted last; a canvas knows every notation of a colour.
    const behind: string[] = [];
    for (let node: Element | null = element; node !== null; node = node.parentElement) {
      behind.unshift(getComputedStyle(node).backgroundColor);
    }
    const paint = (colors: readonly string[]) => {
      for (const color of colors) {
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
      }
      const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
      const linear = (byte: number) => {
        const part = byte / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      };
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    };
    const [background, text] = [paint(behind), paint([getComputedStyle(element).color])];
    return (Math.max(background, text) + 0.05) / (Math.min(background, text) + 0.05);
  });
}
