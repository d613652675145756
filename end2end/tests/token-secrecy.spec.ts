// A token is in cookies and in the call to the gateway, and nowhere else: not in a page, a URL or the log.

import { letTokenExpire } from "../fixtures/expired-token";
import { cameByHandshake } from "../fixtures/navigation";
import { expect, test } from "../fixtures/test";
import { Traffic } from "../fixtures/traffic";
import { newcomer } from "../fixtures/users";

test.use({ environment: { GATEHOUSE_LOG: "debug" } });

test("no token appears on the way from sign-up to sign-out", async ({
  page,
  context,
  accountPage,
  homePage,
  server,
  signInPage,
  signUpPage,
}) => {
  const traffic = new Traffic(context);
  const user = newcomer();
  await accountPage.goto();
  await signInPage.signUpLink.click();
  await signUpPage.signUp(user);
  await expect(accountPage.greeting).toBeVisible();
  await traffic.settle();

  await letTokenExpire(context, server.url);
  await traffic.settle();
  const tokens = traffic.tokenCount;
  expect(cameByHandshake(await page.reload())).toBe(false);
  await traffic.settle();
  expect(traffic.tokenCount, "a refresh").toBeGreaterThan(tokens);

  await context.clearCookies({ name: /^__refresh_/ });
  await letTokenExpire(context, server.url);
  expect(cameByHandshake(await page.reload())).toBe(true);
  await traffic.settle();

  await homePage.goto();
  await traffic.settle();
  await homePage.header.signOutButton.click();
  await expect(homePage.signedOut).toBeVisible();
  await signInPage.enterAs(user);
  await expect(accountPage.greeting).toBeVisible();
  await traffic.settle();

  // Session tokens of sign-up, refresh, handshake and sign-in, two that had expired, and the client tokens of sign-up and
  // sign-in.
  expect(traffic.tokenCount).toBeGreaterThanOrEqual(7);
  expect(await traffic.leaks(server.log)).toEqual([]);
  expect(server.log).not.toContain(user.password);
});
