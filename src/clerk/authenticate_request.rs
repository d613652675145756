//! `authenticate_request`: who sent this request? Follows Clerk's own SDK step by step (`@clerk/backend`,
//! `tokens/request.ts`); the steps for satellite domains and organization sync are not taken yet.
//!
//! It reads neither clock nor network beyond what the verifier and the Backend API client were given.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header, request::Parts};
use url::Url;

use super::{
    AuthErrorReason as Reason, Clerk, InstanceType, RequestState, SignedIn, accounts_portal,
    constants::SESSION_CATEGORIES, context::AuthenticateContext, handshake, reason::RefreshRefusal,
};
use crate::jwt::{Header, TokenError, UnverifiedToken, VerifiedToken};

/// How far a development machine's clock may be off before a handshake gives up.
const DEVELOPMENT_CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// A development handshake brought a payload that this instance did not sign. Going on would loop.
#[derive(Debug, thiserror::Error)]
#[error("the handshake's payload was not signed by this Clerk instance: {0}")]
pub struct HandshakeFailed(TokenError);

impl Clerk {
    /// Decides who sent the request, at the time `now` (since the Unix epoch).
    ///
    /// # Errors
    /// [`HandshakeFailed`], which is worth a 500: the browser carries another instance's payload.
    pub async fn authenticate_request(&self, parts: &Parts, now: Duration) -> Result<RequestState, HandshakeFailed> {
        let context = AuthenticateContext::read(parts, &self.options);
        if let Some(token) = &context.header_token {
            return Ok(self.authenticate_header(token, &context, now).await);
        }
        if let Some(resolved) = self.resolve_handshake(&context, now).await? {
            return Ok(resolved);
        }
        Ok(self.authenticate_cookies(&context, now).await)
    }

    async fn authenticate_header(&self, token: &str, context: &AuthenticateContext, now: Duration) -> RequestState {
        if UnverifiedToken::parse(token).is_ok_and(|token| !stands_for_session(&token)) {
            return RequestState::signed_out(Reason::TokenTypeMismatch, HeaderMap::new());
        }
        match self.verifier.verify(token, now).await {
            Ok(verified) => signed_in(verified, token, HeaderMap::new()),
            Err(error) => self.refused(&error, context),
        }
    }

    async fn authenticate_cookies(&self, context: &AuthenticateContext, now: Duration) -> RequestState {
        if self.is_development() {
            if context.dev_browser_in_query {
                return self.handshake_or_signed_out(context, Reason::DevBrowserSync);
            }
            if context.dev_browser.is_none() {
                return self.handshake_or_signed_out(context, Reason::DevBrowserMissing);
            }
        }
        match (&context.cookie_token, context.client_uat) {
            (None, 0) => RequestState::signed_out(Reason::SessionTokenAndUatMissing, HeaderMap::new()),
            (Some(_), 0) => self.handshake_or_signed_out(context, Reason::SessionTokenButNoClientUat),
            (None, _) => self.handshake_or_signed_out(context, Reason::ClientUatButNoSessionToken),
            (Some(token), _) => self.authenticate_cookie(token, context, now).await,
        }
    }

    async fn authenticate_cookie(&self, token: &str, context: &AuthenticateContext, now: Duration) -> RequestState {
        match UnverifiedToken::parse(token) {
            Err(error) => return self.refused(&error, context),
            Ok(token) if !stands_for_session(&token) => {
                return RequestState::signed_out(Reason::TokenTypeMismatch, HeaderMap::new());
            }
            Ok(token) if older_than_client(&token, context.client_uat) => {
                return self.handshake_or_signed_out(context, Reason::SessionTokenIatBeforeClientUat);
            }
            Ok(_) => {}
        }
        let verified = match self.verifier.verify(token, now).await {
            Ok(verified) => verified,
            Err(error) => return self.refused(&error, context),
        };
        let from_elsewhere = context.cross_origin_referer().is_some_and(|referer| !self.is_clerk_page(referer));
        if from_elsewhere && context.redirect_count == 0 {
            return self.handshake_or_signed_out(context, Reason::PrimaryDomainCrossOriginSync);
        }
        signed_in(verified, token, HeaderMap::new())
    }

    /// What a token that failed means: a handshake where that would mend it, signed out where not.
    fn refused(&self, error: &TokenError, context: &AuthenticateContext) -> RequestState {
        match error {
            TokenError::Expired(_) => self.handshake_or_signed_out(context, expired_reason(context)),
            TokenError::NotYetValid(_) | TokenError::IssuedInFuture(_) => {
                self.handshake_or_signed_out(context, Reason::of_refusal(error))
            }
            _ => RequestState::signed_out(Reason::of_refusal(error), HeaderMap::new()),
        }
    }

    /// Only a browser that asks for a page can be sent away and come back.
    fn handshake_or_signed_out(&self, context: &AuthenticateContext, reason: Reason) -> RequestState {
        let location = handshake::url(context, &self.options, reason);
        let (true, Some(counter), Ok(location)) =
            (context.is_document(), handshake::count_redirect(context), HeaderValue::from_str(location.as_str()))
        else {
            return RequestState::signed_out(reason, HeaderMap::new());
        };
        let headers = HeaderMap::from_iter([(header::SET_COOKIE, counter), (header::LOCATION, location)]);
        RequestState::handshake(reason, headers)
    }

