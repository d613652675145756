// The requests that changes start from: each takes one path through the decision, and has no fault by itself.

import { INSTANCES } from "./keys.mjs";
import { NONCES, REFRESH_TOKENS } from "./mock-backend-api.mjs";
import { asData, asDocument, newDraft, originOf, setCookie, suffixed } from "./draft.mjs";
import { cookieWith, encode, expire, handshakeToken, sessionToken, shift } from "./tokens.mjs";

const { developmentA, developmentB, productionA, productionB } = INSTANCES;

const anyInstance = (choose) =>
  choose.weighted([[developmentA, 4], [productionA, 4], [developmentB, 1], [productionB, 1]]);
const anyDevelopment = (choose) => choose.weighted([[developmentA, 3], [developmentB, 1]]);
const anyProduction = (choose) => choose.weighted([[productionA, 3], [productionB, 1]]);
const anyFamilies = (choose) => choose.weighted([["plain", 3], ["suffixed", 4], ["both", 3]]);

function freshToken(draft) {
  const token = sessionToken(draft.instance, draft.now, originOf(draft));
  draft.tokens.push(token);
  return token;
}

function withDevBrowser(draft, families) {
  if (draft.instance.development) setCookie(draft, "__clerk_db_jwt", "dvb_2conformance", families);
}

function withSession(draft, { families, token = freshToken(draft), uat = token.claims.iat }) {
  withDevBrowser(draft, families);
  setCookie(draft, "__client_uat", String(uat), families);
  setCookie(draft, "__session", token, families);
  return token;
}

function signedIn(instance, choose) {
  const draft = newDraft(instance, choose);
  asDocument(draft);
  withSession(draft, { families: anyFamilies(choose) });
  return draft;
}

function page(choose) {
  return signedIn(anyInstance(choose), choose);
}

function data(choose) {
  const draft = signedIn(anyInstance(choose), choose);
  asData(draft);
  return draft;
}

function bearer(choose) {
  const draft = newDraft(anyInstance(choose), choose);
  const token = freshToken(draft);
  draft.authorization = () => `Bearer ${encode(token)}`;
  if (choose.chance(0.3)) asDocument(draft);
  return draft;
}

function signedOut(choose) {
  const draft = newDraft(anyInstance(choose), choose);
  asDocument(draft);
  withDevBrowser(draft, anyFamilies(choose));
  if (choose.chance(0.5)) setCookie(draft, "__client_uat", "0", anyFamilies(choose));
  return draft;
}

function firstVisit(choose) {
  const draft = newDraft(anyInstance(choose), choose);
  asDocument(draft);
  return draft;
}

/** An expired session, which only a handshake renews. */
function expiredSession(choose) {
  const draft = signedIn(anyInstance(choose), choose);
  expire(draft.tokens[0]);
  replaceUat(draft, draft.tokens[0].claims.iat);
  return draft;
}

/** A session of the future: somebody's clock is wrong. */
function earlySession(choose) {
  const draft = signedIn(anyInstance(choose), choose);
  if (choose.chance(0.4)) asData(draft);
  const [token] = draft.tokens;
  if (choose.chance(0.5)) token.claims.iat += 600;
  else shift(token, 600);
  return draft;
}

function replaceUat(draft, uat) {
  for (const name of ["__client_uat", suffixed(draft, "__client_uat")]) {
    if (draft.cookies.has(name)) draft.cookies.set(name, String(uat));
  }
}

/** An expired session that the Backend API renews, or not. */
function refresh(choose) {
  const draft = expiredSession(choose);
  draft.cookies.set(suffixed(draft, "__refresh"), choose.chance(0.4) ? "good" : choose.pick(REFRESH_TOKENS));
  return draft;
}

/** An expired token in the header, next to cookies: the refresh takes the cookie's token. */
function refreshOfBearer(choose) {
  const draft = refresh(choose);
  const [token] = draft.tokens;
  draft.authorization = () => `Bearer ${encode(token)}`;
  const inCookie = choose.weighted([[token, 2], ["garbage", 1], [undefined, 1]]);
  for (const name of ["__session", suffixed(draft, "__session")]) {
    if (!draft.cookies.has(name)) continue;
    if (inCookie === undefined) draft.cookies.delete(name);
    else draft.cookies.set(name, inCookie);
  }
  return draft;
}

