// Users and sessions outlive the server, however it ends.

import { leave } from "../fixtures/navigation";
import type { Server } from "../fixtures/server";
import { expect, test } from "../fixtures/test";
import { newcomer } from "../fixtures/users";

const ENDS = [
  { how: "is restarted", again: (server: Server) => server.restart() },
  { how: "is killed", again: (server: Server) => server.kill().then(() => server.start()) },
];

for (const { how, again } of ENDS) {
  test(`a user stays signed in when the server ${how}`, async ({ page, accountPage, server, signUpPage }) => {
    await signUpPage.goto("/account");
    await signUpPage.signUp(newcomer());
    const session = await accountPage.session.getByText(/^sess_/).innerText();

    await leave(page);
    await again(server);
    await accountPage.goto();
    await expect(accountPage.greeting).toBeVisible();
    await expect(accountPage.session).toContainText(session);
  });

  test(`a user can sign in again when the server ${how}`, async ({
    page,
    accountPage,
    context,
    server,
    signInPage,
    signUpPage,
  }) => {
    const user = newcomer();
    await signUpPage.goto("/account");
    await signUpPage.signUp(user);
    await expect(accountPage.greeting).toBeVisible();

    await leave(page);
    await again(server);
    await context.clearCookies();
    await signInPage.enterAs(user);
    await expect(accountPage.greeting).toBeVisible();
  });

  test(`a user who signed out stays signed out when the server ${how}`, async ({
    page,
    accountPage,
    context,
    homePage,
    server,
    signInPage,
    signUpPage,
  }) => {
    await signUpPage.goto("/account");
    await signUpPage.signUp(newcomer());
    await expect(accountPage.greeting).toBeVisible();
    const client = (await context.cookies()).filter((cookie) => cookie.name === "__client");
    await accountPage.header.signOutButton.click();
    await expect(homePage.signedOut).toBeVisible();

    await leave(page);
    await again(server);
    // Without the others, the application asks Clerk what the client cookie is worth.
    await context.clearCookies();
    await context.addCookies(client);
    await accountPage.goto();
    await expect(signInPage.heading).toBeVisible();
  });
}