    /// What came back from a handshake; none if nothing did, or if it is of no use and the cookies decide.
    async fn resolve_handshake(
        &self,
        context: &AuthenticateContext,
        now: Duration,
    ) -> Result<Option<RequestState>, HandshakeFailed> {
        let directives = match (&context.handshake_nonce, &context.handshake_token) {
            (Some(nonce), _) => self.directives_of_nonce(nonce).await,
            (None, Some(token)) => match self.directives_of_token(token, now).await {
                Ok(directives) => directives,
                Err(TokenError::KeysUnavailable) => return Ok(Some(unverifiable(HeaderMap::new()))),
                Err(error) if self.is_development() => return Err(HandshakeFailed(error)),
                Err(error) => {
                    // Another application below the same domain may own the cookie.
                    tracing::warn!(%error, "ignored a handshake payload");
                    return Ok(None);
                }
            },
            (None, None) => return Ok(None),
        };
        Ok(self.state_after_handshake(context, &directives, now).await)
    }

    async fn directives_of_nonce(&self, nonce: &str) -> Vec<String> {
        self.backend.handshake_payload(nonce).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not get a handshake payload");
            Vec::new()
        })
    }

    async fn directives_of_token(&self, token: &str, now: Duration) -> Result<Vec<String>, TokenError> {
        let verified = self.verifier.verify_signature(token, now).await?;
        if !is_session_category(&verified.header) {
            return Err(TokenError::Malformed("not a handshake"));
        }
        let payload = verified.claims.as_map().get("handshake").cloned().unwrap_or_default();
        serde_json::from_value(payload).map_err(|_| TokenError::InvalidClaim("handshake"))
    }

    async fn state_after_handshake(
        &self,
        context: &AuthenticateContext,
        directives: &[String],
        now: Duration,
    ) -> Option<RequestState> {
        let headers = self.handshake_headers(context, directives);
        let Some(token) = handshake::session_token(directives) else {
            return Some(RequestState::signed_out(Reason::SessionTokenMissing, headers));
        };
        let mut result = self.verifier.verify(token, now).await;
        if self.is_development() && result.as_ref().is_err_and(is_about_time) {
            tracing::warn!("this machine's clock and Clerk's disagree by more than 5 s: please synchronise it");
            result = self.verifier.verify_with_skew(token, now, DEVELOPMENT_CLOCK_SKEW).await;
        }
        match result {
            Ok(verified) => Some(signed_in(verified, token, headers)),
            Err(TokenError::KeysUnavailable) => Some(unverifiable(headers)),
            Err(error) => {
                tracing::warn!(%error, "ignored the session token of a handshake");
                None
            }
        }
    }

    fn handshake_headers(&self, context: &AuthenticateContext, directives: &[String]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        handshake::append_directives(&mut headers, directives);
        if self.is_development()
            && context.handshake_in_query
            && let Ok(location) = HeaderValue::from_str(handshake::clean_url(&context.url).as_str())
        {
            headers.insert(header::LOCATION, location);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        headers
    }

    pub(super) fn is_development(&self) -> bool {
        self.options.publishable_key.instance_type() == InstanceType::Development
    }

    /// A page of Clerk's own, which has just synchronised the session itself.
    fn is_clerk_page(&self, referer: &Url) -> bool {
        let key_host = self.options.publishable_key.host();
        let host = referer.host_str().unwrap_or_default();
        self.options.frontend_api_url.host_str() == Some(host)
            || (self.is_development() && accounts_portal::is_development_portal(host))
            || host == accounts_portal::host(key_host)
    }
}

fn signed_in(verified: VerifiedToken, token: &str, headers: HeaderMap) -> RequestState {
    RequestState::SignedIn { user: SignedIn::new(verified.claims, token), headers }
}

/// Nobody is signed out because keys cannot be had; nobody is signed in either.
fn unverifiable(headers: HeaderMap) -> RequestState {
    RequestState::signed_out(Reason::JwkRemoteFailedToLoad, headers)
}

/// Tokens of other classes are signed by the same key and must not pass for a session.
fn stands_for_session(token: &UnverifiedToken<'_>) -> bool {
    let machine = token.unverified_claims.subject().starts_with("mch_")
        || token.header.typ.as_deref().is_some_and(|typ| matches!(typ, "at+jwt" | "application/at+jwt"));
    !machine && is_session_category(&token.header)
}

fn is_session_category(header: &Header) -> bool {
    header.cat.as_deref().is_none_or(|category| SESSION_CATEGORIES.contains(&category))
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
fn older_than_client(token: &UnverifiedToken<'_>, client_uat: u64) -> bool {
    token.unverified_claims.seconds("iat").is_some_and(|issued_at| issued_at < client_uat as f64)
}

const fn is_about_time(error: &TokenError) -> bool {
    matches!(error, TokenError::Expired(_) | TokenError::NotYetValid(_) | TokenError::IssuedInFuture(_))
}

const fn expired_reason(context: &AuthenticateContext) -> Reason {
    Reason::SessionTokenExpired(match (context.is_get, context.has_refresh_cookie) {
        (false, _) => RefreshRefusal::NonGet,
        (true, false) => RefreshRefusal::NoRefreshCookie,
        (true, true) => RefreshRefusal::MissingApiClient,
    })
}

#[cfg(test)]
#[path = "authenticate_request_tests.rs"]
mod tests;
