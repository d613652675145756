//! Renewing an expired session from the server: one call to the Backend API instead of a redirect (`@clerk/backend`,
//! `tokens/request.ts`, "attemptRefresh"). A page and all that it loads come with the same expired token: one call
//! serves them all.
//!
//! This is the one place where a decision measures time itself. The new token is made after the request came, and would
//! seem to be from the future by the time that the request came with. How long the call took is all that is asked of the
//! clock; what time it is, is not.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{Context, SHA256};
use http::HeaderMap;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::{
    BackendError, Clerk, RequestState,
    authenticate_request::signed_in,
    backend::RefreshSession,
    context::AuthenticateContext,
    handshake::{append_directives, session_token},
    reason::RefreshRefusal,
};

/// Hash of what renews a session: the expired token, which names it, the refresh token, and which cookies are to come.
/// Whoever does not have all of it shares nobody's call.
pub(super) type Wanted = [u8; 32];
pub(super) type Outcome = Result<Arc<[String]>, RefreshRefusal>;

/// Longer codes than Clerk's are no codes.
const MAX_CODE_BYTES: usize = 64;

impl Clerk {
    /// The state after renewing, with the cookies that say so; or why nothing was renewed.
    pub(super) async fn renew(&self, context: &AuthenticateContext<'_>) -> Result<RequestState, RefreshRefusal> {
        if !context.is_get {
            return Err(RefreshRefusal::NonGet);
        }
        let refresh_token = context.refresh_token.as_deref().ok_or(RefreshRefusal::NoRefreshCookie)?;
        let expired = context.session_token().ok_or(RefreshRefusal::DecodeFailed)?;
        let claims = expired.claims().ok_or(RefreshRefusal::DecodeFailed)?;
        let session_id = claims.text("sid").filter(|id| !id.is_empty());
        let refresh = RefreshSession {
            session_id: session_id.ok_or(RefreshRefusal::MissingSid)?,
            expired_token: expired.text.secret(),
            refresh_token: &refresh_token.into(),
            request_origin: &context.url.origin().ascii_serialization(),
            request_headers: &context.parts.headers,
            suffixed_cookies: context.suffixed_cookies,
        };
        let started = Instant::now();
        let cookies = self.renewals.share(wanted(&refresh), || self.new_cookies(&refresh)).await?;
        // The new token is younger than the request by as long as the call took.
        self.state_of(&cookies, context.now + started.elapsed()).await
    }

    async fn new_cookies(&self, refresh: &RefreshSession<'_>) -> Outcome {
        let cookies = self.backend.sessions().refresh_session(refresh).await;
        cookies.map(Arc::from).map_err(|error| {
            tracing::warn!(%error, "could not renew a session");
            refusal(&error)
        })
    }

    async fn state_of(&self, cookies: &[String], now: Duration) -> Result<RequestState, RefreshRefusal> {
        if cookies.is_empty() {
            return Err(RefreshRefusal::UnexpectedSdkError);
        }
        let token = session_token(cookies).unwrap_or_default();
        let verified = self.verifier.verify(token, now).await.map_err(|error| {
            tracing::warn!(%error, "a renewed session token was refused");
            RefreshRefusal::InvalidSessionToken
        })?;
        let mut headers = HeaderMap::new();
        append_directives(&mut headers, cookies);
        Ok(signed_in(verified, token.into(), headers))
    }
}

fn wanted(refresh: &RefreshSession<'_>) -> Wanted {
    let mut hash = Context::new(&SHA256);
    let cookies: &[u8] = if refresh.suffixed_cookies { b"suffixed" } else { b"plain" };
    // A token holds no space, so no two lists of three are the same text.
    for part in [refresh.expired_token.expose_secret().as_bytes(), b" ", cookies, b" "] {
        hash.update(part);
    }
    hash.update(refresh.refresh_token.expose_secret().as_bytes());
    let mut wanted = [0; 32];
    wanted.copy_from_slice(hash.finish().as_ref());
    wanted
}

fn refusal(error: &BackendError) -> RefreshRefusal {
    match error {
        BackendError::Unreachable(_) | BackendError::Timeout | BackendError::NoAnswer(_) => RefreshRefusal::FetchError,
        BackendError::Unexpected(_) => RefreshRefusal::UnexpectedSdkError,
        error => match error.code() {
            Some("unexpected_error") => RefreshRefusal::FetchError,
            Some(code) if is_code(code) => RefreshRefusal::Backend(Arc::from(code)),
            _ => RefreshRefusal::UnexpectedBapiError,
        },
    }
}

/// The code becomes part of a header and of a URL.
fn is_code(code: &str) -> bool {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    !code.is_empty() && code.len() <= MAX_CODE_BYTES && code.chars().all(plain)
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
