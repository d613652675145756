// The cookies have Clerk's names and attributes, so that Clerk's own SDKs find them.

import type { Cookie } from "@playwright/test";

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

const PAIRS = ["__session", "__client_uat", "__clerk_db_jwt"];

/** What lets somebody in for longer than a minute is not for scripts. */
const LONG_LIVED = /^(__client|__refresh_[\w-]{8})$/;

test("scripts cannot read the long-lived cookies, and no cookie crosses sites", async ({ context, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const cookies = (await context.cookies()).filter((cookie) => cookie.name !== "__clerk_redirect_count");
  expect(cookies.map((cookie) => cookie.name)).toEqual(expect.arrayContaining(["__client", ...PAIRS]));
  expect(cookies.filter((cookie) => LONG_LIVED.test(cookie.name))).toHaveLength(2);
  for (const cookie of cookies) {
    expect(cookie, cookie.name).toMatchObject({ path: "/", secure: false, domain: "localhost" });
    expect(cookie.sameSite, cookie.name).toMatch(/^(Lax|Strict)$/);
    expect(cookie.httpOnly, cookie.name).toBe(LONG_LIVED.test(cookie.name));
    expect(cookie.expires, cookie.name).toBeGreaterThan(Date.now() / 1000);
  }
});

test("each but the long-lived cookies has a twin with the instance's suffix", async ({ context, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const cookies = await context.cookies();
  const suffixes = PAIRS.map((name) => suffixOfTwin(name, cookies));
  expect(suffixes[0]).toMatch(/^[\w-]{8}$/);
  expect(new Set(suffixes).size).toBe(1);
  expect(
    cookies.filter((cookie) => cookie.name.startsWith("__client_") && !cookie.name.startsWith("__client_uat")),
  ).toEqual([]);
  const refresh = cookies.filter((cookie) => cookie.name.startsWith("__refresh"));
  expect(refresh.map((cookie) => cookie.name)).toEqual([`__refresh_${suffixes[0]}`]);
});

/** The suffix of the cookie that has the same value. */
function suffixOfTwin(name: string, cookies: readonly Cookie[]): string | undefined {
  const plain = cookies.find((cookie) => cookie.name === name);
  const twins = cookies.filter((cookie) => cookie.name.startsWith(`${name}_`));
  expect(twins, name).toHaveLength(1);
  expect(twins[0]?.value, name).toBe(plain?.value);
  return twins[0]?.name.slice(name.length + 1);
}
