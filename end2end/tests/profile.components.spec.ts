// Clerk's profile component, on a page of the application.

import { expect, test } from "../fixtures/test";
import { newcomer } from "../fixtures/users";

test("a user changes their name, and signs in with another password", async ({ page, homePage, signInPage, signUpPage }) => {
  const user = newcomer();
  const changed = { ...user, password: `${user.password} 2` };
  await signUpPage.goto("/user-profile");
  await signUpPage.signUp(user);
  const profile = page.getByRole("main");
  await profile.getByRole("button", { name: "Update profile" }).click();
  await profile.getByLabel("First name").fill(user.firstName);
  await profile.getByLabel("Last name").fill(user.lastName);
  await profile.getByRole("button", { name: "Save" }).click();
  await expect(profile.getByText(`${user.firstName} ${user.lastName}`).first()).toBeVisible();

  await profile.getByRole("button", { name: "Security" }).click();
  await profile.getByRole("button", { name: "Update password" }).click();
  await profile.getByLabel("Current password").fill(user.password);
  await profile.getByLabel("New password", { exact: true }).fill(changed.password);
  await profile.getByLabel("Confirm password").fill(changed.password);
  await profile.getByRole("button", { name: "Save" }).click();
  await expect(profile.getByRole("button", { name: "Update password" })).toBeVisible();

  await homePage.header.signOutButton.click();
  await expect(homePage.signedOut).toBeVisible();
  await signInPage.enterAs(changed);
});
