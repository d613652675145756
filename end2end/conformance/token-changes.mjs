// What can be wrong, or merely unusual, about a token. Each change is `(token, draft, choose) => void`.

import { originOf } from "./draft.mjs";
import { SHARED_KID } from "./keys.mjs";
import { withOrganization } from "./scenarios.mjs";
import { CATEGORY, expire, seconds } from "./tokens.mjs";

const SKEW = 5;

const claim = (name, value) => (token) => {
  token.claims[name] = value;
};
const header = (name, value) => (token) => {
  token.header[name] = value;
};
const without = (part, name) => (token) => {
  delete token[part][name];
};
const payload = (text) => (token) => {
  token.payloadText = text;
};
const edit = (change) => (token) => {
  token.edit = change;
};
const parts = (change) => edit((text) => change(...text.split(".")));

/** One change for each of the named values. */
function each(prefix, values, change) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}-${name}`, change(value)]));
}

const CLAIMS = ["azp", "exp", "fva", "iat", "iss", "jti", "nbf", "sid", "sts", "sub", "v"];
const WRONG_TYPES = { null: null, true: true, number: 7, text: "7", list: ["7"], object: { a: 7 }, empty: "", zero: 0 };

function wrongTypes() {
  return Object.assign({}, ...CLAIMS.map((name) => each(`${name}-is`, WRONG_TYPES, (value) => claim(name, value))));
}

const missingClaims = Object.fromEntries(CLAIMS.map((name) => [`${name}-missing`, without("claims", name)]));

/** A time claim at a distance from the whole second that the request's clock then shows. */
const at = (name, distance) => (token, draft) => {
  draft.now = seconds(draft.now) * 1000;
  token.claims[name] = seconds(draft.now) + distance;
};

const times = {
  "exp-at-the-skew": at("exp", -SKEW),
  "exp-second-before-the-skew": at("exp", -SKEW + 1),
  "exp-second-after-the-skew": at("exp", -SKEW - 1),
  "nbf-at-the-skew": at("nbf", SKEW),
  "nbf-second-within-the-skew": at("nbf", SKEW - 1),
  "nbf-second-beyond-the-skew": at("nbf", SKEW + 1),
  "iat-at-the-skew": at("iat", SKEW),
  "iat-second-within-the-skew": at("iat", SKEW - 1),
  "iat-second-beyond-the-skew": at("iat", SKEW + 1),
  "nbf-ahead": at("nbf", 600),
  "iat-ahead": at("iat", 600),
  "exp-long-ago": (token) => expire(token),
  "exp-with-a-fraction": at("exp", -SKEW + 0.5),
  "nbf-with-a-fraction": at("nbf", SKEW + 0.5),
  "iat-with-a-fraction": at("iat", SKEW + 0.5),
  "exp-in-milliseconds": (token) => claim("exp", token.claims.exp * 1000)(token),
  "exp-negative": claim("exp", -1),
  "exp-beyond-any-date": claim("exp", 1e300),
  "exp-before-any-date": claim("exp", -1e300),
  "nbf-beyond-any-date": claim("nbf", 1e300),
  "iat-beyond-any-date": claim("iat", 1e300),
  "iat-before-the-client": (token) => claim("iat", token.claims.iat - 1)(token),
};

const parties = {
  "azp-foreign": claim("azp", "https://evil.example"),
  "azp-with-a-slash": (token, draft) => claim("azp", `${originOf(draft)}/`)(token),
  "iss-foreign": claim("iss", "https://clerk.somebody-else.example"),
  "iss-over-http": (token, draft) => claim("iss", `http://${draft.instance.host}`)(token),
  "iss-without-scheme": (token, draft) => claim("iss", draft.instance.host)(token),
  "iss-with-a-slash": (token, draft) => claim("iss", `https://${draft.instance.host}/`)(token),
  "iss-in-capitals": (token, draft) => claim("iss", `HTTPS://${draft.instance.host.toUpperCase()}`)(token),
  "sub-of-a-machine": claim("sub", "mch_2conformance"),
  "sub-of-a-machine-unsigned": (token) => {
    token.claims.sub = "mch_2conformance";
    parts((h, p) => `${h}.${p}.`)(token);
  },
  "aud-present": claim("aud", "https://api.example.com"),
  "actor": claim("act", { sub: "user_2support" }),
};

