// The Astro app of Clerk's guide: four endpoints, asked as scripts and browsers ask.

import assert from "node:assert/strict";

import { build, installed, serve } from "../lib/app.mjs";
import { signIn } from "../lib/components.mjs";
import { GRACE } from "../lib/people.mjs";

export const title = "The guide's Astro app";
export const packages = ["@clerk/astro", "astro"];

export async function run({ instance, browser, check }) {
  const settings = instance.settingsFor("astro");
  await build("astro", [installed("astro/astro.js"), "build"], settings);
  const app = await serve("astro", ["dist/server/entry.mjs"], { ...settings, HOST: "127.0.0.1", PORT: "0" });
  try {
    await anonymous(app.origin, check);
    const page = await browser.page(app.origin);
    await check("sign-in in the modal", async () => {
      await page.goto("/");
      await page.getByRole("button", { name: "Sign in" }).click();
      await signIn(page, GRACE);
      await page.getByText("You are signed in").waitFor();
    });
    await signedIn(page, app.origin, check);
  } finally {
    await app.stop();
  }
}

async function anonymous(origin, check) {
  await check("nobody gets in", async () => {
    const protectedRoute = await fetch(`${origin}/api/route`);
    assert.equal(protectedRoute.status, 401);
    assert.equal(await protectedRoute.text(), "Error: No signed in user");
    assert.equal(protectedRoute.headers.get("x-clerk-auth-reason"), "dev-browser-missing");
    for (const path of ["/api/supabase", "/api/user"]) {
      const answer = await fetch(origin + path);
      assert.deepEqual([answer.status, await answer.text()], [401, "Unauthorized"]);
    }
  });
  await check("a navigation is sent through the handshake", async () => {
    const headers = { accept: "text/html", "sec-fetch-dest": "document" };
    const answer = await fetch(`${origin}/api/route`, { headers, redirect: "manual" });
    assert.equal(answer.status, 307);
    assert.match(answer.headers.get("location"), /\/__clerk\/v1\/client\/handshake\?/);
  });
}

async function signedIn(page, origin, check) {
  // The server's page is there before Clerk's client, which then takes over.
  await page.waitForFunction(() => window.Clerk?.session);
  const token = await page.evaluate(() => window.Clerk.session.getToken());
  const ask = async (path, options = {}) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(origin + path, { headers, ...options });
    assert.equal(answer.status, 200, path);
    return JSON.parse(await answer.text());
  };
  await check("protect an endpoint", async () => {
    assert.deepEqual(await ask("/api/route"), { userId: GRACE.id });
    const answer = await page.request.get("/api/route");
    assert.deepEqual(JSON.parse(await answer.text()), { userId: GRACE.id });
  });
  await check("a token made from a template", async () => {
    assert.deepEqual(await ask("/api/supabase"), { sub: GRACE.id, sid: null });
  });
  await check("read the current user", async () => {
    assert.deepEqual(await ask("/api/user"), { userId: GRACE.id, email: GRACE.email });
  });
  await check("change the current user", async () => {
    const body = JSON.stringify({ firstName: "Amazing" });
    assert.deepEqual(await ask("/api/user", { method: "POST", body }), { firstName: "Amazing" });
  });
  await check("a malformed token is refused, good cookies or not", async () => {
    const answer = await page.request.get("/api/route", { headers: { authorization: "Bearer nonsense" } });
    assert.equal(answer.status(), 401);
    assert.equal(answer.headers()["x-clerk-auth-reason"], "token-invalid");
  });
}
