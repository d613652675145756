// What is meant to differ in how the answer to a handshake is read.

import { reasonWithoutKeys } from "./differences-in-keys.mjs";

const parameterOf = ({ target }, name) => new URL(target, "http://any").searchParams.get(name) || undefined;

function cookieOf({ headers }, name) {
  const pairs = headers.filter(([header]) => header === "cookie").flatMap(([, value]) => value.split("; "));
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) || undefined;
}

/** Reads the directives of a handshake's payload. */
const directives = (read) => ({ claims }) => {
  if (claims.handshake) claims.handshake = read(claims.handshake);
};

/** A directive that is not written out yet is text, too. */
const isText = (directive) => typeof directive === "string" || typeof directive === "function";
const isOneLine = (directive) => !/[\r\n]/.test(directive);

/** `__session` without a value, and with an empty one in a spelling that nobody else uses. */
const [VALUELESS, EMPTY] = ["__session; Path=/", "__session=;Path=/"];

const valueOf = (request, name) => parameterOf(request, name) ?? cookieOf(request, name);
const nonceOf = (request) => valueOf(request, "__clerk_handshake_nonce");
const payloadOf = (request) => valueOf(request, "__clerk_handshake");

/** The request with another nonce in the place of `nonce`; undefined if that is not its own. */
function withNonce(request, nonce, other) {
  if (nonceOf(request) !== nonce) return undefined;
  const [own, read] = [nonce, other].map((value) => `__clerk_handshake_nonce=${value}`);
  const headers = request.headers.map(([name, value]) => [name, name === "cookie" ? value.replace(own, read) : value]);
  const aliases = [...(request.aliases ?? []), [own, read]];
  return { ...request, target: request.target.replace(own, read), headers, aliases };
}

export const HANDSHAKE_DIFFERENCES = [
  {
    id: "handshake-in-a-cookie",
    reason:
      "In development, a page whose handshake came in a cookie is rendered at once; the SDK redirects to the same " +
      "address, and so for as long as the cookie lives.",
    answer(answer, request) {
      const inAddress = parameterOf(request, "__clerk_handshake_nonce") ?? parameterOf(request, "__clerk_handshake");
      const isResolved = answer.http === 307 && answer.status !== "handshake";
      if (!isResolved || inAddress !== undefined) return undefined;
      return { ...answer, http: 200, location: null, headers: { ...answer.headers, "cache-control": undefined } };
    },
  },
  {
    id: "directive-without-value",
    reason:
      "A `__session` without a value is no session; the SDK takes it for a broken one and goes on with the request's " +
      "cookies.",
    request: (request) => withNonce(request, "valueless", "empty_value"),
    token: directives((list) => list.map((directive) => (directive === VALUELESS ? EMPTY : directive))),
    answer: (answer) => ({ ...answer, setCookies: answer.setCookies?.map((text) => text.replace(EMPTY, VALUELESS)) }),
  },
  {
    id: "directives-are-text",
    reason:
      "A list of directives counts as empty if one of them is no text; the SDK crashes on it and goes on with the " +
      "request's cookies.",
    request: (request) => withNonce(request, "not_text", "empty") ?? withNonce(request, "part_text", "empty"),
    token: directives((list) => (list.every(isText) ? list : [])),
  },
  {
    id: "directive-of-two-lines",
    reason:
      "A directive that no header can hold is left out; the SDK crashes on it and goes on with the request's cookies.",
    signsIn: "The directives came from the Backend API or were signed, and the session token among them is verified.",
    request: (request) => withNonce(request, "line_break", "good"),
    token: directives((list) => list.filter(isOneLine)),
  },
  {
    id: "payload-without-keys",
    reason:
      "A handshake's payload that cannot be verified for want of keys is refused like any token, so that the browser " +
      "is not sent round again; the SDK goes on with the cookies, or stops with an error in development.",
    request(request) {
      const [nonce, payload] = [nonceOf(request), payloadOf(request)];
      if (nonce !== undefined || payload === undefined || !reasonWithoutKeys(request)) return undefined;
      const others = request.headers.filter(([name]) => name !== "cookie" && name !== "authorization");
      return { ...request, headers: [...others, ["authorization", `Bearer ${payload}`]] };
    },
  },
  {
    id: "nonce-without-keys",
    reason:
      "A handshake whose session token cannot be verified for want of keys sets its cookies and signs nobody in; the " +
      "SDK drops them and goes on with those of the request.",
    request(request) {
      const nonce = nonceOf(request);
      return nonce && reasonWithoutKeys(request) ? withNonce(request, nonce, `unread_${nonce}`) : undefined;
    },
    answer(answer, request) {
      if (!answer.setCookies?.some((text) => text.startsWith("__unread"))) return undefined;
      const reason = reasonWithoutKeys(request);
      const setCookies = answer.setCookies.map((text) => text.replace("__unread", "__session"));
      return { ...answer, reason, setCookies, headers: { ...answer.headers, "x-clerk-auth-reason": reason } };
    },
  },
];
