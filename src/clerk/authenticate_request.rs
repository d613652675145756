//! `authenticate_request`: who sent this request? Follows Clerk's own SDK step by step (`@clerk/backend`,
//! `tokens/request.ts`).
//!
//! It reads neither clock nor network beyond what the verifier and the Backend API client were given, and what `refresh`
//! says.

use std::{sync::Once, time::Duration};

use http::{HeaderMap, request::Parts};
use url::Url;

use super::{
    AuthErrorReason as Code, Clerk, RequestState, SessionToken, SignedIn, accounts_portal,
    context::AuthenticateContext,
    sent_token::{SentToken, stands_for_session},
    state::{Reason, TokenCarrier},
};
use crate::jwt::{TokenError, UnverifiedToken, VerifiedToken};

/// A request that cannot be decided. Worth a 500: going on would loop, or lead nowhere.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// A development handshake brought a payload that this instance did not sign.
    #[error("the handshake's payload was not signed by this Clerk instance: {0}")]
    Handshake(TokenError),
    /// A satellite's sign-in page must be on the primary domain.
    #[error("a satellite needs a sign-in URL on another origin than its own")]
    SatelliteSignInUrl,
}

impl Clerk {
    /// Decides who sent the request, at the time `now` (since the Unix epoch).
    ///
    /// # Errors
    /// [`AuthenticateError`]
    pub async fn authenticate_request(&self, parts: &Parts, now: Duration) -> Result<RequestState, AuthenticateError> {
        let context = AuthenticateContext::read(parts, &self.options, now);
        self.check_satellite(&context)?;
        if let Some(token) = &context.header_token {
            return Ok(self.authenticate_header(token, &context).await);
        }
        if let Some(resolved) = self.resolve_handshake(&context).await? {
            return Ok(resolved);
        }
        if let Some(state) = self.synchronise_domains(&context)? {
            return Ok(state);
        }
        Ok(self.authenticate_cookies(&context).await)
    }

    async fn authenticate_header(&self, token: &SentToken, context: &AuthenticateContext<'_>) -> RequestState {
        match self.verify_sent(token, context.now).await {
            Ok(Some(verified)) => signed_in(verified, token.text.clone(), HeaderMap::new()),
            Ok(None) => RequestState::signed_out(Code::TokenTypeMismatch, HeaderMap::new()),
            Err(error) => self.refused(&error, TokenCarrier::Header, context).await,
        }
    }

    async fn authenticate_cookies(&self, context: &AuthenticateContext<'_>) -> RequestState {
        if self.options.is_development() {
            if context.dev_browser_in_query {
                return self.handshake_or_signed_out(context, Code::DevBrowserSync);
            }
            if context.dev_browser.is_none() {
                return self.handshake_or_signed_out(context, Code::DevBrowserMissing);
            }
        }
        match (&context.cookie_token, context.client_uat) {
            (None, 0) => RequestState::signed_out(Code::SessionTokenAndUatMissing, HeaderMap::new()),
            (Some(_), 0) => self.handshake_or_signed_out(context, Code::SessionTokenButNoClientUat),
            (None, _) => self.handshake_or_signed_out(context, Code::ClientUatButNoSessionToken),
            (Some(token), _) => self.authenticate_cookie(token, context).await,
        }
    }

    async fn authenticate_cookie(&self, token: &SentToken, context: &AuthenticateContext<'_>) -> RequestState {
        let is_session = token.parsed.as_ref().is_ok_and(stands_for_session);
        if is_session && older_than_client(token, context.client_uat) {
            return self.handshake_or_signed_out(context, Code::SessionTokenIatBeforeClientUat);
        }
        let verified = match self.verify_sent(token, context.now).await {
            Ok(Some(verified)) => verified,
            Ok(None) => return RequestState::signed_out(Code::TokenTypeMismatch, HeaderMap::new()),
            Err(error) => return self.refused(&error, TokenCarrier::Cookie, context).await,
        };
        if !verified.claims.has("azp") {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| {
                tracing::warn!("a session token names no authorized party (azp): Clerk may refuse such tokens one day")
            });
        }
        if self.came_from_elsewhere(context) {
            let message = "A link from another origin led here: the session is synchronised first".to_owned();
            let reason = Reason { code: Code::PrimaryDomainCrossOriginSync, message };
            return self.handshake_or_signed_out(context, reason);
        }
        let user = SignedIn::new(verified.claims, token.text.clone());
        let synchronised = self.synchronise_organization(&user, context);
        synchronised.unwrap_or_else(|| RequestState::SignedIn { user, headers: HeaderMap::new() })
    }

    /// What a token says, if it is valid; none for a token of another class.
    async fn verify_sent(&self, token: &SentToken, now: Duration) -> Result<Option<VerifiedToken>, TokenError> {
        let parsed: &UnverifiedToken = token.parsed.as_ref().map_err(Clone::clone)?;
        if !stands_for_session(parsed) {
            return Ok(None);
        }
        self.verifier.verify_parsed(parsed, now).await.map(Some)
    }

    /// What a token that failed means: renewed, or a handshake, where that would mend it; signed out where not.
    async fn refused(
        &self,
        error: &TokenError,
        carrier: TokenCarrier,
        context: &AuthenticateContext<'_>,
    ) -> RequestState {
        let code = match error {
            TokenError::Expired(_) => match self.renew(context).await {
                Ok(state) => return state,
                Err(refusal) => Code::SessionTokenExpired(refusal),
            },
            error => Code::of_refusal(error),
        };
        let mendable =
            matches!(error, TokenError::Expired(_) | TokenError::NotYetValid(_) | TokenError::IssuedInFuture(_));
        let reason = Reason::of_token(code, error, carrier);
        if mendable {
            self.handshake_or_signed_out(context, reason)
        } else {
            RequestState::signed_out(reason, HeaderMap::new())
        }
    }

    /// Whether a page of another origin led here that may have changed the session: then a handshake finds out, once.
    fn came_from_elsewhere(&self, context: &AuthenticateContext<'_>) -> bool {
        !self.options.domains.is_satellite()
            && context.redirect_count == 0
            && context.cross_origin_referer().is_some_and(|referer| !self.is_clerk_page(&referer))
    }

    /// A page of Clerk's own, which has just synchronised the session itself.
    fn is_clerk_page(&self, referer: &Url) -> bool {
        let host = referer.host_str().unwrap_or_default();
        self.options.frontend_api_url.host_str() == Some(host)
            || (self.options.is_development() && accounts_portal::is_development_portal(host))
            || accounts_portal::page(&self.options.publishable_key, "")
                .is_some_and(|page| page.origin() == referer.origin())
    }
}

/// The state of a user whose token was verified.
pub(super) fn signed_in(verified: VerifiedToken, token: SessionToken, headers: HeaderMap) -> RequestState {
    RequestState::SignedIn { user: SignedIn::new(verified.claims, token), headers }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
fn older_than_client(token: &SentToken, client_uat: u64) -> bool {
    token.seconds("iat").is_some_and(|issued_at| issued_at < client_uat as f64)
}

#[cfg(test)]
#[path = "authenticate_request_tests.rs"]
mod tests;
