//! Names that Clerk fixes: cookies, query parameters, headers (`@clerk/backend`, `constants.ts`).

/// The session token.
pub const SESSION: &str = "__session";
/// When the client last changed, in seconds; `0` means nobody is signed in.
pub const CLIENT_UAT: &str = "__client_uat";
/// Names a browser to a development instance.
pub const DEV_BROWSER: &str = "__clerk_db_jwt";
/// The former name of [`DEV_BROWSER`] in query strings.
pub const LEGACY_DEV_BROWSER: &str = "__dev_session";
/// A signed handshake payload.
pub const HANDSHAKE: &str = "__clerk_handshake";
/// Names a handshake payload that the Backend API hands out.
pub const HANDSHAKE_NONCE: &str = "__clerk_handshake_nonce";
/// A help marker that Clerk adds to URLs.
pub const HANDSHAKE_HELP: &str = "__clerk_help";
/// Counts handshake redirects, to stop loops.
pub const REDIRECT_COUNT: &str = "__clerk_redirect_count";
/// Long-lived token that renews a session token from the server.
pub const REFRESH: &str = "__refresh";
/// Where to return after signing in or after a handshake.
pub const REDIRECT_URL: &str = "redirect_url";
/// Where a satellite waits for the primary application to send the browser back, in development.
pub const SATELLITE_RETURN: &str = "__clerk_redirect_url";
/// Whether a satellite must synchronise (`false`) or has done so (`true`).
pub const SYNCED: &str = "__clerk_synced";
/// The organization that a handshake should make the active one; empty for the personal account.
pub const ORGANIZATION_ID: &str = "organization_id";

/// `signed-out` or `handshake`.
pub const AUTH_STATUS_HEADER: &str = "x-clerk-auth-status";
/// The reason, in Clerk's words.
pub const AUTH_REASON_HEADER: &str = "x-clerk-auth-reason";
/// The reason, for people.
pub const AUTH_MESSAGE_HEADER: &str = "x-clerk-auth-message";
/// Marks a redirect to sign in or up.
pub const REDIRECT_TO_HEADER: &str = "x-clerk-redirect-to";

/// The Backend API version this crate was written against.
pub const API_VERSION: &str = "2026-05-12";

/// Token categories (header `cat`) that may stand for a session: session tokens, and Clerk's "ignore" category.
pub const SESSION_CATEGORIES: [&str; 2] = ["cl_B7d4PD111AAA", "cl_I7d4PD111III"];