function directives(draft, token) {
  const { choose } = draft;
  const names = choose.weighted([[["__session", suffixed(draft, "__session")], 3], [["__session"], 1]]);
  const uat = `${suffixed(draft, "__client_uat")}=${token.claims.iat}; Path=/; SameSite=Strict`;
  const odd = choose.chance(0.2) ? [choose.pick([5, null, "a=1\r\nx-injected: 1", "__session; Path=/"])] : [];
  return [uat, ...names.map((name) => cookieWith(name, token)), ...odd];
}

/** Back from a handshake that brought its payload along, where Clerk puts it: in the address or in a cookie. */
function handshakePayload(instance, choose) {
  const draft = newDraft(instance, choose);
  asDocument(draft);
  const session = freshToken(draft);
  const payload = handshakeToken(instance, directives(draft, session));
  draft.tokens.push(payload);
  if (choose.chance(0.2)) shift(session, choose.pick([-600, 600, -172_800, 172_800]));
  const inQuery = instance.development ? choose.chance(0.8) : choose.chance(0.2);
  if (inQuery) draft.query.push(() => `__clerk_handshake=${encode(payload)}`);
  else draft.cookies.set("__clerk_handshake", payload);
  if (choose.chance(0.3)) withSession(draft, { families: anyFamilies(choose) });
  else if (choose.chance(0.5)) withDevBrowser(draft, anyFamilies(choose));
  return draft;
}

const handshakeInDevelopment = (choose) => handshakePayload(anyDevelopment(choose), choose);
const handshakeInProduction = (choose) => handshakePayload(anyProduction(choose), choose);

/** Back from a handshake with a nonce, for which the Backend API has the payload. */
function handshakeNonce(choose) {
  const draft = newDraft(anyInstance(choose), choose);
  asDocument(draft);
  const nonce = encodeURIComponent(choose.chance(0.3) ? "good" : choose.pick(NONCES));
  if (choose.chance(0.7)) draft.query.push(`__clerk_handshake_nonce=${nonce}`);
  else draft.cookies.set("__clerk_handshake_nonce", nonce);
  if (choose.chance(0.4)) withSession(draft, { families: anyFamilies(choose) });
  else if (choose.chance(0.5)) withDevBrowser(draft, anyFamilies(choose));
  return draft;
}

function satellite(instance, choose) {
  const draft = newDraft(instance, choose);
  asDocument(draft);
  const { settings } = draft;
  settings.isSatellite = true;
  if (choose.chance(0.7)) settings.domain = "satellite.example.net";
  else settings.proxyUrl = choose.pick(["https://satellite.example.net/clerk", "/clerk"]);
  const signIn = "https://primary.example/sign-in";
  settings.signInUrl = choose.weighted([[signIn, 10], [`${signIn}?theme=dark`, 3], ["/sign-in", 1]]);
  settings.satelliteAutoSync = choose.weighted([[undefined, 2], [true, 3], [false, 1]]);
  draft.headers.host = "satellite.example.net";
  if (choose.chance(0.5)) draft.query.push(`__clerk_synced=${choose.pick(["true", "false", "maybe", ""])}`);
  if (choose.chance(0.3)) withSession(draft, { families: anyFamilies(choose) });
  else if (choose.chance(0.3)) withDevBrowser(draft, anyFamilies(choose));
  return draft;
}

const satelliteInDevelopment = (choose) => satellite(anyDevelopment(choose), choose);
const satelliteInProduction = (choose) => satellite(anyProduction(choose), choose);

/** A satellite in development sent its visitor to the primary domain. */
function primaryAsked(choose) {
  const draft = newDraft(anyDevelopment(choose), choose);
  if (choose.chance(0.9)) asDocument(draft);
  else asData(draft);
  const back = "https://satellite.example.net/page?a=1&__clerk_synced=false";
  draft.query.push(`__clerk_redirect_url=${encodeURIComponent(back)}`);
  if (choose.chance(0.8)) withDevBrowser(draft, anyFamilies(choose));
  return draft;
}

