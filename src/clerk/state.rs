//! The outcome of `authenticate_request`: Clerk's request state.

use http::{HeaderMap, HeaderValue, header};

use super::{
    Auth, AuthErrorReason, SignedIn, SignedOut,
    constants::{AUTH_MESSAGE_HEADER, AUTH_REASON_HEADER, AUTH_STATUS_HEADER},
};
use crate::jwt::TokenError;

/// What was decided about a request. Whoever answers it sends the headers on, and redirects (307) if they hold a
/// `Location`.
#[derive(Debug)]
pub enum RequestState {
    /// A user with a valid session.
    SignedIn {
        /// The user.
        user: SignedIn,
        /// Cookies that a handshake or a refresh brought, and where to go next.
        headers: HeaderMap,
    },
    /// Nobody.
    SignedOut {
        /// Why.
        reason: Reason,
        /// Debug headers, cookies and where to go next.
        headers: HeaderMap,
        /// Whether only the loop protection kept the browser from being sent to Clerk once more.
        redirect_loop: bool,
    },
    /// Clerk must be asked: the browser is sent there and comes back.
    Handshake {
        /// Why.
        reason: Reason,
        /// Debug headers, the loop counter and the `Location`.
        headers: HeaderMap,
    },
}

/// A reason in Clerk's words, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// As in `x-clerk-auth-reason`.
    pub code: AuthErrorReason,
    /// As in `x-clerk-auth-message`; empty where the code says it all. Never holds a token.
    pub message: String,
}

/// Where a token stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenCarrier {
    Header,
    Cookie,
}

impl From<AuthErrorReason> for Reason {
    fn from(code: AuthErrorReason) -> Self {
        Self { code, message: String::new() }
    }
}

impl Reason {
    /// The reason for a token that did not verify, with what went wrong and where the token stood.
    pub(super) fn of_token(code: AuthErrorReason, error: &TokenError, carrier: TokenCarrier) -> Self {
        let carrier = match carrier {
            TokenCarrier::Header => "header",
            TokenCarrier::Cookie => "cookie",
        };
        let message = format!("The session token was refused: {error} (reason={code}, token-carrier={carrier})");
        Self { code, message }
    }
}

impl RequestState {
    pub(super) fn signed_out(reason: impl Into<Reason>, headers: HeaderMap) -> Self {
        let reason = reason.into();
        Self::SignedOut { headers: with_debug(headers, "signed-out", &reason), reason, redirect_loop: false }
    }

    pub(super) fn redirect_loop(reason: Reason) -> Self {
        let headers = with_debug(HeaderMap::new(), "signed-out", &reason);
        Self::SignedOut { headers, reason, redirect_loop: true }
    }

    pub(super) fn handshake(reason: Reason, headers: HeaderMap) -> Self {
        let mut headers = with_debug(headers, "handshake", &reason);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self::Handshake { reason, headers }
    }

    /// The status as `x-clerk-auth-status` says it; signed-in requests carry no such header.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self {
            Self::SignedIn { .. } => "signed-in",
            Self::SignedOut { .. } => "signed-out",
            Self::Handshake { .. } => "handshake",
        }
    }

    /// Why nobody is signed in.
    #[must_use]
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::SignedIn { .. } => None,
            Self::SignedOut { reason, .. } | Self::Handshake { reason, .. } => Some(reason),
        }
    }

    /// Who sent the request, and the headers for its answer. A session with tasks left to do (`sts` is `pending`)
    /// counts as nobody, as in Clerk's SDK.
    #[must_use]
    pub fn into_auth(self) -> (Auth, HeaderMap) {
        match self {
            Self::SignedIn { user, headers } if user.is_pending() => {
                (Auth::SignedOut(SignedOut::pending(user)), headers)
            }
            Self::SignedIn { user, headers } => (Auth::SignedIn(user), headers),
            Self::SignedOut { reason, headers, redirect_loop } => {
                (Auth::SignedOut(SignedOut::new(reason.code, redirect_loop)), headers)
            }
            Self::Handshake { reason, headers } => (Auth::SignedOut(SignedOut::new(reason.code, false)), headers),
        }
    }
}

/// A text that no header can hold is left out.
fn with_debug(mut headers: HeaderMap, status: &'static str, reason: &Reason) -> HeaderMap {
    headers.insert(AUTH_STATUS_HEADER, HeaderValue::from_static(status));
    if let Ok(code) = HeaderValue::from_str(&reason.code.as_str()) {
        headers.insert(AUTH_REASON_HEADER, code);
    }
    if let Some(message) = HeaderValue::from_str(&reason.message).ok().filter(|message| !message.is_empty()) {
        headers.insert(AUTH_MESSAGE_HEADER, message);
    }
    headers
}
