// What can be unusual about a request around its tokens. Each change is `(draft, choose) => void`.

import { asData, asDocument, originOf, removeCookie, replaceCookie, setCookie, suffixed } from "./draft.mjs";
import { INSTANCES, jwtKeyOf } from "./keys.mjs";
import { KEY_SET_MOODS } from "./mock-backend-api.mjs";
import { withOrganization } from "./scenarios.mjs";
import { encode, sessionToken } from "./tokens.mjs";

const setting = (name, value) => (draft) => {
  draft.settings[name] = value;
};
const header = (name, value) => (draft) => {
  draft.headers[name] = value;
};
const cookie = (name, value) => (draft) => replaceCookie(draft, name, value);
const query = (fragment) => (draft) => draft.query.push(fragment);
const path = (value) => (draft) => {
  draft.path = value;
};
const method = (value) => (draft) => {
  draft.method = value;
};
const all = (...changes) => (draft, choose) => changes.forEach((change) => change(draft, choose));

/** A change named after each of the values. */
function each(prefix, values, change) {
  return Object.fromEntries(values.map((value) => [`${prefix} ${value}`, change(value)]));
}

const methods = each("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"], method);

const PATHS = [
  "/dashboard", "/a%20b", "/caf%C3%A9", "/a/../b", "/a/./b", "/%2e%2e/b", "/a//b", "/a;b=c", "/a'b", "/a|b",
  "/a%00b", "/%zz", "/https://evil.example", "/*", "/a:b@c", "/.", "/~a", "/a{b}",
];
const paths = {
  ...each("path", PATHS, path),
  "path with a backslash": path("/a\\b"),
  "path of two slashes": path("//evil.example/x"),
  "path of three slashes": path("///evil.example/x"),
  "path of slash and backslash": path("/\\evil.example/x"),
  "path of two slashes, behind a proxy": all(
    path("//evil.example/x"), header("x-forwarded-proto", "https"), header("x-forwarded-host", "www.example.com")),
  "path of two slashes, host in capitals": all(path("//evil.example/x"), header("host", "APP.example.com")),
};

const QUERIES = [
  "a=1", "a=1&a=2", "q=a%20b+c", "x=%26%3D", "empty=", "flag", "=", "&&", "?", "a=%zz", "a=caf%C3%A9", "a='",
  "redirect_url=x", "__session=x", "__clerk_help=1", "__dev_session=dvb_2legacy", "__clerk_status=needs-sync",
  "__clerk_db_jwt=dvb_2query", "__clerk_db_jwt=", "%5F_clerk_db_jwt=dvb_2odd", "__clerk_db_jwt=one&__clerk_db_jwt=two",
  "__clerk_synced=true", "__clerk_synced=false", "__clerk_synced=", "__clerk_handshake=", "__clerk_handshake=garbage",
  "__clerk_handshake_nonce=", "__clerk_handshake_nonce=good", "__clerk_handshake_nonce=missing",
];
const redirectBack = (url) => query(`__clerk_redirect_url=${encodeURIComponent(url)}`);
const queries = {
  ...each("query", QUERIES, query),
  ...each("redirect back to", [
    "https://satellite.example.net/x", "https://satellite.example.net/x?__clerk_synced=false&__clerk_db_jwt=old",
    "https://SATELLITE.example.net", "/relative", "//evil.example", "not a url", "javascript:alert(1)", "",
  ], redirectBack),
};

const ACCEPTS = [
  "text/html", "text/html;q=0.9", "application/json, text/html", "*/*", "TEXT/HTML", "", "text/htmlx",
];
const DESTINATIONS = ["iframe", "frame", "image", "script", "DOCUMENT", "document, iframe", ""];
const documents = {
  "as a document": asDocument,
  "as data": asData,
  ...each("sec-fetch-dest", DESTINATIONS, (value) => header("sec-fetch-dest", value)),
  "sec-fetch-dest missing": header("sec-fetch-dest", undefined),
  ...each("accept only", ACCEPTS, (value) => all(header("sec-fetch-dest", undefined), header("accept", value))),
  "accept nothing": all(header("sec-fetch-dest", undefined), header("accept", undefined)),
};

