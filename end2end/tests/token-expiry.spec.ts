// Session tokens live for seconds. Nobody should notice.

import type { APIRequestContext, BrowserContext } from "@playwright/test";

import { letTokenExpire } from "../fixtures/expired-token";
import { cameByHandshake } from "../fixtures/navigation";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";
import { AccountPage } from "../pages/account-page";

/** The browser's refresh token, which renews sessions without a redirect. */
const REFRESH_TOKEN = { name: /^__refresh_/ };

test("the next page load renews an expired token, without a redirect", async ({
  page,
  accountPage,
  context,
  server,
  signInPage,
}) => {
  await signInPage.enterAs(GRACE);
  const session = await accountPage.session.getByText(/^sess_/).innerText();
  const expired = await letTokenExpire(context, server.url);
  expect(cameByHandshake(await page.reload())).toBe(false);
  await expect(accountPage.greeting).toBeVisible();
  expect(await sessionToken(context)).not.toBe(expired);

  await expect(page).toHaveURL("/account");
  await expect(accountPage.session).toContainText(session);
});

test("without a refresh token the handshake renews it", async ({ page, accountPage, context, server, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await context.clearCookies(REFRESH_TOKEN);
  const session = await accountPage.session.getByText(/^sess_/).innerText();
  expect(cameByHandshake(await page.reload()), "a fresh token needs no handshake").toBe(false);
  await letTokenExpire(context, server.url);
  expect(cameByHandshake(await page.reload())).toBe(true);
  await expect(accountPage.greeting).toBeVisible();

  await expect(page).toHaveURL("/account");
  await expect(accountPage.session).toContainText(session);
  const cookies = (await context.cookies()).map((cookie) => cookie.name);
  expect(cookies).not.toContain("__clerk_handshake");
  expect(cookies.some((name) => name.startsWith("__refresh_")), "it brings a new refresh token").toBe(true);
});

test("the page that was asked for comes back from the handshake", async ({
  page,
  accountPage,
  context,
  server,
  signInPage,
}) => {
  await signInPage.enterAs(GRACE);
  await context.clearCookies(REFRESH_TOKEN);
  await letTokenExpire(context, server.url);
  expect(cameByHandshake(await accountPage.goto("?tab=a%20b&tab=%26"))).toBe(true);
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
  server,
  signInPage,
}) => {
  await signInPage.enterAs(GRACE);
  await context.clearCookies(REFRESH_TOKEN);
  await letTokenExpire(context, server.url);
  expect(await signedOutReason(page.request)).toContain("session-token-expired");

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
