// What is meant to differ in how keys are found.

import { SHARED_KID } from "./keys.mjs";

/** The request with another secret key, so with another key set. */
function withSecret(request, pattern, replacement) {
  const secretKey = request.settings.secretKey.replace(pattern, replacement);
  return { ...request, settings: { ...request.settings, secretKey } };
}

const REFUSED = /_(nobody|revoked)$/;
const AWAY = /_(forbidden|broken|empty|keyless|otheralg|encryption|damaged|page|garbage|hangup)$/;

/** The reason of a token that cannot be verified; undefined if there are keys. */
export function reasonWithoutKeys({ settings: { jwtKey, secretKey } }) {
  if (jwtKey !== undefined) return undefined;
  if (REFUSED.test(secretKey)) return "secret-key-invalid";
  return AWAY.test(secretKey) ? "jwk-remote-failed-to-load" : undefined;
}

/** With the instance's keys: what is decided before keys are asked for is decided so without them, too. */
function withKeys(draft) {
  if (reasonWithoutKeys(draft)) draft.settings.secretKey = draft.instance.secretKey;
}

/** Reads a key id as one that nobody published, whether there are keys or not. */
const unknownIf = (isUnknown) => ({ header }, draft) => {
  if (!isUnknown(header)) return;
  header.kid = "ins_unknown";
  withKeys(draft);
};

const isRefused = (header) => ("typ" in header && header.typ !== "JWT") || header.alg !== "RS256" || "crit" in header;

export const KEY_DIFFERENCES = [
  {
    id: "header-before-keys",
    reason: "A header with a wrong `typ` or `alg` is refused before a key is looked for; the SDK looks for it first.",
    token({ header }, draft) {
      if (!isRefused(header)) return;
      header.kid = SHARED_KID;
      withKeys(draft);
    },
  },
  {
    id: "nameless-key",
    reason: "A token without `kid` fits no key, and none is asked for; the SDK looks for one called `undefined`.",
    token: unknownIf(({ kid }) => kid === undefined),
  },
  {
    id: "kid-is-text",
    reason: "A `kid` that is no text fits no key, and none is asked for; the SDK makes a text of it.",
    token: unknownIf(({ kid }) => kid !== undefined && typeof kid !== "string"),
  },
  {
    id: "kid-of-a-prototype",
    reason: "A `kid` such as `toString` is an unknown key; the SDK finds what JavaScript's objects inherit.",
    token({ header }) {
      if (typeof header.kid === "string" && header.kid in {}) header.kid = "ins_unknown";
    },
  },
  {
    id: "unusable-keys",
    reason: "A published key that is not for RS256 signatures is passed over; the SDK fails when it uses one.",
    request: (request) =>
      withSecret(withSecret(request, /_(otheralg|encryption|damaged)$/, "_broken"), /_mixed$/, ""),
  },
  {
    id: "keys-unreadable",
    reason:
      "Whatever keeps the keys away, the reason is `jwk-remote-failed-to-load`; the SDK says `unexpected-error` when " +
      "the answer is no JSON.",
    request: (request) => withSecret(request, /_(page|garbage|hangup)$/, "_broken"),
  },
];