function devBrowserInQuery(choose) {
  const draft = signedIn(anyDevelopment(choose), choose);
  draft.query.push("__clerk_db_jwt=dvb_2from_query");
  return draft;
}

/** A link on another site, or on a page of Clerk's own, led to a page of ours. */
function fromAnotherOrigin(choose) {
  const draft = signedIn(anyInstance(choose), choose);
  draft.headers.referer = choose.pick(["https://satellite.example.net/", "http://app.example.com:8080/"]);
  return draft;
}

const ORGANIZATION = { id: "org_2conformance", slg: "acme", rol: "admin", per: "read,manage", fpm: "3,2" };

/** A token with an active organization, in either version of the claims. */
export function withOrganization(token, choose) {
  if (choose.chance(0.7)) {
    Object.assign(token.claims, { o: { ...ORGANIZATION }, fea: "o:dashboard,u:chat,ou:teams" });
  } else {
    delete token.claims.v;
    Object.assign(token.claims, { org_id: ORGANIZATION.id, org_slug: ORGANIZATION.slg, org_role: "org:admin" });
    token.claims.org_permissions = ["org:teams:read"];
  }
}

const ORGANIZATION_PATHS = [
  "/organizations/org_2conformance", "/organizations/org_2another/settings", "/orgs/acme", "/orgs/globex/people",
  "/me", "/me/settings", "/elsewhere", "/orgs/caf%C3%A9", "/ORGS/acme", "/orgs/acme/", "/orgs", "/orgs/ACME",
];

/** The address names an organization; the session must be about it. */
function organizationSync(choose) {
  const draft = signedIn(anyInstance(choose), choose);
  if (choose.chance(0.7)) withOrganization(draft.tokens[0], choose);
  draft.path = choose.pick(ORGANIZATION_PATHS);
  draft.settings.organizationSyncOptions = {
    organizationPatterns: ["/organizations/:id", "/organizations/:id/(.*)", "/orgs/:slug", "/orgs/:slug/(.*)"],
    personalAccountPatterns: ["/me", "/me/(.*)"],
  };
  return draft;
}

/** Both families of cookies in any state against each other. */
function cookieFamilies(choose) {
  const draft = newDraft(anyInstance(choose), choose);
  if (choose.chance(0.8)) asDocument(draft);
  else asData(draft);
  if (choose.chance(0.9)) withDevBrowser(draft, anyFamilies(choose));
  for (const family of ["plain", "suffixed"]) {
    const session = anySession(draft);
    const uat = choose.pick([undefined, "0", String(Math.floor(draft.now / 1000) - 30), String(1), "garbage"]);
    if (session !== undefined) setCookie(draft, "__session", session, family);
    if (uat !== undefined) setCookie(draft, "__client_uat", uat, family);
  }
  return draft;
}

function anySession(draft) {
  const { choose } = draft;
  const token = () => freshToken(draft);
  const elsewhere = choose.pick(Object.values(INSTANCES));
  return choose.pick([
    () => undefined,
    token,
    token,
    () => shift(token(), choose.pick([-5, 5])),
    () => expire(token()),
    () => "garbage",
    () => "",
    () => withoutIssuer(token()),
    () => sessionToken(elsewhere, draft.now, originOf(draft)),
  ])();
}

function withoutIssuer(token) {
  delete token.claims.iss;
  return token;
}

/** Every scenario with its weight. */
export const SCENARIOS = [
  [page, 14], [data, 4], [bearer, 10], [signedOut, 4], [firstVisit, 3], [expiredSession, 4], [earlySession, 3],
  [refresh, 10], [refreshOfBearer, 3], [handshakeInDevelopment, 8], [handshakeInProduction, 5], [handshakeNonce, 9],
  [satelliteInDevelopment, 7], [satelliteInProduction, 7], [primaryAsked, 4], [devBrowserInQuery, 3],
  [fromAnotherOrigin, 4], [organizationSync, 8], [cookieFamilies, 14],
];
