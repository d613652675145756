//! What comes back from a handshake: cookies to set, and among them a session token (`@clerk/backend`,
//! `handshake.ts`, "resolveHandshake").

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use super::{
    AuthErrorReason, AuthenticateError, Clerk, RequestState,
    authenticate_request::signed_in,
    context::AuthenticateContext,
    handshake::{append_directives, clean_url, session_token},
    sent_token::is_session_category,
};
use crate::jwt::TokenError;

/// How far a development machine's clock may be off before a handshake gives up.
const DEVELOPMENT_CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// Many times as long as any that was seen.
const MAX_NONCE_BYTES: usize = 256;

impl Clerk {
    /// What came back from a handshake; none if nothing did, or if it is of no use and the cookies decide.
    pub(super) async fn resolve_handshake(
        &self,
        context: &AuthenticateContext<'_>,
    ) -> Result<Option<RequestState>, AuthenticateError> {
        let directives = match (&context.handshake_nonce, &context.handshake_token) {
            (Some(nonce), _) => self.directives_of_nonce(nonce).await,
            (None, Some(token)) => match self.directives_of_token(token, context.now).await {
                Ok(directives) => directives,
                Err(error) if error.is_about_keys() => return Ok(Some(unverifiable(&error, HeaderMap::new()))),
                Err(error) if self.options.is_development() => return Err(AuthenticateError::Handshake(error)),
                Err(error) => {
                    // Another application below the same domain may own the cookie.
                    tracing::warn!(%error, "ignored a handshake payload");
                    return Ok(None);
                }
            },
            (None, None) => return Ok(None),
        };
        Ok(self.state_after_handshake(context, &directives).await)
    }

    async fn directives_of_nonce(&self, nonce: &str) -> Vec<String> {
        if !is_nonce(nonce) {
            return Vec::new();
        }
        self.backend.clients().get_handshake_payload(nonce).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not get a handshake payload");
            Vec::new()
        })
    }

    async fn directives_of_token(&self, token: &str, now: Duration) -> Result<Vec<String>, TokenError> {
        let verified = self.verifier.verify_signature(token, now).await?;
        if !is_session_category(&verified.header) {
            return Err(TokenError::Malformed("not a handshake"));
        }
        let payload = verified.claims.get("handshake").cloned().unwrap_or_default();
        Ok(serde_json::from_value(payload).unwrap_or_default())
    }

    async fn state_after_handshake(
        &self,
        context: &AuthenticateContext<'_>,
        directives: &[String],
    ) -> Option<RequestState> {
        let headers = self.handshake_headers(context, directives);
        let Some(token) = session_token(directives) else {
            return Some(RequestState::signed_out(AuthErrorReason::SessionTokenMissing, headers));
        };
        let mut result = self.verifier.verify(token, context.now).await;
        if self.options.is_development() && result.as_ref().is_err_and(is_about_time) {
            tracing::warn!("this machine's clock and Clerk's disagree by more than 5 s: please synchronise it");
            result = self.verifier.verify_with_skew(token, context.now, DEVELOPMENT_CLOCK_SKEW).await;
        }
        match result {
            Ok(verified) => Some(signed_in(verified, token.into(), headers)),
            Err(error) if error.is_about_keys() => Some(unverifiable(&error, headers)),
            Err(error) => {
                tracing::warn!(%error, "ignored the session token of a handshake");
                None
            }
        }
    }

    /// In development the payload came in the address, which it should leave. In production the page is rendered at
    /// once, and clerk-js tidies the address.
    fn handshake_headers(&self, context: &AuthenticateContext<'_>, directives: &[String]) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("null")),
            (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")),
        ]);
        append_directives(&mut headers, directives);
        if self.options.is_development()
            && context.handshake_in_query
            && let Ok(location) = HeaderValue::from_str(clean_url(&context.url).as_str())
        {
            headers.insert(header::LOCATION, location);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        headers
    }
}

/// Clerk is not asked about what it cannot have made.
fn is_nonce(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~');
    text.len() <= MAX_NONCE_BYTES && text.bytes().all(plain)
}

/// Nobody is signed out because keys cannot be had; nobody is signed in either.
fn unverifiable(error: &TokenError, headers: HeaderMap) -> RequestState {
    RequestState::signed_out(AuthErrorReason::of_refusal(error), headers)
}

const fn is_about_time(error: &TokenError) -> bool {
    matches!(error, TokenError::Expired(_) | TokenError::NotYetValid(_) | TokenError::IssuedInFuture(_))
}