const keys = {
  "kid-unknown": header("kid", "ins_unknown"),
  "kid-own": (token, draft) => header("kid", `ins_conformance_${draft.instance.owner}`)(token),
  "kid-missing": without("header", "kid"),
  "kid-empty": header("kid", ""),
  "kid-null": header("kid", null),
  "kid-number": header("kid", 7),
  "kid-a-list": header("kid", [SHARED_KID]),
  "kid-of-a-prototype": header("kid", "toString"),
  "kid-the-prototype": header("kid", "__proto__"),
  "kid-elliptic": header("kid", "ins_elliptic"),
  "signed-by-a-stranger": (token) => {
    token.signer = "stranger";
  },
  "signed-by-the-other-instance": (token) => {
    token.signer = token.signer === "a" ? "b" : "a";
  },
  "kid-and-key-of-the-other-instance": (token) => {
    token.signer = token.signer === "a" ? "b" : "a";
    token.header.kid = `ins_conformance_${token.signer}`;
  },
};

const ALGORITHMS = {
  none: "none", hs256: "HS256", rs384: "RS384", rs512: "RS512", es256: "ES256", ps256: "PS256",
  lowercase: "rs256", null: null, empty: "", "a-list": ["RS256"],
};

const headers = {
  ...each("alg", ALGORITHMS, (alg) => header("alg", alg)),
  "alg-missing": without("header", "alg"),
  ...each("typ", { lowercase: "jwt", empty: "", null: null, number: 7, other: "JOSE" }, (typ) => header("typ", typ)),
  "typ-missing": without("header", "typ"),
  "typ-of-oauth": header("typ", "at+jwt"),
  "typ-of-oauth-in-full": header("typ", "application/at+jwt"),
  ...each("cat", CATEGORY, (category) => header("cat", category)),
  ...each("cat", { unknown: "cl_unknown", empty: "", null: null, number: 7 }, (category) => header("cat", category)),
  "cat-missing": without("header", "cat"),
  "crit-known": (token) => Object.assign(token.header, { crit: ["b64"], b64: true }),
  "crit-unknown": header("crit", ["exp"]),
  "crit-empty": header("crit", []),
  "crit-null": header("crit", null),
  "header-extended": (token) => Object.assign(token.header, { oiat: 1, jku: "https://evil.example/keys" }),
};

function flip(text, position) {
  const other = text.at(position) === "A" ? "B" : "A";
  const index = position < 0 ? text.length + position : position;
  return text.slice(0, index) + other + text.slice(index + 1);
}

const signatures = {
  "signature-flipped": parts((h, p, s) => `${h}.${p}.${flip(s, 10)}`),
  "signature-last-letter-flipped": parts((h, p, s) => `${h}.${p}.${flip(s, -2)}`),
  "signature-with-stray-bits": parts((h, p, s) => `${h}.${p}.${s.slice(0, -1)}${strayed(s.at(-1))}`),
  "signature-cut": parts((h, p, s) => `${h}.${p}.${s.slice(0, -4)}`),
  "signature-one-letter-short": parts((h, p, s) => `${h}.${p}.${s.slice(0, -1)}`),
  "signature-empty": parts((h, p) => `${h}.${p}.`),
  "signature-longer": parts((h, p, s) => `${h}.${p}.${s.slice(0, -2)}AAAA`),
  "signature-padded": parts((h, p, s) => `${h}.${p}.${s}==`),
  "signature-overpadded": parts((h, p, s) => `${h}.${p}.${s}====`),
  "signature-not-base64": parts((h, p) => `${h}.${p}.!!!!`),
  "signature-in-plain-base64": parts((h, p, s) => `${h}.${p}.${s.replaceAll("-", "+").replaceAll("_", "/")}`),
  "payload-changed-after-signing": parts((h, p, s) => `${h}.${flip(p, 20)}.${s}`),
};

/** The same byte with unused bits set: base64url that a strict reader refuses. */
function strayed(letter) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return letters[letters.indexOf(letter) | 1];
}

