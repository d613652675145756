// What people do in Clerk's own components.

import { CODE } from "./people.mjs";

/** Signs in on a page that shows `<SignIn/>`. */
export async function signIn(page, { email, password }) {
  await page.getByLabel("Email address").fill(email);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
}

/** Signs up on a page that shows `<SignUp/>`, and enters the code that was mailed. */
export async function signUp(page, { email, password }) {
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await enterCode(page);
}

export async function enterCode(page) {
  await page.getByLabel("Enter verification code").pressSequentially(CODE);
}

/** Goes to the embedded identity provider by a button of Clerk's, and back as somebody, or having refused. */
export async function continueAs(page, choice) {
  await page.getByRole("button", { name: /Local ID/ }).click();
  await page.getByRole("heading", { name: "Who are you at Local ID?" }).waitFor();
  await page.getByRole("button", { name: choice }).click();
}

/** Signs out by the menu of `<UserButton/>`. */
export async function signOut(page) {
  await page.getByRole("button", { name: "Open user menu" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
}