const REFERERS = [
  "https://elsewhere.example/", "https://elsewhere.example", "not a url", "", "about:blank", "null",
  "android-app://com.example",
  "https://accounts.evil.example/", "https://calm-otter-1.accounts.dev/sign-in", "https://any-other-2.accounts.dev",
  "https://clerk.evil.accounts.dev/", "https://accounts.brave-lynx-2.lcl.dev/", "https://evil.accounts.dev.example/",
  "https://accounts.example.com/sign-in", "http://accounts.example.com/", "https://accounts.example.com:8443/",
  "https://x.accountsstage.dev/", "https://x.accounts.lclclerk.com/", "https://x.clerk.accounts.lclclerk.com/",
  "https://accounts.x.lclstage.dev/", "https://accounts.x.lclclerk.com/",
];
const referers = {
  ...each("referer", REFERERS, (value) => header("referer", value)),
  "referer our own": (draft) => header("referer", `${originOf(draft)}/before`)(draft),
  "referer our own in capitals": (draft) => header("referer", originOf(draft).toUpperCase())(draft),
  "referer our own with the default port": (draft) => header("referer", `${originOf(draft)}:80/`)(draft),
  "referer our own over https": (draft) => header("referer", originOf(draft).replace("http:", "https:"))(draft),
  "referer the Frontend API": (draft) => header("referer", `https://${draft.instance.host}/v1`)(draft),
  "referer the proxied Frontend API": all(
    setting("proxyUrl", "https://proxy.example.org/clerk"), header("referer", "https://proxy.example.org/clerk/v1")),
};

const forwarded = (proto, host) =>
  all(header("x-forwarded-proto", proto), header("x-forwarded-host", host));
const HOSTS = ["localhost:3000", "127.0.0.1:8080", "APP.example.com", "app.example.com:80", "[::1]:3000"];
const hosts = {
  ...each("host", HOSTS, (value) => header("host", value)),
  "behind a proxy": forwarded("https", "www.example.com"),
  "behind two proxies": forwarded("https,http", "www.example.com, inner.example.com"),
  "behind a proxy, spaced list": forwarded("https , http", "www.example.com , inner.example.com"),
  "behind a proxy with a port": forwarded("https", "www.example.com:8443"),
  "behind a proxy with the default port": forwarded("https", "www.example.com:443"),
  "behind a proxy that says https": forwarded("https", undefined),
  "behind a proxy that says http": forwarded("http", undefined),
  "behind a proxy that names a host": forwarded(undefined, "www.example.com"),
  "behind a proxy, empty host": forwarded("https", ""),
  "behind a proxy, empty scheme": forwarded("", "www.example.com"),
  "behind a proxy, impossible host": forwarded("https", "not a host"),
  "behind a proxy, host with a path": forwarded("https", "www.example.com/path"),
  "behind a proxy, host with a user": forwarded("https", "user@www.example.com"),
  "behind a proxy, odd scheme": forwarded("javascript", "www.example.com"),
  "behind a proxy, impossible scheme": forwarded("1:/", "www.example.com"),
  "behind CloudFront": header("cloudfront-forwarded-proto", "https"),
};

