// An API on Express, asked with a session token and with cookies.

import assert from "node:assert/strict";

import { createClerkClient } from "@clerk/backend";

import { serve } from "../lib/app.mjs";
import { GRACE } from "../lib/people.mjs";

export const title = "An Express API";
export const packages = ["@clerk/express", "express"];

export async function run({ instance, check }) {
  const settings = instance.settingsFor("express");
  const clerk = createClerkClient({ secretKey: settings.CLERK_SECRET_KEY, apiUrl: settings.CLERK_API_URL });
  const app = await serve("express", ["server.mjs"], settings);
  try {
    await check("nobody gets in", async () => {
      const answer = await fetch(`${app.origin}/api/me`);
      assert.equal(answer.status, 401);
    });
    await check("a session token, and the user behind it", async () => {
      const session = await clerk.sessions.createSession({ userId: GRACE.id });
      const { jwt } = await clerk.sessions.getToken(session.id);
      const answer = await fetch(`${app.origin}/api/me`, { headers: { authorization: `Bearer ${jwt}` } });
      assert.equal(answer.status, 200);
      assert.deepEqual(await answer.json(), { userId: GRACE.id, email: GRACE.email });
    });
    await check("a page's first visit is sent through the handshake", async () => {
      const headers = { accept: "text/html", "sec-fetch-dest": "document" };
      const answer = await fetch(`${app.origin}/api/me`, { headers, redirect: "manual" });
      assert.equal(answer.status, 307);
      assert.match(answer.headers.get("location"), /\/__clerk\/v1\/client\/handshake\?/);
    });
  } finally {
    await app.stop();
  }
}
