// The account page, for whom it is.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test("shows what the gateway says and whose session it is", async ({ accountPage, signInPage }) => {
  await signInPage.enterAs(GRACE);
  await expect(accountPage.greeting).toBeVisible();
  await expect(accountPage.session).toContainText(GRACE.id);
  await expect(accountPage.session).toContainText(/sess_\w+/);
  await expect(accountPage.failure).toBeHidden();
});

test("names who is signed in, and a new name at once", async ({ page, accountPage, signInPage, server }) => {
  await signInPage.enterAs(GRACE);
  await expect(accountPage.session).toContainText("Hopper");
  await expect(accountPage.session).toContainText(GRACE.email);
  await expect(accountPage.session.locator(".avatar")).toHaveText(/^[A-Z]H$/);
  const rename = async (firstName: string): Promise<void> => {
    const answer = await page.request.post("/api/user", { data: { firstName }, headers: { origin: server.url } });
    expect(answer.status()).toBe(200);
    await accountPage.goto();
    await expect(accountPage.session).toContainText(`${firstName} Hopper`);
  };
  await rename("Amazing");
  await rename("Grace");
});

test("is complete when it leaves the server", async ({ page, signInPage }) => {
  await signInPage.enterAs(GRACE);
  const answer = await page.request.get("/account", { headers: { accept: "text/html" } });
  expect(answer.status()).toBe(200);
  expect(answer.headers()["cache-control"]).toBe("no-store");
  const beforeAnyScript = (await answer.text()).split("<script")[0];
  expect(beforeAnyScript).toMatch(/>Hello World</);
  expect(beforeAnyScript).toContain(GRACE.id);
  expect(beforeAnyScript).toMatch(/sess_\w+/);
  expect(beforeAnyScript).toMatch(/valid until \d\d:\d\d:\d\d UTC/);
});

test("sends visitors to sign in", async ({ page, accountPage, signInPage }) => {
  await accountPage.goto();
  await expect(signInPage.heading).toBeVisible();
  await expect(page).toHaveURL((url) => url.pathname === signInPage.path && url.searchParams.has("redirect_url"));
});
