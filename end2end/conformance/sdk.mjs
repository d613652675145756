// The official side: `@clerk/backend` in this process, at the time of the request, without its waiting and its logging.

import { AsyncLocalStorage } from "node:async_hooks";

import { createClerkClient } from "@clerk/backend";

/** Holds `{ now }` while the SDK decides; everything else in the process keeps the real clock and console. */
const decision = new AsyncLocalStorage();

function useTheRequestsClock() {
  const realNow = Date.now;
  Date.now = () => decision.getStore()?.now ?? realNow();
}

/** The SDK waits 125 ms and more between attempts to load keys. Only its own timers are cut short. */
function skipRetryDelays() {
  const realSetTimeout = globalThis.setTimeout;
  globalThis.setTimeout = (callback, delay, ...rest) => {
    const caller = new Error().stack.split("\n")[2] ?? "";
    return realSetTimeout(callback, caller.includes("/@clerk/shared/") ? 0 : delay, ...rest);
  };
}

function silenceItsLog() {
  for (const level of ["debug", "error", "info", "log", "warn"]) {
    const real = console[level];
    console[level] = (...values) => (decision.getStore() ? undefined : real(...values));
  }
}

/** Prepares this process; returns what decides a request as the SDK does. */
export function startSdk(apiUrl) {
  useTheRequestsClock();
  skipRetryDelays();
  silenceItsLog();
  return (request) => decision.run({ now: request.now }, () => decide(request, apiUrl));
}

async function decide(request, apiUrl) {
  const { settings, method, scheme, target, headers } = request;
  const [, host] = headers.find(([name]) => name === "host");
  const url = `${scheme}://${host}${target}`;
  try {
    const clerk = createClerkClient({ ...settings, apiUrl, telemetry: { disabled: true } });
    const state = await clerk.authenticateRequest(new Request(url, { method, headers }), settings);
    return outcomeOf(state);
  } catch (error) {
    return { http: 500, error: String(error) };
  }
}

function outcomeOf(state) {
  const location = state.headers.get("location");
  // Asked in any case: an answer that cannot be read is a crash of the page.
  const auth = state.toAuth();
  return {
    http: location === null ? 200 : 307,
    status: state.status,
    reason: state.reason,
    location,
    setCookies: state.headers.getSetCookie(),
    headers: Object.fromEntries(state.headers),
    auth: auth && viewOf(auth),
  };
}

/** What a page learns of its visitor. */
function viewOf(auth) {
  const names = ["userId", "sessionId", "orgId", "orgSlug", "orgRole", "orgPermissions", "sessionStatus"];
  return Object.fromEntries(names.map((name) => [name, auth[name] ?? null]));
}
