// What stands in the place of Clerk's components where their scripts do not come.

import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test";
import type { Watch } from "../fixtures/watch";
import { GRACE } from "../fixtures/users";
import { SignInPage } from "../pages/sign-in-page";

const BUNDLE = "**/pkg/*.{js,wasm}";
const CLERK = "**/npm/@clerk/**";
const MISSING = "Clerk's form did not load";

/** The browser is offline as soon as it has the page: nothing else of this kind comes. */
async function goesOffline(page: Page, watch: Watch, without: string): Promise<void> {
  watch.expectProblem(/\(net::ERR_INTERNET_DISCONNECTED\)$|^console error: Failed to load resource/);
  if (without === BUNDLE) {
    watch.expectProblem(/^uncaught: Failed to fetch dynamically imported module|\.wasm was preloaded .* but not used/);
  }
  await page.route(without, (route) => route.abort("internetdisconnected"));
}

for (const [what, without] of [
  ["the application's", BUNDLE],
  ["Clerk's", CLERK],
] as const) {
  test(`without ${what} scripts, the page leads to one that needs none`, async ({ page, accountPage, signInPage, watch }) => {
    await goesOffline(page, watch, without);
    await signInPage.goto("/account?from=offline");
    await expect(page.getByRole("heading", { name: MISSING })).toBeVisible();
    await page.getByRole("link", { name: "Use the page without scripts" }).click();
    await new SignInPage(page).signIn(GRACE);
    await expect(page).toHaveURL("/account?from=offline");
    await expect(accountPage.greeting).toBeVisible();
  });
}

test("the profile can be loaded again once the network is back", async ({ page, signInPage, watch }) => {
  await signInPage.enterAs(GRACE);
  await goesOffline(page, watch, CLERK);
  await page.goto("/user-profile");
  await expect(page.getByRole("heading", { name: MISSING })).toBeVisible();
  await page.unroute(CLERK);
  await page.getByRole("link", { name: "Load it again" }).click();
  await expect(page.getByRole("main").getByText("Profile details").first()).toBeVisible();
  await expect(page.getByRole("heading", { name: MISSING })).toBeHidden();
});

test("nothing is said about a component that is there", async ({ page, signInPage }) => {
  await signInPage.goto("/account");
  await expect(signInPage.heading).toBeVisible();
  await expect(page.getByRole("heading", { name: MISSING })).toBeHidden();
});

test("who loses the network on the way is told so, and goes on when it is back", async ({ page, context, accountPage, signInPage }) => {
  await signInPage.goto("/account?from=offline");
  await expect(signInPage.heading).toBeVisible();
  const word = page.getByText("This browser is offline.");
  await expect(word).toBeHidden();
  await context.setOffline(true);
  await expect(word).toBeVisible();
  await context.setOffline(false);
  await expect(word).toBeHidden();
  await signInPage.signIn(GRACE);
  await expect(page).toHaveURL("/account?from=offline");
  await expect(accountPage.greeting).toBeVisible();
});
