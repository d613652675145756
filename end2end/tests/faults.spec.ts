// Faults on demand: while one is on, every page says so.

import { violations } from "../fixtures/axe";
import { expect, test } from "../fixtures/test";

const FAULTS = "/__clerk/test/faults";

test("a banner says what goes wrong, until it goes right again", async ({ page, request, javaScriptEnabled }) => {
  const banner = page.getByRole("complementary", { name: "Faults on demand" });
  try {
    const data = { jwks_status: 503, clock_offset_seconds: -2, for_seconds: 600 };
    expect((await request.put(FAULTS, { data })).status()).toBe(200);
    for (const path of ["/", "/__clerk/sign-in"]) {
      await page.goto(path);
      await expect(banner).toContainText("the key server answers 503, the clock is 2 s behind");
      expect(javaScriptEnabled === false ? [] : await violations(page), path).toEqual([]);
    }
  } finally {
    expect((await request.delete(FAULTS)).status()).toBe(200);
  }
  for (const path of ["/", "/__clerk/sign-in"]) {
    await page.goto(path);
    await expect(banner).toHaveCount(0);
  }
});
