// What the server sends to the gateway.

import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test.use({ gateway: "fake" });

test("calls it once per page, with the session token of the user", async ({
  context,
  fakeGateway,
  signInPage,
  accountPage,
}) => {
  await signInPage.enterAs(GRACE);
  await expect(accountPage.greeting).toBeVisible();
  const session = (await context.cookies()).find((cookie) => cookie.name === "__session");
  expect(fakeGateway.authorizations).toEqual([`Bearer ${session?.value}`]);
});

test("does not call it for visitors", async ({ fakeGateway, accountPage, signInPage, homePage }) => {
  await homePage.goto();
  await accountPage.goto();
  await expect(signInPage.heading).toBeVisible();
  expect(fakeGateway.authorizations).toEqual([]);
});

test("shows its greeting as text, whatever it holds", async ({ page, fakeGateway, signInPage }) => {
  const greeting = `<script>alert("Hello")</script><img src=x>`;
  fakeGateway.answersBody(JSON.stringify(greeting));
  await signInPage.enterAs(GRACE);
  await expect(page.getByText(greeting, { exact: true })).toBeVisible();
});
