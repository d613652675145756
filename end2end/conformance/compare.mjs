// Where two outcomes of one request differ.

/** The parts of an outcome that are compared. A difference in `state` makes the others meaningless. */
const FIELDS = ["state", "location", "set-cookie", "headers", "auth"];

const STATE_HEADERS = [
  "x-clerk-auth-status", "x-clerk-auth-reason", "cache-control",
  "access-control-allow-origin", "access-control-allow-credentials",
];

/** Parameters that are URLs themselves. */
const URL_PARAMETERS = ["redirect_url", "__clerk_redirect_url"];

/** The fields in which the outcomes differ, each with both values. */
export function compare(request, sdk, ours) {
  const differs = (field) => {
    const [theirs, own] = [sdk, ours].map((outcome) => comparable(field, request, outcome));
    return JSON.stringify(theirs) === JSON.stringify(own) ? [] : [{ field, sdk: theirs, ours: own }];
  };
  const state = differs("state");
  if (state.length > 0 || sdk.http === 500) return state;
  const hasBody = sdk.http === 200 && request.method !== "HEAD";
  return FIELDS.slice(1)
    .filter((field) => field !== "auth" || hasBody)
    .flatMap(differs);
}

function comparable(field, request, outcome) {
  switch (field) {
    case "state":
      return outcome.http === 200 || outcome.http === 307
        ? { http: outcome.http, status: outcome.status, reason: outcome.reason }
        : { http: outcome.http };
    case "location":
      return outcome.location === null ? null : locationOf(outcome.location, publicUrl(request));
    case "set-cookie":
      return outcome.setCookies.map(setCookieOf);
    case "headers":
      return Object.fromEntries(STATE_HEADERS.map((name) => [name, outcome.headers[name] ?? null]));
    default:
      return outcome.auth && sorted(outcome.auth);
  }
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A Location as its browser resolves it. The order of parameters does not count, what they say does. */
export function locationOf(location, base) {
  const url = URL.canParse(location, base) ? new URL(location, base) : null;
  if (url === null) return { unreadable: location };
  const parameters = [...url.searchParams].map(([name, value]) => {
    const isUrl = URL_PARAMETERS.includes(name) && URL.canParse(value);
    return [name, isUrl ? locationOf(value) : value];
  });
  const order = (pair) => JSON.stringify(pair);
  parameters.sort((one, other) => (order(one) < order(other) ? -1 : 1));
  return { address: `${url.protocol}//${url.host}${url.pathname}`, parameters, fragment: url.hash };
}

export function setCookieOf(text) {
  const [pair, ...attributes] = text.split(";").map((part) => part.trim());
  return { pair, attributes: attributes.map((attribute) => attribute.toLowerCase()).sort() };
}

const first = (value) => value?.split(",")[0];

/** The request's URL as its sender sees it, its path taken for a path whatever it looks like. */
export function publicUrl(request) {
  const header = (name) => request.headers.find(([known]) => known === name)?.[1];
  const host = first(header("x-forwarded-host")) ?? header("host");
  const proto = first(header("x-forwarded-proto")) ?? "http";
  const isOrigin = (text) => host && proto && URL.canParse(text) && new URL(text).origin !== "null";
  const candidates = [`${proto}://${host}`, `http://${header("host")}`];
  const { origin } = new URL(candidates.find(isOrigin) ?? candidates[1]);
  return new URL(origin + request.target);
}
