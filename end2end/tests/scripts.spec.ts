// Only the account page loads scripts.

import type { Page } from "@playwright/test";

import { loaders } from "../fixtures/scripts";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test("the home page loads none", async ({ page, homePage, signInPage }) => {
  const loaded = loadedScripts(page);
  await homePage.goto();
  expect(loaded).toEqual([]);
  await expect(loaders(page)).toHaveCount(0);

  await signInPage.goto("/");
  await signInPage.signIn(GRACE);
  await expect(homePage.signedInAs).toBeVisible();
  expect(loaded).toEqual([]);
  await expect(loaders(page)).toHaveCount(0);
});

test("the embedded Clerk's pages hold none", async ({ page, signInPage, signUpPage }) => {
  for (const open of [() => signInPage.goto("/"), () => signUpPage.goto("/"), () => page.goto("/__clerk/sign-out")]) {
    const answer = await open();
    expect(await answer?.text()).not.toMatch(/<script/i);
    expect(answer?.headers()["content-security-policy"]).not.toContain("script-src");
  }
});

test("the account page runs its island where scripts are on", async ({
  page,
  accountPage,
  javaScriptEnabled,
  signInPage,
}) => {
  const loaded = loadedScripts(page);
  await signInPage.enterAs(GRACE);
  if (javaScriptEnabled === false) {
    await expect(accountPage.tokenClock).toHaveText(/^valid until/);
  } else {
    await expect(accountPage.tokenClock).toHaveText(/^valid for/);
    expect(new Set(loaded)).toEqual(new Set(["/pkg/gatehouse.js", "/pkg/gatehouse.wasm"]));
  }
});

/** The paths of scripts and WebAssembly that come from now on. */
function loadedScripts(page: Page): string[] {
  const paths: string[] = [];
  page.on("response", (response) => {
    const path = new URL(response.url()).pathname;
    if (response.request().resourceType() === "script" || /\.(m?js|wasm)$/.test(path)) {
      paths.push(path);
    }
  });
  return paths;
}
