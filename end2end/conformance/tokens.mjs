// Tokens as drafts: header, claims and key stay open to change until the request is written out.

import { createHmac, sign } from "node:crypto";

import { ELLIPTIC, SIGNERS, kidsOf } from "./keys.mjs";

/** The run's noon. Every request's own time lies seconds around it, so no key set grows old during a run. */
export const NOON = Date.parse("2026-01-15T12:00:00Z");

export const CATEGORY = {
  session: "cl_B7d4PD111AAA",
  template: "cl_B7d4PD222AAA",
  machine: "cl_B7d4PD333AAA",
  ignore: "cl_I7d4PD111III",
};

/** Seconds since 1970, as claims count them. */
export function seconds(milliseconds) {
  return Math.floor(milliseconds / 1000);
}

function draft(instance, claims, lifetime) {
  const [kid] = kidsOf(instance.owner);
  return {
    header: { alg: "RS256", cat: CATEGORY.session, kid, typ: "JWT" },
    claims: { ...claims, ...lifetime },
    signer: instance.owner,
    /** Replace the JSON of a part: a text, or what makes one of the JSON. */
    headerText: undefined,
    payloadText: undefined,
    /** Change the finished token. */
    edit: (token) => token,
  };
}

/** A session token that is valid at `now`. */
export function sessionToken(instance, now, origin) {
  const issuedAt = seconds(now) - 20;
  const claims = {
    azp: origin,
    fva: [1, -1],
    iss: `https://${instance.host}`,
    jti: "d5f3c0ffee",
    sid: "sess_2conformance",
    sts: "active",
    sub: "user_2conformance",
    v: 2,
  };
  return draft(instance, claims, { iat: issuedAt, nbf: issuedAt - 10, exp: issuedAt + 60 });
}

/** The payload of a handshake: cookies to set, each a complete `Set-Cookie` value or a function that makes one. */
export function handshakeToken(instance, directives) {
  return draft(instance, { handshake: directives }, {});
}

/** Moves the times of a token; the signature comes later. */
export function shift(token, by) {
  for (const claim of ["iat", "nbf", "exp"]) token.claims[claim] += by;
  return token;
}

export function expire(token) {
  return shift(token, -600);
}

const ellipticSignatures = new Map();

/** ECDSA signs differently each time; a request must be the same whenever it is made. */
function ellipticSignature(input) {
  const known = ellipticSignatures.get(String(input));
  const made = known ?? sign("sha256", input, { key: ELLIPTIC, dsaEncoding: "ieee-p1363" });
  ellipticSignatures.set(String(input), made);
  return made;
}

function signature(input, { header, signer }) {
  const { privateKey, publicPem } = SIGNERS[signer];
  switch (header?.alg) {
    case "none":
      return Buffer.alloc(0);
    case "HS256":
      // The classic confusion: the public key taken for a shared secret.
      return createHmac("sha256", publicPem).update(input).digest();
    case "ES256":
      return ellipticSignature(input);
    case "RS384":
      return sign("sha384", input, privateKey);
    case "RS512":
      return sign("sha512", input, privateKey);
    default:
      return sign("sha256", input, privateKey);
  }
}

/** The token as text. A text is taken for a finished one. */
export function encode(token) {
  if (typeof token === "string") return token;
  const input = partsOf(token).map((bytes) => bytes.toString("base64url")).join(".");
  return token.edit(`${input}.${signature(Buffer.from(input), token).toString("base64url")}`);
}

/** The bytes of header and payload. */
export function partsOf(token) {
  const claims = { ...token.claims };
  if (Array.isArray(claims.handshake)) claims.handshake = claims.handshake.map(written);
  return [part(token.header, token.headerText), part(claims, token.payloadText)];
}

function part(content, text) {
  const json = JSON.stringify(content);
  return Buffer.from(typeof text === "function" ? text(json) : (text ?? json));
}

function written(directive) {
  return typeof directive === "function" ? directive() : directive;
}

/** A `Set-Cookie` value that holds a token, signed only when it is written. */
export function cookieWith(name, token) {
  return () => `${name}=${encode(token)}; Path=/; SameSite=Lax; Max-Age=3600`;
}
