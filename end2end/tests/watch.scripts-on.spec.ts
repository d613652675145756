// The watch over the browser, where pages run scripts.

import { test } from "../fixtures/test";

test("sees uncaught errors", async ({ page, homePage, watch }) => {
  watch.expectProblem(/^uncaught: nobody catches this/);
  await homePage.goto();
  await page.evaluate(() => void Promise.reject(new Error("nobody catches this")));
});