const authorization = (write) => (draft) => {
  if (draft.tokens.length === 0) draft.tokens.push(sessionToken(draft.instance, draft.now, originOf(draft)));
  const [token] = draft.tokens;
  draft.authorization = () => write(encode(token));
};
const BEARERS = ["mt_2x", "oat_2x", "ak_2x", "garbage", "a.b.c", "..", "null", "undefined"];
const authorizations = {
  "authorization Bearer": authorization((token) => `Bearer ${token}`),
  "authorization bearer": authorization((token) => `bearer ${token}`),
  "authorization BEARER": authorization((token) => `BEARER ${token}`),
  "authorization Basic": authorization(() => "Basic dXNlcjpwYXNz"),
  "authorization raw": authorization((token) => token),
  "authorization with two spaces": authorization((token) => `Bearer  ${token}`),
  "authorization with a tab": authorization((token) => `Bearer\t${token}`),
  "authorization with a rest": authorization((token) => `Bearer ${token} rest`),
  "authorization with a comma": authorization((token) => `Bearer ${token}, Bearer x`),
  "authorization with a space before": authorization((token) => ` Bearer ${token}`),
  "authorization empty": authorization(() => ""),
  "authorization Bearer alone": authorization(() => "Bearer"),
  "authorization Bearer and a space": authorization(() => "Bearer "),
  ...each("authorization Bearer", BEARERS, (token) => authorization(() => `Bearer ${token}`)),
  "authorization gone": (draft) => {
    draft.authorization = undefined;
  },
};

const now = (draft) => Math.floor(draft.now / 1000);
const UATS = [
  "0", "1", "00", "-0", "-1", "+1", " 1", "1.5", "1e3", "12abc", "0abc", "0x10", "abc", "NaN", "",
  "99999999999999999999",
];
const COUNTS = [
  "0", "1", "2", "3", "4", "7", "3.0", "0x3", "03", " 3", "+3", "3abc", "abc", "", "-1", "1e0", "2.5", "Infinity",
  "99999999999",
];
const cookies = {
  ...each("client_uat", UATS, (value) => cookie("__client_uat", encodeURIComponent(value))),
  "client_uat missing": (draft) => removeCookie(draft, "__client_uat"),
  "client_uat later": (draft) => cookie("__client_uat", String(now(draft) + 100))(draft),
  "client_uat of one family zero": (draft, choose) =>
    setCookie(draft, "__client_uat", "0", choose.pick(["plain", "suffixed"])),
  "session missing": (draft) => removeCookie(draft, "__session"),
  "session garbage": cookie("__session", "garbage"),
  "session of another instance without suffix": (draft, choose) => {
    const other = choose.pick(Object.values(INSTANCES));
    draft.cookies.set("__session", sessionToken(other, draft.now, originOf(draft)));
  },
  "session of another instance's family": (draft) => {
    draft.cookies.set("__session_5-vTXZjX", "garbage");
    draft.cookies.set("__client_uat_5-vTXZjX", "0");
  },
  "dev browser missing": (draft) => removeCookie(draft, "__clerk_db_jwt"),
  "dev browser present": cookie("__clerk_db_jwt", "dvb_2present"),
  "dev browser empty": cookie("__clerk_db_jwt", ""),
  "dev browser encoded": cookie("__clerk_db_jwt", "dvb%202%2Bx%26y"),
  "refresh cookie": (draft) => draft.cookies.set(suffixed(draft, "__refresh"), "good"),
  "refresh cookie without suffix": (draft) => draft.cookies.set("__refresh", "good"),
  "refresh cookie empty": (draft) => draft.cookies.set(suffixed(draft, "__refresh"), ""),
  "handshake cookie garbage": (draft) => draft.cookies.set("__clerk_handshake", "garbage"),
  "handshake cookie empty": (draft) => draft.cookies.set("__clerk_handshake", ""),
  "nonce cookie": (draft) => draft.cookies.set("__clerk_handshake_nonce", "good"),
  ...each("redirect_count", COUNTS, (value) => cookie("__clerk_redirect_count", encodeURIComponent(value))),
};

