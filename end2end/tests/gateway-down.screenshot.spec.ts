// Pictures of the account page without a gateway.

import { LOOKS, prepare, take } from "../fixtures/screenshot";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test.use({ gateway: "fake" });

for (const look of LOOKS) {
  test(`account page without a gateway${look.suffix}`, async ({
    page,
    accountPage,
    fakeGateway,
    signInPage,
    watch,
  }) => {
    watch.expectStatus(502);
    await prepare(page, look);
    await signInPage.enterAs(GRACE);
    await fakeGateway.isDown();
    await accountPage.goto();
    await expect(accountPage.failure).toBeVisible();
    await expect(accountPage.tokenClock).toHaveText(/^valid for/);
    await take(page, "gateway-down", look);
  });
}