const forms = {
  "payload-null": payload("null"),
  "payload-a-list": payload("[]"),
  "payload-a-text": payload('"text"'),
  "payload-a-number": payload("7"),
  "payload-empty": payload(""),
  "payload-an-empty-object": payload("{}"),
  "payload-not-json": payload("{not json"),
  "payload-with-spaces": payload((json) => ` ${json}\n`),
  "payload-with-a-byte-order-mark": payload((json) => `\ufeff${json}`),
  "payload-with-rest": payload((json) => `${json}x`),
  "payload-not-utf8": payload((json) => Buffer.from(json.replace("{", '{"name":"\u00e9",'), "latin1")),
  "payload-with-two-subs": payload((json) => json.replace("{", '{"sub":"user_2first",')),
  "payload-in-unicode": claim("name", "Zoë ✓ 😀"),
  "header-null": (token) => Object.assign(token, { headerText: "null" }),
  "header-a-list": (token) => Object.assign(token, { headerText: "[]" }),
  "header-a-text": (token) => Object.assign(token, { headerText: '"RS256"' }),
  "header-not-json": (token) => Object.assign(token, { headerText: "{" }),
  "header-with-two-algs": (token) => {
    token.headerText = (json) => json.replace("{", '{"alg":"none",');
  },
  "token-of-two-parts": parts((h, p) => `${h}.${p}`),
  "token-of-four-parts": edit((text) => `${text}.e30`),
  "token-of-dots": edit(() => ".."),
  "token-cut": edit((text) => text.slice(0, 40)),
  "token-of-another-kind": edit(() => "mt_2conformance"),
  "token-empty": edit(() => ""),
  "token-encoded": edit((text) => text.replace(".", "%2E")),
  "token-quoted": edit((text) => `"${text}"`),
  // As large as a cookie can be; a handshake's payload holds it twice.
  "token-large": claim("padding", "x".repeat(2400)),
  "token-oversized": claim("padding", "x".repeat(6500)),
};

const organization = (change) => (token, _draft, choose) => {
  token.claims.v = 2;
  withOrganization(token, { ...choose, chance: () => true });
  change(token.claims);
};
const own = (name, value) => organization((claims) => Object.assign(claims.o, { [name]: value }));

const organizations = {
  "organization": (token, _draft, choose) => withOrganization(token, choose),
  "organization-without-features": organization((claims) => delete claims.fea),
  "organization-without-role": organization((claims) => delete claims.o.rol),
  "organization-without-slug": organization((claims) => delete claims.o.slg),
  "organization-without-id": organization((claims) => delete claims.o.id),
  "organization-without-permissions": organization((claims) => delete claims.o.per),
  "organization-null": claim("o", null),
  "organization-a-text": claim("o", "org_2conformance"),
  "organization-empty": claim("o", {}),
  "organization-in-version-1": organization((claims) => delete claims.v),
  "organization-in-version-3": organization((claims) => Object.assign(claims, { v: 3 })),
  "organization-of-both-versions": organization((claims) => Object.assign(claims, { org_id: "org_2old" })),
  "permissions-zero": own("fpm", "0,0"),
  "permissions-short": own("fpm", "1"),
  "permissions-long": own("fpm", "3,3,3,3"),
  "permissions-beyond-their-names": own("fpm", "255,255"),
  "permissions-not-a-number": own("fpm", "x,3"),
  "permissions-negative": own("fpm", "-1,3"),
  "permissions-hexadecimal": own("fpm", "0x3,3"),
  "permissions-spaced": organization((claims) => Object.assign(claims.o, { per: " read , manage ", fpm: " 3 , 1 " })),
  "permissions-beyond-53-bits": organization((claims) => {
    claims.o.per = Array.from({ length: 70 }, (_, bit) => `p${bit}`).join(",");
    claims.o.fpm = `${2n ** 69n + 1n},1`;
  }),
  "role-with-its-prefix": own("rol", "org:admin"),
  "features-of-users-only": organization((claims) => Object.assign(claims, { fea: "u:chat" })),
  "features-of-unknown-scope": organization((claims) => Object.assign(claims, { fea: "x:a,o:dashboard" })),
  "features-without-scope": organization((claims) => Object.assign(claims, { fea: "dashboard" })),
  "features-a-list": organization((claims) => Object.assign(claims, { fea: ["o:dashboard"] })),
  "old-permissions-a-text": (token) => {
    delete token.claims.v;
    Object.assign(token.claims, { org_id: "org_2conformance", org_permissions: "org:a:b" });
  },
  "session-pending": claim("sts", "pending"),
  "session-of-unknown-status": claim("sts", "sleeping"),
};

export const TOKEN_CHANGES = {
  ...wrongTypes(),
  ...missingClaims,
  ...times,
  ...parties,
  ...keys,
  ...headers,
  ...signatures,
  ...forms,
  ...organizations,
};
