// The one island, where nothing counts: it still says something true.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test("names the time at which the session token expires", async ({ accountPage, context, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const session = (await context.cookies()).find((cookie) => cookie.name === "__session");
  const claims = JSON.parse(Buffer.from(session?.value.split(".")[1] ?? "", "base64url").toString());
  const time = new Date(claims.exp * 1000).toISOString().slice(11, 19);
  await expect(accountPage.tokenClock).toHaveText(`valid until ${time} UTC`);
});
