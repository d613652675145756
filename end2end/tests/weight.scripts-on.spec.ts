// Pages are light, and do not move once they are there.

import type { Page } from "@playwright/test";

import { STATES, open } from "../fixtures/states";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

const MAX_HTML = 30_000;
const MAX_CSS = 20_000;

test("the account page keeps to its size", async ({ page, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const html = await page.request.get("/account", { headers: { accept: "text/html" } });
  expect((await html.body()).length).toBeLessThanOrEqual(MAX_HTML);
  const css = await page.request.get("/pkg/gatehouse.css");
  expect((await css.body()).length).toBeLessThanOrEqual(MAX_CSS);
});

test("nothing moves", async ({ page, context, server, signInPage, watch }) => {
  test.slow();
  STATES.filter(({ status }) => status >= 400).forEach(({ status }) => watch.expectStatus(status));
  for (const state of STATES) {
    await open(page, context, signInPage, state, server.url);
    expect.soft(await layoutShift(page), state.name).toBe(0);
  }
});

/** How far things moved since the page was opened. */
async function layoutShift(page: Page): Promise<number> {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          sum = list.getEntries().reduce((total, entry) => total + (entry as unknown as { value: number }).value, sum);
        }).observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum), 50)));
      }),
  );
}
