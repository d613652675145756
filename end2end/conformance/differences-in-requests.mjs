// What is meant to differ in how a request and its settings are read.

import { publicUrl } from "./compare.mjs";

/** The request with its cookies of this name, suffixed or not, changed. */
export function withCookies(request, name, change) {
  const pattern = new RegExp(`(^|; )(${name}(?:_[\\w-]{8})?)=([^;]*)`, "g");
  const rewritten = (_, before, cookie, value) => `${before}${cookie}=${change(decodeURIComponent(value))}`;
  const headers = request.headers.map(([header, value]) =>
    header === "cookie" ? [header, value.replace(pattern, rewritten)] : [header, value]);
  return { ...request, headers };
}

const isDigits = (text) => /^\d+$/.test(text);
const strict = (value) => (value === "" || isDigits(value) ? value : "garbage");
const atMostThree = (value) => (isDigits(value) && Number(value) > 3 ? "3" : value);

/** The request without forwarded headers, at the address that they lead to. */
function asItsSenderSeesIt(request) {
  const { protocol, host } = publicUrl(request);
  const others = request.headers.filter(([name]) => name !== "host" && !name.startsWith("x-forwarded-"));
  return { ...request, scheme: protocol.slice(0, -1), headers: [["host", host], ...others] };
}

const headerOf = (request, wanted) => request.headers.find(([name]) => name === wanted)?.[1];
const isWebAddress = (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
const hasParameter = (request, name) => new URL(request.target, "http://any").searchParams.has(name);

/** The request with its lists of path patterns changed; undefined drops one. */
function withPatterns(request, change) {
  if (request.settings.organizationSyncOptions === undefined) return undefined;
  const lists = Object.entries(request.settings.organizationSyncOptions).filter(([, list]) => list !== undefined);
  const organizationSyncOptions = Object.fromEntries(lists.map(([name, list]) => [name, change(list)]));
  return { ...request, settings: { ...request.settings, organizationSyncOptions } };
}

const isInvalid = (pattern) => pattern.endsWith("(");
/** A list, or none where it is empty. */
const orNone = (list) => (list.length > 0 ? list : undefined);

/** `:slug+` as one text. */
const REPEATED = ":slug([^/#?]+(?:/[^/#?]+)*)";

export const REQUEST_DIFFERENCES = [
  {
    id: "path-of-two-slashes",
    reason:
      "A path that begins with `//` stays a path; the SDK takes it for a host when forwarded headers change the " +
      "origin, and sends visitors there.",
    request: (request) => (/^\/[/\\]/.test(request.target) ? asItsSenderSeesIt(request) : undefined),
  },
  {
    id: "forwarded-scheme",
    reason: "A forwarded scheme other than http and https is ignored; the SDK makes addresses of it.",
    request(request) {
      const scheme = headerOf(request, "x-forwarded-proto")?.split(",")[0];
      return scheme && !/^https?$/.test(scheme) ? asItsSenderSeesIt(request) : undefined;
    },
  },
  {
    id: "client-uat-strict",
    reason: "`__client_uat` is a decimal number or 0; the SDK reads the digits at the start of anything.",
    request: (request) => withCookies(request, "__client_uat", strict),
  },
  {
    id: "redirect-count-strict",
    reason: "`__clerk_redirect_count` is a decimal number or 0; the SDK reads whatever JavaScript takes for a number.",
    request: (request) => withCookies(request, "__clerk_redirect_count", strict),
  },
  {
    id: "redirect-count-above-3",
    reason: "Any count from 3 on stops a loop; the SDK stops at exactly 3.",
    request: (request) => withCookies(request, "__clerk_redirect_count", atMostThree),
  },
  {
    id: "redirect-count-path",
    reason: "The loop counter's cookie says `Path=/`, so that it counts for the whole site and not for one folder.",
    answer: (answer) => ({
      ...answer,
      setCookies: answer.setCookies?.map((text) =>
        text.startsWith("__clerk_redirect_count=") ? `${text}; Path=/` : text),
    }),
  },
  {
    id: "own-frontend-api",
    reason: "A Frontend API on our own origin gets the tokens as cookies; the SDK writes them into the address.",
    answer(answer, request) {
      const location = answer.status === "handshake" ? new URL(answer.location) : undefined;
      const isOwn = location?.origin === publicUrl(request).origin;
      if (!isOwn || !location.pathname.endsWith("/v1/client/handshake")) return undefined;
      location.searchParams.delete("__session");
      if (!hasParameter(request, "__clerk_db_jwt")) location.searchParams.delete("__clerk_db_jwt");
      return { ...answer, location: location.href };
    },
  },
  {
    id: "invalid-redirect-back",
    reason: "A `__clerk_redirect_url` that is no web address is ignored; the SDK crashes, or sends the browser there.",
    signsIn: "A bad link crashes no page; the visitor's cookies are checked as on every other page.",
    request(request) {
      const back = new URL(request.target, "http://any").searchParams.get("__clerk_redirect_url");
      const isFollowed = request.instance.development && !request.settings.isSatellite && back;
      if (!isFollowed || isWebAddress(back)) return undefined;
      const [name, other] = ["__clerk_redirect_url", "__clerk_ignored_url"];
      const aliases = [...(request.aliases ?? []), [name, other]];
      return { ...request, target: request.target.replaceAll(name, other), aliases };
    },
  },
  {
    id: "relative-sign-in-url",
    reason: "A relative sign-in URL on a satellite is a configuration error at once; the SDK crashes when it needs it.",
    answer: (_answer, { settings }) =>
      settings.isSatellite && settings.signInUrl === "/sign-in" ? { http: 500 } : undefined,
  },
  {
    id: "invalid-organization-patterns",
    reason: "A path pattern that is none is left out; the SDK refuses every request.",
    signsIn: "The visitor's session is verified all the same; only the address does not choose an organization.",
    request: (request) =>
      withPatterns(request, (list) => (list.some(isInvalid) ? orNone(list.filter((one) => !isInvalid(one))) : list)),
  },
  {
    id: "repeated-parameters",
    reason:
      "A repeated parameter (`:slug+`) is the text that it fits; the SDK makes a list of it, which equals no slug.",
    signsIn: "The organization that the address names is the active one: there is nothing to ask for.",
    request: (request) => withPatterns(request, (list) => list.map((pattern) => pattern.replace(":slug+", REPEATED))),
  },
  {
    id: "empty-patterns",
    reason:
      "An empty list of path patterns fits no path; in the SDK it fits all, so that no organization stays active.",
    signsIn: "Nobody asked for the personal account, so the session keeps the organization that it has.",
    request: (request) => withPatterns(request, orNone),
  },
];
