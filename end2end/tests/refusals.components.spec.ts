// Clerk's components say what the embedded Clerk refuses, and keep the way back.

import { expect, test } from "../fixtures/test";
import { GRACE, newcomer } from "../fixtures/users";

test("a wrong password is refused beside its field", async ({ context, signInPage, watch }) => {
  watch.expectStatus(422);
  await signInPage.goto("/account");
  const answer = await signInPage.signIn({ ...GRACE, password: "not her password" });
  expect(answer.status()).toBe(422);
  await expect(signInPage.complaint).toContainText(/password is not right/);
  expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__session");
});

test("an address that nobody has is refused beside its field", async ({ signInPage, watch }) => {
  watch.expectStatus(422);
  await signInPage.goto("/account");
  const answer = await signInPage.signIn(newcomer());
  expect(answer.status()).toBe(422);
  await expect(signInPage.email).toHaveAccessibleDescription(/Nobody has an account/);
});

test("a newcomer with somebody's address can mend it and still arrives", async ({ page, signUpPage, watch }) => {
  watch.expectStatus(422);
  const user = newcomer();
  await signUpPage.goto("/account?from=sign-up");
  const answer = await signUpPage.signUp({ ...user, email: GRACE.email });
  expect(answer.status()).toBe(422);
  await expect(signUpPage.email).toHaveAccessibleDescription(/Somebody has an account/);
  await signUpPage.signUp(user);
  await expect(page).toHaveURL("/account?from=sign-up");
});

test("who is signed in goes on at once", async ({ page, signInPage, signUpPage }) => {
  await signInPage.enterAs(GRACE);
  for (const componentPage of [signInPage, signUpPage]) {
    await componentPage.goto("/account?from=sign-in");
    await expect(page).toHaveURL("/account?from=sign-in");
  }
});
