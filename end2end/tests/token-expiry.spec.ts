// Session tokens live for seconds. Nobody should notice.

import type { APIRequestContext, BrowserContext } from "@playwright/test";

import { cameByHandshake } from "../fixtures/navigation";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";
import { AccountPage } from "../pages/account-page";

test.use({ environment: { GATEHOUSE_SESSION_TOKEN_SECONDS: "1" } });

/** A second of life, five of tolerated clock skew, and a slow machine. */
const UNTIL_EXPIRED = { intervals: [500], timeout: 20_000 };

/** The browser's refresh token, which renews sessions without a redirect. */
const REFRESH_TOKEN = { name: /^__refresh_/ };

test("the next page load renews an expired token, without a redirect", async ({ page, accountPage, context, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const [session, token] = [await accountPage.session.getByText(/^sess_/).innerText(), await sessionToken(context)];
  await expect
    .poll(async () => {
      // On every single load, whatever the token's age.
      expect(cameByHandshake(await page.reload())).toBe(false);
      expect(await accountPage.greeting.isVisible()).toBe(true);
      return sessionToken(context);
    }, UNTIL_EXPIRED)
    .not.toBe(token);

  await expect(page).toHaveURL("/account");
  await expect(accountPage.session).toContainText(session);
});

test("without a refresh token the handshake renews it", async ({ page, accountPage, context, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await context.clearCookies(REFRESH_TOKEN);
  const session = await accountPage.session.getByText(/^sess_/).innerText();
  const loads: boolean[] = [];
  await expect
    .poll(async () => {
      const load = cameByHandshake(await page.reload());
      expect(await accountPage.greeting.isVisible()).toBe(true);
      loads.push(load);
      return load;
    }, UNTIL_EXPIRED)
    .toBe(true);

  expect(loads[0], "a fresh token needs no handshake").toBe(false);
  await expect(page).toHaveURL("/account");
  await expect(accountPage.session).toContainText(session);
  const cookies = (await context.cookies()).map((cookie) => cookie.name);
  expect(cookies).not.toContain("__clerk_handshake");
  expect(cookies.some((name) => name.startsWith("__refresh_")), "it brings a new refresh token").toBe(true);
});

test("the page that was asked for comes back from the handshake", async ({ page, accountPage, context, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await context.clearCookies(REFRESH_TOKEN);
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

test("a user can sign out long after the page was loaded", async ({
  page,
  context,
  homePage,
  accountPage,
  signInPage,
}) => {
  await signInPage.enterAs(GRACE);
  await context.clearCookies(REFRESH_TOKEN);
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

/** The session token that the browser holds. */
async function sessionToken(context: BrowserContext): Promise<string | undefined> {
  return (await context.cookies()).find((cookie) => cookie.name === "__session")?.value;
}
