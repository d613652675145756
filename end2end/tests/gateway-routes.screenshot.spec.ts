// Pictures of the page of the gateway's routes.

import { LOOKS, prepare, take } from "../fixtures/screenshot";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test.use({ project: "tests" });

for (const look of LOOKS) {
  test(`gateway routes${look.suffix}`, async ({ page, gatewayRoutesPage, signInPage }) => {
    await prepare(page, look);
    await signInPage.enterAs(GRACE);
    await gatewayRoutesPage.goto();
    await expect(gatewayRoutesPage.heading).toBeVisible();
    await take(page, "gateway-routes", look);
  });
}
