// What is meant to differ in how tokens are read.

import { isUtf8 } from "node:buffer";

import { withCookies } from "./differences-in-requests.mjs";
import { CATEGORY, encode, partsOf } from "./tokens.mjs";

const BROKEN_JSON = "{";

/** Reads a token as one whose header and payload are not JSON, if either part is broken. */
const brokenIf = (isBroken) => (token) => {
  if (partsOf(token).some(isBroken)) Object.assign(token, { headerText: BROKEN_JSON, payloadText: BROKEN_JSON });
};

function jsonOf(bytes) {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return {};
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isOddlyEncoded = (bytes) => !isUtf8(bytes) || bytes.toString().startsWith("\ufeff");

/** Reads claims: changes what a token says. */
const claims = (read) => (token) => read(token.claims);

/** Reads claims as absent unless they are text. */
const absentUnlessText = (...names) => claims((payload) => {
  for (const name of names) {
    if (typeof payload[name] !== "string") delete payload[name];
  }
});

/** Base64url whose padding is neither complete nor absent. */
function badlyPadded(token) {
  const signature = encode(token).split(".").at(-1);
  return signature.endsWith("=") && (signature.length % 4 !== 0 || signature.endsWith("==="));
}

/** What the SDK takes for a token of any kind. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

function isMachines({ header, claims: { sub } }) {
  return String(sub).startsWith("mch_") || ["at+jwt", "application/at+jwt"].includes(header.typ);
}

const KILOBYTE = 1024;
/** A payload of a handshake holds several tokens. */
const limitOf = (token) => (token.claims.handshake ? 32 : 8) * KILOBYTE;

const TIMES = ["exp", "nbf", "iat"];
/** The last second that JavaScript has a date for. */
const END_OF_DATES = 8.64e12;

const withinDates = (seconds) => Math.max(-END_OF_DATES, Math.min(END_OF_DATES, seconds));

function wholeSeconds(payload) {
  for (const name of TIMES.filter((known) => typeof payload[known] === "number")) {
    // A clock that shows whole seconds reaches a fraction with the second that follows it.
    payload[name] = withinDates(Math.ceil(payload[name]));
  }
}

/** Keeps what comes after a token's time after it. */
const uatWithinDates = (value) => (Number(value) > END_OF_DATES ? String(END_OF_DATES) : value);

/** Something that is neither a number nor turned into one. */
const NO_NUMBER = {};

function timesOrNothing(payload) {
  for (const name of TIMES) {
    if (name in payload && typeof payload[name] !== "number") payload[name] = NO_NUMBER;
  }
}

/** Where the other family's token is the newer of two, this one is the oldest there can be, and never verified. */
function oldestOfTwo(token) {
  if (!("iat" in token.claims) || typeof token.claims.iat === "number") return;
  token.claims.iat = 0;
  token.signer = "stranger";
}

/** Without an organization, unless it has an id. */
function organizationOrNothing(payload) {
  if (typeof payload.o?.id !== "string" || payload.o.id === "") delete payload.o;
}

export const TOKEN_DIFFERENCES = [
  {
    id: "only-rs256",
    reason: "Clerk signs with RS256 alone; the SDK lets RS384 and RS512 through to the key, which may take them.",
    token({ header }) {
      if (["RS384", "RS512"].includes(header.alg)) header.alg = "PS256";
    },
  },
  {
    id: "critical-extensions",
    reason: "A token that asks for extensions to be understood (`crit`, RFC 7515) is refused; the SDK ignores that.",
    token({ header }) {
      if ("crit" in header) header.alg = "PS256";
    },
  },
  {
    id: "large-tokens",
    reason: "A token above 8 kB is refused unread; the SDK reads any size.",
    token(token) {
      if (encode(token).length > limitOf(token)) token.edit = () => "too.large";
    },
  },
  {
    id: "parts-are-objects",
    reason:
      "A token whose header or payload is JSON, but no object, is invalid; the SDK looks for claims in it, and " +
      "crashes on `null`.",
    signsIn: "Another token of the request is valid: that of a handshake, or of the cookies next to its payload.",
    token: brokenIf((bytes) => !isObject(jsonOf(bytes))),
  },
  {
    id: "strict-encoding",
    reason: "A token is base64url of JSON in UTF-8, without a byte order mark; the SDK lets odd padding and bytes by.",
    signsIn: "Another token of the request is valid: that of a handshake, or of the cookies next to its payload.",
    token(token) {
      brokenIf(isOddlyEncoded)(token);
      if (badlyPadded(token)) token.edit = () => "badly.padded";
    },
  },
  {
    id: "exact-times",
    reason: "Times are numbers, fractions included; the SDK cuts them to seconds and lets those beyond any date pass.",
    signsIn: "A token lives until the fraction of a second that it names (RFC 7519, NumericDate).",
    token: claims(wholeSeconds),
    request: (request) => withCookies(request, "__client_uat", uatWithinDates),
  },
  {
    id: "times-are-numbers",
    reason:
      "A time that is no number is refused when the token is verified, and is no time before; the SDK turns anything " +
      "into a number to compare it.",
    signsIn:
      "Only a token that the Backend API renewed, or the valid one in the other family of cookies, signs anybody in.",
    token: [claims(timesOrNothing), oldestOfTwo],
  },
  {
    id: "subject-empty",
    reason: "A token about nobody (`sub` is empty) is refused; the SDK takes it for a signed-in user without id.",
    signsIn: "Another token of the request is valid, and about somebody.",
    token: claims((payload) => {
      if (payload.sub === "") payload.sub = 0;
    }),
  },
  {
    id: "unsigned-machine-tokens",
    reason: "A machine's token is one however it is signed; the SDK takes it for a session's if it looks unsigned.",
    token(token) {
      if (isMachines(token) && !JWT.test(encode(token))) token.header.cat = CATEGORY.machine;
    },
  },
  {
    id: "session-is-text",
    reason: "A session's id (`sid`) and status (`sts`) that are no text are absent; the SDK passes them on.",
    token: absentUnlessText("sid", "sts"),
  },
  {
    id: "organization-has-an-id",
    reason: "An organization (`o`) without an id is none; the SDK shows its role and permissions all the same.",
    token: claims(organizationOrNothing),
  },
  {
    id: "permissions-are-a-list",
    reason: "Permissions (`org_permissions`) that are no list are none; the SDK passes them on as they are.",
    token: claims((payload) => {
      if ("org_permissions" in payload && !Array.isArray(payload.org_permissions)) payload.org_permissions = [];
    }),
  },
  {
    id: "features-have-scopes",
    reason: "Features (`fea`) that are no text, or without a scope, are nobody's; the SDK crashes on them.",
    signsIn: "The token is verified; it only grants no feature, and no permission that hangs on one.",
    token: claims((payload) => {
      if (typeof payload.fea !== "string") delete payload.fea;
      else payload.fea = payload.fea.split(",").filter((entry) => entry.includes(":")).join(",");
    }),
  },
];
