// Clerk's Backend API, by Clerk's own client: every row that it can ask for, but for those listed with the reason why not.

import assert from "node:assert/strict";

import { createClerkClient } from "@clerk/backend";

import { requestsOf } from "../lib/asked.mjs";
import { ADA_ID, GRACE } from "../lib/people.mjs";
import { refused } from "../lib/refused.mjs";
import { compareWithList, watchRows } from "../lib/rows.mjs";
import { organizations } from "./backend/organizations.mjs";
import { sessions } from "./backend/sessions.mjs";
import { users } from "./backend/users.mjs";

export const title = "A server's script";
export const packages = ["@clerk/backend"];

export async function run({ instance, check }) {
  const { CLERK_SECRET_KEY: secretKey, CLERK_API_URL: apiUrl } = instance.settingsFor("express");
  const clerk = createClerkClient({ secretKey, apiUrl });
  await check("every function of it asks for a row that is served, or is listed with the reason why not", async () => {
    const { requests, silent } = await requestsOf((apiUrl) => createClerkClient({ secretKey, apiUrl }));
    assert.deepEqual(silent, [], "functions that asked for nothing");
    assert.deepEqual(compareWithList(requests), { unlisted: [], unused: [] });
  });
  const rows = watchRows(apiUrl);

  await check("the secret key is asked for", async () => {
    await refused(createClerkClient({ secretKey: "sk_test_wrong", apiUrl }).users.getUser(GRACE.id), 401);
  });
  await users(clerk, instance, check);
  await sessions(clerk, { secretKey, apiUrl }, instance, check);
  await organizations(clerk, check);
  await templates(clerk, check);
  await keysAndTokens(clerk, check);
  await actorTokens(clerk, instance, check);
  await check(`all ${rows.served} rows that are listed as served`, async () => {
    assert.deepEqual(rows.stop(), [], "rows that nothing above calls");
  });
}

async function templates({ jwtTemplates }, check) {
  await check("JWT templates: create, show, list, update, delete", async () => {
    const template = await jwtTemplates.create({ name: "hasura", claims: { user: "{{user.id}}" }, lifetime: 60 });
    assert.equal((await jwtTemplates.get(template.id)).name, "hasura");
    assert.ok((await jwtTemplates.list()).data.some(({ name }) => name === "supabase"));
    const updated = await jwtTemplates.update({ templateId: template.id, name: "hasura", claims: {}, lifetime: 120 });
    assert.equal(updated.lifetime, 120);
    assert.equal((await jwtTemplates.delete(template.id)).deleted, true);
    await refused(jwtTemplates.get(template.id), 404);
  });
}

async function keysAndTokens(clerk, check) {
  await check("sign-in tokens: create, revoke; testing tokens; key set", async () => {
    const token = await clerk.signInTokens.createSignInToken({ userId: GRACE.id, expiresInSeconds: 60 });
    assert.equal(token.status, "pending");
    assert.equal((await clerk.signInTokens.revokeSignInToken(token.id)).status, "revoked");
    assert.ok((await clerk.testingTokens.createTestingToken()).token.length > 10);
    assert.deepEqual((await clerk.jwks.getJwks()).keys.map(({ kty, use, alg }) => [kty, use, alg]), [["RSA", "sig", "RS256"]]);
  });
  await check("machines' tokens: none is known", async () => {
    await refused(clerk.apiKeys.verify("ak_nothing"), 404);
    await refused(clerk.m2m.verify({ token: "mt_nothing" }), 404);
    await refused(clerk.idPOAuthAccessToken.verify("oat_nothing"), 404);
  });
}

async function actorTokens({ actorTokens, sessions }, instance, check) {
  await check("actor tokens: create, use, revoke", async () => {
    const actor = { sub: ADA_ID };
    const wish = { userId: GRACE.id, actor, expiresInSeconds: 60, sessionMaxDurationInSeconds: 60 };
    const token = await actorTokens.create(wish);
    assert.deepEqual([token.status, token.actor], ["pending", actor]);
    const session = await sessions.getSession(await signInWithTicket(instance, token.token));
    assert.deepEqual([session.userId, session.actor], [GRACE.id, actor]);
    const { jwt } = await sessions.getToken(session.id);
    assert.deepEqual(JSON.parse(Buffer.from(jwt.split(".")[1], "base64url")).act, actor);
    assert.equal((await actorTokens.revoke((await actorTokens.create(wish)).id)).status, "revoked");
    await refused(actorTokens.create({ ...wish, userId: "user_nobody" }), 404);
  });
}

/** Signs a browser in, as Clerk's client does with what stands in a link. Returns the session's id. */
async function signInWithTicket({ frontendApi, origin }, ticket) {
  const body = new URLSearchParams({ strategy: "ticket", ticket });
  const answer = await fetch(`${frontendApi}/v1/client/sign_ins`, { method: "POST", headers: { origin }, body });
  assert.equal(answer.status, 200);
  return (await answer.json()).response.created_session_id;
}
