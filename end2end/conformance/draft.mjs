// A request in the making: scenarios and changes work on a draft, and `finish` writes it out.

import { NOON, encode } from "./tokens.mjs";

const HOST = "app.example.com";

/** An empty request to `instance`. */
export function newDraft(instance, choose) {
  return {
    choose,
    instance,
    now: NOON + choose.int(-20_000, 20_000),
    settings: { publishableKey: instance.publishableKey, secretKey: instance.secretKey },
    method: "GET",
    path: "/",
    query: [],
    headers: { host: HOST },
    /** By full name; a value is a text or a token. */
    cookies: new Map(),
    /** Raw pairs before and after the cookies above. */
    cookiesBefore: [],
    cookiesAfter: [],
    splitCookies: false,
    authorization: undefined,
    /** Every token that a change may touch. */
    tokens: [],
  };
}

/** The public origin of a draft without forwarded headers. */
export function originOf(draft) {
  return `http://${draft.headers.host}`;
}

export function suffixed(draft, name) {
  return `${name}_${draft.instance.suffix}`;
}

/** Sets a cookie in the family or families that clerk-js would have set. */
export function setCookie(draft, name, value, families) {
  if (families !== "suffixed") draft.cookies.set(name, value);
  if (families !== "plain") draft.cookies.set(suffixed(draft, name), value);
}

/** Sets, in every family that is there, or else in the one without suffix. */
export function replaceCookie(draft, name, value) {
  const present = [name, suffixed(draft, name)].filter((full) => draft.cookies.has(full));
  for (const full of present.length ? present : [name]) draft.cookies.set(full, value);
}

export function removeCookie(draft, name) {
  draft.cookies.delete(name);
  draft.cookies.delete(suffixed(draft, name));
}

export function asDocument(draft) {
  draft.headers["sec-fetch-dest"] = "document";
  draft.headers.accept = "text/html,application/xhtml+xml";
}

export function asData(draft) {
  draft.headers["sec-fetch-dest"] = "empty";
  draft.headers.accept = "application/json";
}

function cookieHeaders(draft) {
  const own = [...draft.cookies].map(([name, value]) => `${name}=${encode(value)}`);
  const pairs = [...draft.cookiesBefore, ...own, ...draft.cookiesAfter];
  if (pairs.length === 0) return [];
  const middle = Math.ceil(pairs.length / 2);
  const lines = draft.splitCookies && pairs.length > 1 ? [pairs.slice(0, middle), pairs.slice(middle)] : [pairs];
  return lines.map((line) => ["cookie", line.join("; ")]);
}

function written(fragment) {
  return typeof fragment === "function" ? fragment() : fragment;
}

/** The request as both sides get it. `changes` names what was done to the scenario's request. */
export function finish(draft, { index, scenario, changes }) {
  // No browser sends a quotation mark as it is.
  const query = draft.query.map((fragment) => written(fragment).replaceAll('"', "%22"));
  const headers = Object.entries(draft.headers).filter(([, value]) => value !== undefined);
  if (draft.authorization !== undefined) headers.push(["authorization", written(draft.authorization)]);
  headers.push(...cookieHeaders(draft));
  return {
    index,
    scenario,
    changes,
    instance: draft.instance,
    now: draft.now,
    settings: draft.settings,
    method: draft.method,
    scheme: "http",
    target: draft.path + (query.length ? `?${query.join("&")}` : ""),
    headers,
    /** The texts of the tokens that changes may touch. */
    tokens: () => draft.tokens.map(encode),
  };
}
