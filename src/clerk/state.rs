//! The outcome of `authenticate_request`: Clerk's request state.

use http::{HeaderMap, HeaderValue, header};

use super::{
    Auth, AuthErrorReason, SignedIn,
    constants::{AUTH_REASON_HEADER, AUTH_STATUS_HEADER},
};

/// What was decided about a request. Whoever answers it sends the headers on, and redirects (307) if they hold a
/// `Location`.
#[derive(Debug)]
pub enum RequestState {
    /// A user with a valid session.
    SignedIn {
        /// The user.
        user: SignedIn,
        /// Cookies that a handshake brought, and where to go next.
        headers: HeaderMap,
    },
    /// Nobody.
    SignedOut {
        /// Why.
        reason: AuthErrorReason,
        /// Debug headers, cookies and where to go next.
        headers: HeaderMap,
    },
    /// Clerk must be asked: the browser is sent there and comes back.
    Handshake {
        /// Why.
        reason: AuthErrorReason,
        /// Debug headers, the loop counter and the `Location`.
        headers: HeaderMap,
    },
}

impl RequestState {
    pub(super) fn signed_out(reason: AuthErrorReason, mut headers: HeaderMap) -> Self {
        debug_headers(&mut headers, "signed-out", reason);
        Self::SignedOut { reason, headers }
    }

    pub(super) fn handshake(reason: AuthErrorReason, mut headers: HeaderMap) -> Self {
        debug_headers(&mut headers, "handshake", reason);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self::Handshake { reason, headers }
    }

    /// Who sent the request, and the headers for its answer. A session with tasks left to do (`sts` is `pending`)
    /// counts as nobody, as in Clerk's SDK.
    #[must_use]
    pub fn into_auth(self) -> (Auth, HeaderMap) {
        match self {
            Self::SignedIn { user, headers } if user.claims().text("sts") == Some("pending") => {
                (Auth::SignedOut(AuthErrorReason::SessionTokenMissing), headers)
            }
            Self::SignedIn { user, headers } => (Auth::SignedIn(user), headers),
            Self::SignedOut { reason, headers } | Self::Handshake { reason, headers } => {
                (Auth::SignedOut(reason), headers)
            }
        }
    }
}

fn debug_headers(headers: &mut HeaderMap, status: &'static str, reason: AuthErrorReason) {
    headers.insert(AUTH_STATUS_HEADER, HeaderValue::from_static(status));
    headers.insert(AUTH_REASON_HEADER, HeaderValue::from_static(reason.as_str()));
}
