// A token is in cookies and in the call to the gateway, and nowhere else: not in a page, a URL or the log.

import { cameByHandshake } from "../fixtures/navigation";
import { expect, test } from "../fixtures/test";
import { Traffic } from "../fixtures/traffic";
import { newcomer } from "../fixtures/users";

test.use({ environment: { GATEHOUSE_SESSION_TOKEN_SECONDS: "1", GATEHOUSE_LOG: "debug" } });

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

  const tokens = traffic.tokenCount;
  const renewed = async () => {
    await page.reload();
    await traffic.settle();
    return traffic.tokenCount;
  };
  await expect.poll(renewed, { intervals: [500], timeout: 20_000 }).toBeGreaterThan(tokens);

  await context.clearCookies({ name: /^__refresh_/ });
  const renew = async () => {
    const load = await page.reload();
    await traffic.settle();
    return cameByHandshake(load);
  };
  await expect.poll(renew, { intervals: [500], timeout: 20_000 }).toBe(true);

  await homePage.goto();
  await traffic.settle();
  await homePage.header.signOutButton.click();
  await expect(homePage.signedOut).toBeVisible();
  await signInPage.enterAs(user);
  await expect(accountPage.greeting).toBeVisible();
  await traffic.settle();

  // Session tokens of sign-up, refresh, handshake and sign-in, and the client tokens of sign-up and sign-in.
  expect(traffic.tokenCount).toBeGreaterThanOrEqual(6);
  expect(await traffic.leaks(server.log)).toEqual([]);
  expect(server.log).not.toContain(user.password);
});
