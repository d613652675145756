// Clerk's helpers for browser tests, on the bare page.

import { clerk, clerkSetup, setupClerkTestingToken } from "@clerk/testing/playwright";
import { createClerkClient } from "@clerk/backend";

import { serve } from "../lib/app.mjs";
import { GRACE, newcomer } from "../lib/people.mjs";

export const title = "Helpers for browser tests";
export const packages = ["@clerk/testing"];

export async function run({ instance, browser, check }) {
  const settings = instance.settingsFor("express");
  const api = createClerkClient({ secretKey: settings.CLERK_SECRET_KEY, apiUrl: settings.CLERK_API_URL });
  const app = await serve("html", ["server.mjs"], settings);
  const hedy = newcomer();
  try {
    const user = await api.users.createUser({ emailAddress: [hedy.email], password: hedy.password });
    await check("clerkSetup() gets a testing token", async () => {
      Object.assign(process.env, { CLERK_API_URL: settings.CLERK_API_URL });
      await clerkSetup({ publishableKey: settings.CLERK_PUBLISHABLE_KEY, secretKey: settings.CLERK_SECRET_KEY, dotenv: false });
      if (!process.env.CLERK_TESTING_TOKEN) throw new Error("there is none");
    });
    const page = await browser.page(app.origin);
    const signsIn = async (signInParams, email) => {
      await setupClerkTestingToken({ page });
      await page.goto("/");
      await clerk.signIn({ page, signInParams });
      await page.reload();
      await page.getByText(`Signed in as ${email}`, { exact: true }).waitFor();
      // Stays on the page, which else would go while the helper still waits for an answer of it.
      await clerk.signOut({ page, signOutOptions: { redirectUrl: "/#signed-out" } });
      await page.reload();
      await page.getByText("Signed out", { exact: true }).waitFor();
    };
    await check("sign-in with a password, and sign-out", async () => {
      await signsIn({ strategy: "password", identifier: GRACE.email, password: GRACE.password }, GRACE.email);
    });
    await check("sign-in with an email code", async () => {
      await signsIn({ strategy: "email_code", identifier: hedy.email }, hedy.email);
    });
    await check("sign-in with a ticket", async () => {
      const { token } = await api.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 60 });
      await signsIn({ strategy: "ticket", ticket: token }, hedy.email);
    });
  } finally {
    await app.stop();
  }
}
