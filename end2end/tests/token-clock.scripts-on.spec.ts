// The one island: it counts the seconds that the session token has left.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

const COUNTING = /^valid for (\d+) more seconds$/;

test("counts down", async ({ accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await expect(accountPage.tokenClock).toHaveText(COUNTING);
  const secondsLeft = async () => Number(COUNTING.exec(await accountPage.tokenClock.innerText())?.[1]);
  const first = await secondsLeft();
  expect(first).toBeGreaterThan(50);
  expect(first).toBeLessThanOrEqual(60);
  // Long enough for the browser to complain of anything that was loaded for nothing.
  await expect.poll(secondsLeft, { timeout: 10_000 }).toBeLessThan(first - 4);
});
