// What a run must meet to prove anything: every status and reason that the SDK can end in for these inputs.

const HANDSHAKES = [
  "active-organization-mismatch", "client-uat-but-no-session-token", "dev-browser-missing", "dev-browser-sync",
  "primary-domain-cross-origin-sync", "primary-responds-to-syncing", "satellite-needs-syncing",
  "session-token-but-no-client-uat", "session-token-iat-before-client-uat", "session-token-iat-in-the-future",
  "session-token-nbf",
  ...[
    "non-eligible-no-refresh-cookie", "expired-session-token-decode-failed", "expired-session-token-missing-sid-claim",
    "fetch-error", "invalid-session-token", "unexpected-bapi-error", "unexpected-sdk-error",
    "invalid_refresh_token", "session_missing",
  ].map((why) => `session-token-expired-refresh-${why}`),
];

const SIGNED_OUT = [
  "client-uat-but-no-session-token", "dev-browser-missing", "dev-browser-sync", "primary-responds-to-syncing",
  "satellite-needs-syncing", "session-token-but-no-client-uat", "session-token-iat-before-client-uat",
  "session-token-iat-in-the-future", "session-token-nbf", "session-token-expired-refresh-non-eligible-non-get",
  "session-token-expired-refresh-non-eligible-no-refresh-cookie",
  "session-token-and-uat-missing", "session-token-missing", "token-type-mismatch", "unexpected-error",
  "token-invalid", "token-invalid-algorithm", "token-invalid-authorized-parties", "token-invalid-signature",
  "token-verification-failed", "secret-key-invalid", "jwk-remote-failed-to-load", "jwk-kid-mismatch",
];

/** The states by name: HTTP status, status, reason. */
export const REQUIRED = [
  "200 signed-in",
  "200 signed-in, cookies of a refresh",
  "200 signed-in, cookies of a handshake",
  "200 signed-in, session pending",
  "307 signed-in",
  "307 signed-out session-token-missing",
  ...HANDSHAKES.map((reason) => `307 handshake ${reason}`),
  ...SIGNED_OUT.map((reason) => `200 signed-out ${reason}`),
  "500",
];

/** The name of an outcome's state. */
export function stateOf(outcome) {
  if (outcome.http === 500) return "500";
  const state = `${outcome.http} ${outcome.status}`;
  if (outcome.reason !== null) return `${state} ${outcome.reason}`;
  if (outcome.http === 307) return state;
  if (outcome.setCookies.some((cookie) => cookie.startsWith("echo="))) return `${state}, cookies of a refresh`;
  if (outcome.setCookies.length > 0) return `${state}, cookies of a handshake`;
  return outcome.auth.sessionStatus === "pending" ? `${state}, session pending` : state;
}