const before = (...pairs) => (draft) => draft.cookiesBefore.push(...pairs);
const after = (...pairs) => (draft) => draft.cookiesAfter.push(...pairs);
const cookieHeader = {
  "cookie session first empty": before("__session="),
  "cookie session first garbage": before("__session=garbage"),
  "cookie session twice": after("__session=garbage"),
  "cookie suffixed session first garbage": (draft) => before(`${suffixed(draft, "__session")}=garbage`)(draft),
  "cookie uat first zero": before("__client_uat=0"),
  "cookie suffixed uat first zero": (draft) => before(`${suffixed(draft, "__client_uat")}=0`)(draft),
  "cookie forged by encoding": before("theirs=1%3B%20__session=forged%3B%20__client_uat=0"),
  "cookie of raw bytes": before("theirs=caf\u00e9"),
  "cookie of raw UTF-8": before(`theirs=${Buffer.from("café").toString("latin1")}`),
  "cookie badly encoded": before("theirs=%zz%", "__clerk_db_jwt_x=%E9"),
  "cookie without a value": before("flag", "", "="),
  "cookie with a quoted value": before('theirs="a; __session=b"'),
  "cookie with quotes around the uat": cookie("__client_uat", '"1"'),
  "cookie with quotes around the dev browser": cookie("__clerk_db_jwt", '"dvb_2quoted"'),
  "cookie with spaces": before(" theirs = 1 ", "\ttabbed\t=\t2"),
  "cookie with equal signs": before("theirs=a=b==", "=nameless"),
  "cookie names in capitals": after("__SESSION=garbage", "__Client_Uat=0"),
  "cookie named like a prototype": before("__proto__=1", "constructor=2", "toString=3"),
  "cookie header in two lines": (draft) => {
    draft.splitCookies = true;
  },
  "cookie dev browser badly encoded": cookie("__clerk_db_jwt", "dvb%E9%zz"),
  "cookies shuffled": (draft, choose) => {
    draft.cookies = new Map(choose.shuffle([...draft.cookies]));
  },
};

const PROXIES = [
  "/__clerk", "/clerk/", "/", "https://proxy.example.org/clerk", "https://proxy.example.org/clerk//",
  "https://proxy.example.org", "http://app.example.com/__clerk", "http://app.example.com:80/__clerk",
  "proxy.example.org/clerk",
];
const PRIMARY = "https://primary.example/sign-in";
const satellite = (signInUrl, domain = "satellite.example.net") =>
  all(setting("isSatellite", true), setting("domain", domain), setting("signInUrl", signInUrl));
const patterns = (organizationPatterns, personalAccountPatterns) =>
  setting("organizationSyncOptions", { organizationPatterns, personalAccountPatterns });
