// Nothing keeps anybody from using a page, in any state, light or dark, wide or narrow. Nor is one wider than its screen.
// What looks at the page is a script itself; with scripts off the pages are the same.

import { violations } from "../fixtures/axe";
import { STATES, open } from "../fixtures/states";
import { expect, test } from "../fixtures/test";

test.slow();

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [320, 1280]) {
    test(`${colorScheme}, ${width} pixels wide`, async ({ page, context, server, signInPage, watch }) => {
      STATES.filter(({ status }) => status >= 400).forEach(({ status }) => watch.expectStatus(status));
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 800 });
      for (const state of STATES) {
        await open(page, context, signInPage, state, server.url);
        expect.soft(await violations(page), state.name).toEqual([]);
        const content = await page.evaluate(() => document.documentElement.scrollWidth);
        expect.soft(content, state.name).toBeLessThanOrEqual(width);
      }
    });
  }
}
