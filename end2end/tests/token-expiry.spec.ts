// Session tokens live for seconds. Nobody should notice.

import type { APIRequestContext } from "@playwright/test";

import { cameByHandshake } from "../fixtures/navigation";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";
import { AccountPage } from "../pages/account-page";

test.use({ environment: { GATEHOUSE_SESSION_TOKEN_SECONDS: "1" } });

/** A second of life, five of tolerated clock skew, and a slow machine. */
const UNTIL_EXPIRED = { intervals: [500], timeout: 20_000 };

test("the next page load renews an expired token", async ({ page, accountPage, context, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const session = await accountPage.session.getByText(/^sess_/).innerText();
  const loads: boolean[] = [];
  await expect
    .poll(async () => {
      const load = cameByHandshake(await page.reload());
      // On every single load, whatever the token's age.
      expect(await accountPage.greeting.isVisible()).toBe(true);
      loads.push(load);
      return load;
    }, UNTIL_EXPIRED)
    .toBe(true);

  expect(loads[0], "a fresh token needs no handshake").toBe(false);
  await expect(page).toHaveURL("/account");
  await expect(accountPage.session).toContainText(session);
  expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__clerk_handshake");
});

test("the page that was asked for comes back from the handshake", async ({ page, accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const load = async () => cameByHandshake(await accountPage.goto("?tab=a%20b&tab=%26"));
  await expect.poll(load, UNTIL_EXPIRED).toBe(true);
  await expect(page).toHaveURL(/\/account\?tab=a(%20|\+)b&tab=%26$/);
  await expect(accountPage.greeting).toBeVisible();
});

test("tabs that renew at the same time do not get in each other's way", async ({ context, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await context.clearCookies({ name: /^__session/ });
  const tabs = await Promise.all(Array.from({ length: 3 }, () => context.newPage()));
  const loads = await Promise.all(tabs.map((tab) => new AccountPage(tab).goto()));
  // A tab that comes late may find the session renewed already.
  expect(loads.map(cameByHandshake)).toContain(true);
  for (const tab of tabs) {
    await expect(new AccountPage(tab).greeting).toBeVisible();
  }
});

test("a user can sign out long after the page was loaded", async ({ page, homePage, accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await expect.poll(() => signedOutReason(page.request), UNTIL_EXPIRED).toContain("session-token-expired");

  await accountPage.header.signOutButton.click();
  await expect(page).toHaveURL("/");
  await expect(homePage.signedOut).toBeVisible();
  await accountPage.goto();
  await expect(signInPage.heading).toBeVisible();
});

/** Why a request for data, which no handshake can help, is not signed in. */
async function signedOutReason(request: APIRequestContext): Promise<string> {
  const answer = await request.get("/account", { headers: { accept: "application/json" }, maxRedirects: 0 });
  return answer.headers()["x-clerk-auth-reason"] ?? "";
}