const inOrganization = (draft, choose) => draft.tokens.forEach((token) => withOrganization(token, choose));
const jwtKeyOfOther = ({ instance }) => jwtKeyOf(instance.owner === "a" ? "b" : "a");
const settings = {
  ...each("key set", KEY_SET_MOODS, (mood) => (draft) => {
    draft.settings.secretKey = `${draft.instance.secretKey}_${mood}`;
  }),
  "secret key unknown": setting("secretKey", "sk_test_nobody"),
  "secret key of the other instance": (draft) => {
    const owner = draft.instance.owner === "a" ? "b" : "a";
    draft.settings.secretKey = draft.instance.secretKey.replace(/.$/, owner);
  },
  "secret key of the other kind": (draft) => {
    const other = { test: "live", live: "test" };
    draft.settings.secretKey = draft.instance.secretKey.replace(/test|live/, (kind) => other[kind]);
  },
  "jwt key": (draft) => setting("jwtKey", jwtKeyOf(draft.instance.owner))(draft),
  "jwt key of the other instance": (draft) => setting("jwtKey", jwtKeyOfOther(draft))(draft),
  "jwt key and a token without kid": (draft) => {
    setting("jwtKey", jwtKeyOf(draft.instance.owner))(draft);
    for (const token of draft.tokens) delete token.header.kid;
  },
  "jwt key and a token of unknown kid": (draft) => {
    setting("jwtKey", jwtKeyOf(draft.instance.owner))(draft);
    for (const token of draft.tokens) token.header.kid = "ins_unknown";
  },
  "key set nameless and a token without kid": (draft) => {
    draft.settings.secretKey = `${draft.instance.secretKey}_nameless`;
    for (const token of draft.tokens) delete token.header.kid;
  },
  "tokens without kid": (draft) => {
    for (const token of draft.tokens) delete token.header.kid;
  },
  ...each("key set without alg and", ["RS384", "RS512", "PS256"], (alg) => (draft) => {
    draft.settings.secretKey = `${draft.instance.secretKey}_noalg`;
    for (const token of draft.tokens) token.header.alg = alg;
  }),
  "authorized parties": (draft) => setting("authorizedParties", [originOf(draft)])(draft),
  "authorized parties, two": (draft) => setting("authorizedParties", ["https://other.example", originOf(draft)])(draft),
  "authorized parties, others": setting("authorizedParties", ["https://other.example"]),
  "authorized parties and no azp": (draft) => {
    setting("authorizedParties", [originOf(draft)])(draft);
    for (const token of draft.tokens) delete token.claims.azp;
  },
  ...each("proxy", PROXIES, (url) => setting("proxyUrl", url)),
  "relative proxy behind a proxy": all(setting("proxyUrl", "/__clerk"), forwarded("https", "www.example.com")),
  "domain without satellite": setting("domain", "satellite.example.net"),
  "satellite": satellite(PRIMARY),
  "satellite without domain": all(satellite(PRIMARY), setting("domain", undefined), setting("proxyUrl", undefined)),
  "satellite without sign-in URL": satellite(undefined),
  "satellite with sign-in URL of its own origin": (draft) => satellite(`${originOf(draft)}/sign-in`)(draft),
  "satellite with a relative sign-in URL": satellite("/sign-in"),
  "satellite in a port's domain": satellite(PRIMARY, "localhost:3001"),
  "auto sync": setting("satelliteAutoSync", true),
  "auto sync off": setting("satelliteAutoSync", false),
  "sign-in URL": setting("signInUrl", PRIMARY),
  "origin our own": (draft) => header("origin", originOf(draft))(draft),
  "origin of the sign-in URL": header("origin", "https://primary.example"),
  "origin foreign": header("origin", "https://elsewhere.example"),
  "origin null": header("origin", "null"),
  "organization sync of nothing": setting("organizationSyncOptions", {}),
  "organization sync by id": patterns(["/organizations/:id", "/organizations/:id/(.*)"]),
  "organization sync by slug": patterns(["/orgs/:slug", "/orgs/:slug/(.*)"]),
  "organization sync by both": patterns(["/:id/:slug"]),
  "organization sync by another name": patterns(["/orgs/:name"]),
  "organization sync without a name": patterns(["/orgs/(.*)"]),
  "organization sync optional": patterns(["/orgs/:slug?"]),
  "organization sync of digits": patterns(["/orgs/:slug(\\d+)"]),
  "organization sync with a prefix": patterns(["/orgs-:slug", "/org{-:slug}?"]),
  "organization sync repeated": all(patterns(["/orgs/:slug+"]), path("/orgs/acme"), inOrganization),
  "organization sync repeated twice": all(patterns(["/orgs/:slug+"]), path("/orgs/acme/people")),
  "organization sync in capitals": patterns(["/ORGS/:slug"]),
  "organization sync of everything personal": patterns(undefined, ["/(.*)"]),
  "organization sync of no valid pattern": patterns(["/orgs/:slug(", "/me/("]),
  "organization sync of one valid pattern": patterns(["i am not valid config", "/orgs/:slug"]),
  "organization sync of empty lists": all(patterns([], []), inOrganization),
};

export const REQUEST_CHANGES = {
  ...methods,
  ...paths,
  ...queries,
  ...documents,
  ...referers,
  ...hosts,
  ...authorizations,
  ...cookies,
  ...cookieHeader,
  ...settings,
};
