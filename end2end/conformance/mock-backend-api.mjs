// Clerk's Backend API, as far as a decision needs it. What it answers is encoded in what it is asked (secret key,
// nonce, refresh token), so it keeps no state and both sides get the same answers in any order.

import { createServer } from "node:http";

import { INSTANCES, SIGNERS, kidsOf } from "./keys.mjs";
import { NOON, encode, expire, sessionToken, shift } from "./tokens.mjs";

const DAY = 24 * 60 * 60;

/** Starts the mock on a free port. `calls` counts by side (the SDK names itself) and endpoint. */
export async function startBackendApi() {
  const calls = { sdk: {}, ours: {} };
  const server = createServer((request, response) => {
    const side = String(request.headers["user-agent"]).startsWith("@clerk/backend") ? calls.sdk : calls.ours;
    const endpoint = new URL(request.url, "http://mock").pathname.split("/").at(-1);
    side[endpoint] = (side[endpoint] ?? 0) + 1;
    answer(request).then(
      (reply) => send(response, reply),
      (error) => send(response, failure(500, error.message)),
    );
  });
  // A connection that is closed just when it is used again would look like an API that is away.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { url: `http://127.0.0.1:${server.address().port}`, calls, close };
}

const ok = (body) => ({ status: 200, body });
const failure = (status, code) => ({ status, body: { errors: [{ code, message: code, long_message: code }] } });
const HANG_UP = "hang up";
const PAGE_OF_A_PROXY = { status: 502, text: "<html>Bad Gateway</html>", type: "text/html" };

function send(response, reply) {
  if (reply === HANG_UP) {
    response.socket.destroy();
    return;
  }
  // Exactly this type: with a charset the SDK takes JSON for text.
  response.writeHead(reply.status, { "content-type": reply.type ?? "application/json" });
  response.end(reply.text ?? JSON.stringify(reply.body));
}

async function answer(request) {
  const url = new URL(request.url, "http://mock");
  const secret = /^Bearer sk_(test|live)_conformance_([ab])(?:_(\w+))?$/.exec(request.headers.authorization ?? "");
  if (!secret) return failure(401, "clerk_key_invalid");
  const [, kind, owner, mood] = secret;
  const instance = Object.values(INSTANCES).find((one) => one.name === `${kind}-${owner}`);
  const refresh = /^\/v1\/sessions\/([^/]+)\/refresh$/.exec(url.pathname);
  if (url.pathname === "/v1/jwks" && request.method === "GET") return keySet(owner, mood);
  if (url.pathname === "/v1/clients/handshake_payload" && request.method === "GET") {
    return handshakePayload(instance, url.searchParams.get("nonce"));
  }
  if (refresh && request.method === "POST") {
    const body = JSON.parse(await text(request));
    return refreshed(instance, { ...body, session: refresh[1], suffixed: url.searchParams.get("suffixed_cookies") });
  }
  return failure(404, "resource_not_found");
}

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function keySet(owner, mood) {
  const { n, e } = SIGNERS[owner];
  const keys = (change) => kidsOf(owner).map((kid) => ({ use: "sig", kty: "RSA", kid, alg: "RS256", n, e, ...change }));
  const answers = {
    revoked: failure(401, "clerk_key_invalid"),
    forbidden: failure(403, "not_allowed"),
    broken: failure(500, "internal_error"),
    empty: ok({ keys: [] }),
    keyless: ok({}),
    noalg: ok({ keys: keys({ alg: undefined }) }),
    otheralg: ok({ keys: keys({ alg: "RS512" }) }),
    encryption: ok({ keys: keys({ use: "enc" }) }),
    nameless: ok({ keys: [...keys(), ...keys({ kid: undefined })] }),
    mixed: ok({ keys: [{ kty: "EC", kid: "ins_elliptic", crv: "P-256", x: "AA", y: "AA" }, ...keys()] }),
    damaged: ok({ keys: keys({ n: "!" }) }),
    page: PAGE_OF_A_PROXY,
    garbage: { status: 200, text: "{" },
    hangup: HANG_UP,
  };
  return mood === undefined ? ok({ keys: keys() }) : (answers[mood] ?? failure(500, `no such mood: ${mood}`));
}

/** The moods of a secret key: what its key set is like. */
export const KEY_SET_MOODS = [
  "revoked", "forbidden", "broken", "empty", "keyless", "noalg", "otheralg",
  "encryption", "nameless", "mixed", "damaged", "page", "garbage", "hangup",
];

function cookies(instance, token, uat) {
  const names = { session: `__session_${instance.suffix}`, uat: `__client_uat_${instance.suffix}` };
  return [
    `__session=${token}; Path=/; SameSite=Lax; Max-Age=3600`,
    `${names.session}=${token}; Path=/; SameSite=Lax; Secure; Max-Age=3600`,
    `__client_uat=${uat}; Path=/; Domain=example.com; Max-Age=315360000; SameSite=Strict`,
    `${names.uat}=${uat}; Path=/; Domain=example.com; Max-Age=315360000; SameSite=Strict`,
  ];
}

function validToken(instance) {
  return sessionToken(instance, NOON, "https://app.example.com");
}

