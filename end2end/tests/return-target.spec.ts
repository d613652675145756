// Who signs in goes on to where they wanted to go, as long as that is here.

import { expect, test } from "../fixtures/test";
import { GRACE, newcomer } from "../fixtures/users";

test("a visitor of the account page signs in and comes back", async ({ page, accountPage, signInPage }) => {
  await accountPage.goto("?from=somewhere&tab=2");
  await expect(signInPage.heading).toBeVisible();
  await signInPage.signIn(GRACE);
  await expect(page).toHaveURL("/account?from=somewhere&tab=2");
  await expect(accountPage.greeting).toBeVisible();
});

test("a visitor of the account page signs up and comes back", async ({ page, accountPage, signInPage, signUpPage }) => {
  await accountPage.goto("?from=somewhere");
  await signInPage.signUpLink.click();
  await signUpPage.signInLink.click();
  await signInPage.signUpLink.click();
  await signUpPage.signUp(newcomer());
  await expect(page).toHaveURL("/account?from=somewhere");
  await expect(accountPage.greeting).toBeVisible();
});

test("the target survives a wrong password", async ({ page, signInPage, watch }) => {
  watch.expectStatus(422);
  await signInPage.goto("/account?from=somewhere");
  await signInPage.signIn({ ...GRACE, password: "not her password" });
  await signInPage.signIn(GRACE);
  await expect(page).toHaveURL("/account?from=somewhere");
});

test("whoever types this machine's other name is led to the one that sessions are for", async ({
  page,
  server,
  accountPage,
  signInPage,
  watch,
}) => {
  const otherName = server.url.replace("localhost", "127.0.0.1");
  watch.expectOrigin(otherName);
  await page.goto(`${otherName}/account`);
  await expect(signInPage.heading).toBeVisible();
  expect(new URL(page.url()).origin).toBe(server.url);
  await signInPage.signIn(GRACE);
  await expect(page).toHaveURL("/account");

  await page.goto(`${otherName}/account`);
  await expect(page).toHaveURL("/account");
  await expect(accountPage.greeting).toBeVisible();

  await page.goto(`${otherName}/__clerk/sign-out`);
  expect(new URL(page.url()).origin).toBe(server.url);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/");
  await expect(accountPage.header.signInLink).toBeVisible();
});

const FOREIGN = ["https://elsewhere.example/", "//elsewhere.example/", "http://localhost:1/", "javascript:alert(1)"];

for (const target of FOREIGN) {
  test(`${target} is no target`, async ({ page, signInPage, signUpPage, watch }) => {
    watch.expectStatus(400);
    for (const portalPage of [signInPage, signUpPage]) {
      const answer = await portalPage.goto(target);
      expect(answer?.status()).toBe(400);
      await expect(portalPage.password).toBeHidden();
      await expect(page.getByRole("link", { name: "home page" })).toBeVisible();
    }
  });

  test(`a form that was made to lead to ${target} signs nobody in`, { tag: "@portal" }, async ({ page, context, signInPage }) => {
    const form = { identifier: GRACE.email, password: GRACE.password, redirect_url: target };
    await signInPage.goto("/account");
    const answer = await page.request.post("/__clerk/sign-in", { form, maxRedirects: 0 });
    expect(answer.status()).toBe(400);
    expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__session");
  });
}
