// Signing in, and being refused.

import { expect, test } from "../fixtures/test";
import { ADA, GRACE, MALLORY, newcomer } from "../fixtures/users";

test("a user signs in and sees the account page", async ({ page, homePage, signInPage, accountPage }) => {
  await homePage.goto();
  await homePage.header.signInLink.click();
  await signInPage.signIn(GRACE);
  await expect(page).toHaveURL("/account");
  await expect(accountPage.greeting).toBeVisible();
});

test("one click signs in as somebody who was seeded, and goes on", { tag: "@portal" }, async ({
  page,
  signInPage,
  accountPage,
}) => {
  await signInPage.goto("/account?from=here");
  await signInPage.persona("Grace Hopper").click();
  await expect(page).toHaveURL("/account?from=here");
  await expect(accountPage.session).toContainText(GRACE.id);
});

test("one click as somebody who is banned says so", { tag: "@portal" }, async ({ page, context, signInPage, watch }) => {
  watch.expectStatus(403);
  await signInPage.goto("/account");
  await signInPage.persona("Mallory Malone").click();
  await expect(page.getByText("This account is banned.")).toBeVisible();
  expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__session");
});

test("the sign-in page knows who is signed in", { tag: "@portal" }, async ({ page, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await signInPage.goto("/account");
  await expect(page.getByText(`You are signed in as ${GRACE.email}`)).toBeVisible();
});

test("somebody else can sign in in the same browser", { tag: "@portal" }, async ({ accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await expect(accountPage.session).toContainText(GRACE.id);
  await signInPage.enterAs(ADA);
  await expect(accountPage.session).toContainText(ADA.id);
});

test("a wrong password and an unknown address get the same answer", { tag: "@portal" }, async ({ signInPage, watch }) => {
  watch.expectStatus(422);
  const answers = [];
  for (const credentials of [{ ...GRACE, password: "not her password" }, newcomer()]) {
    await signInPage.goto("/account");
    const answer = await signInPage.signIn(credentials);
    answers.push({ status: answer.status(), words: await signInPage.complaint.innerText() });
  }
  expect(answers[0]).toEqual({ status: 422, words: expect.stringMatching(/address or the password/) });
  expect(answers[1]).toEqual(answers[0]);
});

test("a refused user keeps the address, loses the password and is not signed in", { tag: "@portal" }, async ({
  page,
  context,
  signInPage,
  watch,
}) => {
  watch.expectStatus(422);
  const wrong = { ...GRACE, password: "not her password" };
  await signInPage.goto("/account");
  await signInPage.signIn(wrong);
  await expect(signInPage.email).toHaveValue(wrong.email);
  await expect(signInPage.password).toHaveValue("");
  expect(await page.content()).not.toContain(wrong.password);
  expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__session");
});

test("a banned user is told so", async ({ page, context, signInPage, watch }) => {
  watch.expectStatus(403);
  await signInPage.goto("/account");
  const answer = await signInPage.signIn(MALLORY);
  expect(answer.status()).toBe(403);
  await expect(signInPage.complaint).toContainText(/banned/);
  expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__session");

  await page.goto("/account");
  await expect(signInPage.heading).toBeVisible();
});

test("whether an account is banned is not said to whoever lacks its password", async ({ signInPage, watch }) => {
  watch.expectStatus(422);
  await signInPage.goto("/account");
  const answer = await signInPage.signIn({ ...MALLORY, password: "not her password" });
  expect(answer.status()).toBe(422);
  await expect(signInPage.complaint).not.toContainText(/banned/);
});
