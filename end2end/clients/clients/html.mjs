// A bare page with clerk-js and ui, on an origin of its own.

import assert from "node:assert/strict";

import { serve } from "../lib/app.mjs";
import { continueAs, signIn, signOut, signUp } from "../lib/components.mjs";
import { GRACE, newcomer } from "../lib/people.mjs";
import { PIXEL } from "../lib/pictures.mjs";
import { organizations } from "./html/organizations.mjs";

export const title = "A bare page";
export const packages = ["@clerk/clerk-js", "@clerk/ui"];

export async function run({ instance, browser, check }) {
  const app = await serve("html", ["server.mjs"], instance.settingsFor("express"));
  try {
    const page = await browser.page(app.origin);
    const hedy = newcomer();
    const shows = (text) => page.getByText(text, { exact: true }).waitFor();

    await check("sign-up with an email code", async () => {
      await page.goto("/sign-up");
      await signUp(page, hedy);
      await page.waitForURL(app.origin + "/");
      await shows(`Signed in as ${hedy.email}`);
    });
    await check("sign-out", async () => {
      await signOut(page);
      await shows("Signed out");
    });
    await check("sign-in with a password", async () => {
      await page.goto("/sign-in");
      await signIn(page, hedy);
      await shows(`Signed in as ${hedy.email}`);
    });
    await check("profile edit", async () => {
      await page.goto("/profile");
      await page.getByRole("button", { name: "Update profile" }).click();
      await page.getByLabel("First name").fill("Hedy");
      await page.getByLabel("Last name").fill("Lamarr");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Hedy Lamarr").first().waitFor();
    });
    await check("a picture of a user and a logo, uploaded and shown", () => pictures(page));
    const changed = { ...hedy, password: `${hedy.password} 2` };
    await check("password change", async () => {
      await page.goto("/profile#/security");
      await page.getByRole("button", { name: "Update password" }).click();
      await page.getByLabel("Current password").fill(hedy.password);
      await page.getByLabel("New password", { exact: true }).fill(changed.password);
      await page.getByLabel("Confirm password").fill(changed.password);
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("button", { name: "Update password" }).waitFor();
      await page.goto("/");
      await signOut(page);
      await shows("Signed out");
      await page.goto("/sign-in");
      await signIn(page, changed);
      await shows(`Signed in as ${hedy.email}`);
    });
    await check("the session token's azp is the page's origin", async () => {
      const token = await page.evaluate(() => window.Clerk.session.getToken());
      const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
      assert.equal(claims.azp, app.origin);
    });
    await elsewhere(browser, app.origin, check);
    await connections(browser, app.origin, check);
    await organizations(browser, app.origin, check);
  } finally {
    await app.stop();
  }
}

async function pictures(page) {
  await page.goto("/profile");
  await page.getByRole("button", { name: "Update profile" }).click();
  await page.locator("input[type=file]").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: PIXEL });
  await page.waitForFunction(() => window.Clerk.user.hasImage);
  const shown = page.locator(`img[src^="${await page.evaluate(() => window.Clerk.user.imageUrl)}"]`).first();
  assert.equal(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth)), 1);

  // What the form for an organization's profile calls.
  const [hasImage, width, after] = await page.evaluate(async (pixel) => {
    const organization = await window.Clerk.createOrganization({ name: "Analytical" });
    const file = new Blob([new Uint8Array(pixel)], { type: "image/png" });
    const { hasImage, imageUrl } = await organization.setLogo({ file });
    const image = Object.assign(new Image(), { src: imageUrl });
    await image.decode();
    const bare = await organization.setLogo({ file: null });
    await organization.destroy();
    return [hasImage, image.naturalWidth, bare.hasImage];
  }, [...PIXEL]);
  assert.deepEqual([hasImage, width, after], [true, 1, false]);
}

/** Signing in with an account elsewhere: the provider and the instance are at one origin, the page is at another. */
async function elsewhere(browser, origin, check) {
  const shows = (page, text) => page.getByText(text, { exact: true }).waitFor();
  await check("sign-in and sign-up with an account elsewhere, there and back", async () => {
    for (const [path, choice, email] of [
      ["/sign-in", /Ada Lovelace/, "ada@example.com"],
      ["/sign-in", /Robin Example/, "robin@people.example"],
      ["/sign-up", /Robin Example/, "robin@people.example"],
    ]) {
      const page = await browser.page(origin);
      await page.goto(path);
      await continueAs(page, choice);
      await shows(page, `Signed in as ${email}`);
      assert.equal(page.url(), `${origin}/`, "and nothing in the address tells of it");
    }
  });
  await check("who refuses elsewhere is told so, and goes on", async () => {
    const page = await browser.page(origin);
    await page.goto("/sign-in");
    await continueAs(page, /Refuse/);
    await shows(page, "You did not grant access to your account.");
    assert.ok(page.url().startsWith(`${origin}/sign-in`), page.url());
    await continueAs(page, /Ada Lovelace/);
    await shows(page, "Signed in as ada@example.com");
  });
  await check("who refuses elsewhere signs in with a password instead", async () => {
    const page = await browser.page(origin);
    await page.goto("/sign-in");
    await continueAs(page, /Refuse/);
    await shows(page, "You did not grant access to your account.");
    await signIn(page, GRACE);
    await shows(page, `Signed in as ${GRACE.email}`);
  });
}

/** Connecting an account elsewhere in `<UserProfile/>`. */
async function connections(browser, origin, check) {
  await check("a failed connection is told in the profile and waved away, another one works", async () => {
    const page = await browser.page(origin);
    await page.goto("/sign-in");
    await signIn(page, GRACE);
    await page.getByText(`Signed in as ${GRACE.email}`, { exact: true }).waitFor();
    await page.goto("/profile");
    await connectAs(page, /Refuse/);
    const complaint = page.getByText("You refused at the identity provider.", { exact: true });
    await complaint.waitFor();
    await removeAccount(page);
    await complaint.waitFor({ state: "detached" });
    await connectAs(page, /Sam Nobody/);
    await page.getByRole("button", { name: "Connect account" }).waitFor({ state: "detached" });
    await removeAccount(page);
    await page.getByRole("button", { name: "Connect account" }).waitFor();
  });
}

async function connectAs(page, choice) {
  await page.getByRole("button", { name: "Connect account" }).click();
  await page.getByRole("menuitem", { name: /Local ID/ }).click();
  await page.getByRole("button", { name: choice }).click();
  await page.waitForURL(/\/profile/);
}

async function removeAccount(page) {
  const section = page.locator(".cl-profileSection__connectedAccounts");
  await section.getByRole("button", { name: "Open menu" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
}
