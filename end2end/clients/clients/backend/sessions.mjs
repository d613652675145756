// Sessions, their tokens, and the browsers that hold them.

import assert from "node:assert/strict";

import { verifyToken } from "@clerk/backend";

import { GRACE } from "../../lib/people.mjs";
import { refused } from "../../lib/refused.mjs";

export async function sessions({ sessions, clients }, keys, instance, check) {
  let session;
  let jwt;
  await check("sessions: create, show, list, token", async () => {
    session = await sessions.createSession({ userId: GRACE.id });
    assert.equal((await sessions.getSession(session.id)).userId, GRACE.id);
    const { data } = await sessions.getSessionList({ userId: GRACE.id, status: "active" });
    assert.ok(data.some(({ id }) => id === session.id));
    ({ jwt } = await sessions.getToken(session.id));
    const claims = await verifyToken(jwt, keys);
    assert.deepEqual([claims.sub, claims.sid], [GRACE.id, session.id]);
    const template = await verifyToken((await sessions.getToken(session.id, "supabase")).jwt, keys);
    assert.deepEqual([template.sub, template.sid], [GRACE.id, undefined]);
    const long = await verifyToken((await sessions.getToken(session.id, undefined, 600)).jwt, keys);
    assert.equal(long.exp - long.iat, 600);
    await refused(sessions.getToken(session.id, "missing"), 404);
  });
  await check("clients: show, list, verify; sessions: verify, revoke", async () => {
    const client = await clients.getClient(session.clientId);
    assert.deepEqual(client.sessionIds, [session.id]);
    assert.ok((await clients.getClientList()).totalCount > 0);
    assert.equal((await clients.verifyClient(jwt)).id, session.clientId);
    assert.equal((await sessions.verifySession(session.id, jwt)).status, "active");
    assert.equal((await sessions.revokeSession(session.id)).status, "revoked");
    await refused(clients.verifyClient(jwt), 404);
  });
  const cookies = await signIn(instance);
  await check("sessions: refresh", async () => {
    const renewed = await sessions.refreshSession(cookies.sessionId, {
      format: "cookie",
      expired_token: cookies.session,
      refresh_token: cookies.refresh,
      request_origin: instance.origin,
      request_headers: {},
    });
    const token = renewed.cookies.map((cookie) => /^__session=([^;]+)/.exec(cookie)?.[1]).find(Boolean);
    assert.equal((await verifyToken(token, keys)).sid, cookies.sessionId);
    const wrong = { expired_token: cookies.session, refresh_token: "wrong", request_origin: instance.origin };
    await refused(sessions.refreshSession(cookies.sessionId, { format: "cookie", ...wrong }), 401);
  });
  await check("clients: handshake payload, once", async () => {
    const nonce = await handshakeNonce(instance, cookies.client);
    const { directives } = await clients.getHandshakePayload({ nonce });
    assert.ok(directives.some((directive) => directive.startsWith("__session=")));
    await refused(clients.getHandshakePayload({ nonce }), 404);
  });
}

/** Signs a browser in, and returns what it holds. */
async function signIn({ frontendApi }) {
  const answer = await fetch(`${frontendApi}/test/sign_in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: GRACE.email }),
  });
  assert.equal(answer.status, 200);
  const { cookies } = await answer.json();
  const valueOf = (name) => cookies.find((cookie) => name.test(cookie.name)).value;
  const session = valueOf(/^__session$/);
  const { sid: sessionId } = JSON.parse(Buffer.from(session.split(".")[1], "base64url"));
  return { session, sessionId, refresh: valueOf(/^__refresh_/), client: valueOf(/^__client$/) };
}

/** What an application is told in the address, where it says that it can collect a handshake. */
async function handshakeNonce({ frontendApi, origin }, client) {
  const address = new URL(`${frontendApi}/v1/client/handshake`);
  address.search = new URLSearchParams({ redirect_url: `${origin}/account`, format: "nonce" });
  const answer = await fetch(address, { headers: { cookie: `__client=${client}` }, redirect: "manual" });
  return new URL(answer.headers.get("location")).searchParams.get("__clerk_handshake_nonce");
}