/** Session tokens that an answer can bring. */
function tokenOf(instance, kind) {
  const token = validToken(instance);
  const kinds = {
    good: () => token,
    pending: () => ({ ...token, claims: { ...token.claims, sts: "pending" } }),
    expired: () => expire(token),
    long_expired: () => shift(token, -2 * DAY),
    early: () => shift(token, 600),
    long_early: () => shift(token, 2 * DAY),
    issued_later: () => ({ ...token, claims: { ...token.claims, iat: token.claims.iat + 600 } }),
    foreign: () => ({ ...token, signer: instance.owner === "a" ? "b" : "a" }),
    unknown_key: () => ({ ...token, header: { ...token.header, kid: "ins_unknown" } }),
    template: () => ({ ...token, header: { ...token.header, cat: "cl_B7d4PD222AAA" } }),
    garbage: () => "garbage",
  };
  return kinds[kind] && encode(kinds[kind]());
}

const TOKEN_KINDS = [
  "good", "pending", "expired", "long_expired", "early", "long_early",
  "issued_later", "foreign", "unknown_key", "template", "garbage",
];

/** A nonce that begins so has the answer of the rest, with cookies that nobody reads a session from. */
const UNREAD = "unread_";

function handshakePayload(instance, nonce) {
  if (nonce?.startsWith(UNREAD)) {
    const { status, body } = handshakePayload(instance, nonce.slice(UNREAD.length));
    const directives = body?.directives?.map((directive) => String(directive).replace("__session", "__unread"));
    return { status, body: { ...body, directives } };
  }
  const token = tokenOf(instance, nonce);
  if (token) return ok({ directives: cookies(instance, token, 1) });
  const good = tokenOf(instance, "good");
  const answers = {
    two: ok({ directives: [`__session=garbage; Path=/`, ...cookies(instance, good, 1)] }),
    last_bad: ok({ directives: [...cookies(instance, good, 1), `__session_other=garbage; Path=/`] }),
    signed_out: ok({ directives: [`__session=; Path=/; Max-Age=0`, `__client_uat=0; Path=/`] }),
    valueless: ok({ directives: [`__session; Path=/`] }),
    empty_value: ok({ directives: [`__session=;Path=/`] }),
    only_uat: ok({ directives: [`__client_uat=0; Path=/`] }),
    line_break: ok({ directives: [`a=1\r\nx-injected: 1`, ...cookies(instance, good, 1)] }),
    empty: ok({ directives: [] }),
    directiveless: ok({}),
    not_text: ok({ directives: [5] }),
    part_text: ok({ directives: [5, ...cookies(instance, good, 1)] }),
    missing: failure(404, "resource_not_found"),
    broken: failure(500, "internal_error"),
    page: PAGE_OF_A_PROXY,
    hangup: HANG_UP,
  };
  return answers[nonce] ?? failure(404, "resource_not_found");
}

/** The nonces that have an answer of their own, and one that has none. */
export const NONCES = [
  ...TOKEN_KINDS, "two", "last_bad", "signed_out", "valueless", "only_uat", "line_break", "empty",
  "directiveless", "not_text", "part_text", "missing", "broken", "page", "hangup", "who knows&x=1",
];

function refreshed(instance, call) {
  const complaint = complaintAbout(call);
  if (complaint) return failure(422, `conformance_${complaint}`);
  const token = tokenOf(instance, call.refresh_token);
  // What only the Backend API sees is sent back, so that the comparison sees it, too.
  const echo = `echo=${encodeURIComponent(`${call.request_origin} ${call.suffixed}`)}; Path=/`;
  if (token) return ok({ object: "cookies", cookies: [...cookies(instance, token, 1), echo] });
  const answers = {
    sessionless: ok({ object: "cookies", cookies: [`__client_uat=0; Path=/`] }),
    empty: ok({ object: "cookies", cookies: [] }),
    cookieless: ok({ object: "cookies" }),
    refused: failure(401, "invalid_refresh_token"),
    ended: failure(422, "session_missing"),
    unexpected: failure(500, "unexpected_error"),
    errorless: { status: 500, body: {} },
    page: PAGE_OF_A_PROXY,
    hangup: HANG_UP,
  };
  return answers[call.refresh_token] ?? failure(401, "invalid_refresh_token");
}

/** The refresh tokens that have an answer of their own. */
export const REFRESH_TOKENS = [
  ...TOKEN_KINDS, "sessionless", "empty", "cookieless", "refused", "ended", "unexpected", "errorless", "page", "hangup",
];

/** What is wrong with the call, if anything: one that leaves something out must not look like one that does not. */
function complaintAbout(call) {
  if (call.format !== "cookie") return "format";
  if (call.suffixed !== null && call.suffixed !== "true") return "suffixed_cookies";
  const payload = Buffer.from(String(call.expired_token).split(".")[1] ?? "", "base64url").toString();
  const { sid } = JSON.parse(payload.replace("\ufeff", ""));
  if (decodeURIComponent(call.session) !== String(sid)) return "session";
  const headers = Object.entries(call.request_headers ?? {});
  const listed = headers.every(([name, values]) => name === name.toLowerCase() && Array.isArray(values));
  return listed && headers.some(([name]) => name === "host") ? undefined : "request_headers";
}
