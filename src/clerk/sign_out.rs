//! Signing out without clerk-js: the session is revoked through the Backend API and the browser's cookies are emptied.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, request::Parts};

use super::{
    BackendError, Clerk,
    constants::{CLIENT_UAT, REFRESH, SESSION},
    context::AuthenticateContext,
};

/// A token this old still names the session to end: people sign out long after their last page load.
const GRACE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The session did not end.
#[derive(Debug, thiserror::Error)]
pub enum SignOutFailed {
    /// Nobody can tell which session the token names.
    #[error("the session token cannot be checked: Clerk's keys cannot be had")]
    KeysUnavailable,
    /// Clerk did not do it.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl Clerk {
    /// Ends the session that the request's cookies name, and returns the cookies that tell the browser so.
    ///
    /// An expired token will do: it is authentic, and all it can do here is end its own session.
    ///
    /// # Errors
    /// When the session did not end. The browser must then be left signed in, and be told.
    pub async fn sign_out(&self, parts: &Parts, now: Duration) -> Result<HeaderMap, SignOutFailed> {
        let context = AuthenticateContext::read(parts, &self.options, now);
        let Some(token) = &context.cookie_token else { return Ok(self.signed_out_cookies()) };
        match self.verifier.verify_with_skew(token.text.expose(), now, GRACE).await {
            Ok(verified) => {
                if let Some(session_id) = verified.claims.text("sid") {
                    self.revoke(session_id).await?;
                }
            }
            Err(error) if error.is_about_keys() => return Err(SignOutFailed::KeysUnavailable),
            // No session of this instance stands behind such a token.
            Err(error) => tracing::info!(%error, "signed out a browser whose token names no session"),
        }
        Ok(self.signed_out_cookies())
    }

    /// A session that is gone already is as good as one that was just ended.
    async fn revoke(&self, session_id: &str) -> Result<(), BackendError> {
        match self.backend.sessions().revoke_session(session_id).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes the cookies. What a hosted Clerk wrote for a whole domain only Clerk can remove: the next page finds out
    /// from it, by a handshake, that nobody is signed in.
    fn signed_out_cookies(&self) -> HeaderMap {
        let secure = if self.options.public_url.scheme() == "https" { "; Secure" } else { "" };
        let key = &self.options.publishable_key;
        [SESSION.to_owned(), key.cookie(SESSION), CLIENT_UAT.to_owned(), key.cookie(CLIENT_UAT), key.cookie(REFRESH)]
            .into_iter()
            .filter_map(|name| HeaderValue::from_str(&format!("{name}=; Path=/; SameSite=Lax{secure}; Max-Age=0")).ok())
            .map(|value| (http::header::SET_COOKIE, value))
            .collect()
    }
}
