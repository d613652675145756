// Signing up.

import { expect, test } from "../fixtures/test";
import { GRACE, newcomer, TEST_CODE } from "../fixtures/users";

test("a newcomer lands on the account page", async ({ page, homePage, signUpPage, accountPage }) => {
  await homePage.goto();
  await homePage.header.signUpLink.click();
  await signUpPage.signUp(newcomer());
  await expect(page).toHaveURL("/account");
  await expect(accountPage.greeting).toBeVisible();
  await expect(accountPage.header.signOutButton).toBeVisible();
});

test("a newcomer can sign in again", async ({ page, signUpPage, accountPage, signInPage }) => {
  const user = newcomer();
  await signUpPage.goto("/account");
  await signUpPage.signUp(user);
  await accountPage.header.signOutButton.click();
  await signInPage.enterAs({ ...user, email: user.email.toUpperCase() });
  await expect(page).toHaveURL("/account");
  await expect(accountPage.greeting).toBeVisible();
});

test("the code must be right, and nobody learns whether an address has an account", { tag: "@portal" }, async ({
  page,
  signUpPage,
  watch,
}) => {
  watch.expectStatus(422);
  const seen = [];
  for (const email of [GRACE.email, newcomer().email]) {
    await signUpPage.goto("/account");
    await signUpPage.begin({ ...newcomer(), email });
    const answer = await signUpPage.verify("000000");
    expect(answer.status()).toBe(422);
    await expect(signUpPage.code).toHaveAccessibleDescription(/not right/);
    seen.push((await page.locator("main").innerText()).replace(email, "the address"));
  }
  expect(seen[0]).toBe(seen[1]);
  await signUpPage.verify(TEST_CODE);
  await expect(page).toHaveURL("/account");
});

const REFUSALS = [
  { what: "no address", change: { email: "hedy@localhost" }, field: "email", words: /not an email address/ },
  { what: "a short password", change: { password: "sevench" }, field: "password", words: /8 to 72 characters/ },
  { what: "a long password", change: { password: "x".repeat(73) }, field: "password", words: /8 to 72 characters/ },
] as const;

for (const { what, change, field, words } of REFUSALS) {
  test(`${what} is refused beside its field, and what was typed stays`, { tag: "@portal" }, async ({
    page,
    context,
    signUpPage,
    watch,
  }) => {
    watch.expectStatus(422);
    const user = { ...newcomer(), ...change };
    await signUpPage.goto("/account");
    const answer = await signUpPage.signUp(user);

    expect(answer.status()).toBe(422);
    await expect(signUpPage[field]).toHaveAccessibleDescription(words);
    await expect(signUpPage[field]).toHaveAttribute("aria-invalid", "true");
    await expect(signUpPage[field]).toBeFocused();
    await expect(signUpPage.firstName).toHaveValue(user.firstName);
    await expect(signUpPage.lastName).toHaveValue(user.lastName);
    await expect(signUpPage.email).toHaveValue(user.email);
    await expect(signUpPage.password).toHaveValue("");
    expect(await page.content()).not.toContain(user.password);
    expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__session");
  });
}

test("a refused newcomer can mend the form and still arrives", { tag: "@portal" }, async ({ page, signUpPage, watch }) => {
  watch.expectStatus(422);
  const user = newcomer();
  await signUpPage.goto("/account?from=sign-up");
  await signUpPage.signUp({ ...user, password: "short" });
  await signUpPage.signUp(user);
  await expect(page).toHaveURL("/account?from=sign-up");
});
