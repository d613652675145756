//! `getToken()`: a token to send on (Clerk, "getToken()"): the request's own, or a fresh one from the Backend API.

use std::{sync::Arc, time::Duration};

use super::{BackendError, Clerk, SessionToken, SignedIn};

/// A token with less time left than this may be gone before it arrives.
const MIN_TIME_LEFT: Duration = Duration::from_secs(5);

/// Which token is wanted. The default is the session token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenOptions {
    /// A JWT template's name.
    pub template: Option<String>,
    /// How long a new token should live.
    pub expires_in_seconds: Option<u64>,
    /// Whether the request's own token is of no use: the receiver refused it.
    pub skip_cache: bool,
}

impl TokenOptions {
    /// A token from a JWT template.
    #[must_use]
    pub fn template(name: impl Into<String>) -> Self {
        Self { template: Some(name.into()), ..Self::default() }
    }

    /// A session token that was just made.
    #[must_use]
    pub fn fresh() -> Self {
        Self { skip_cache: true, ..Self::default() }
    }
}

/// There is no token.
#[derive(Debug, thiserror::Error)]
pub enum GetTokenError {
    /// No session stands behind the request's token, so no other can be made.
    #[error("the token names no session")]
    NoSession,
    /// The Backend API did not make one.
    #[error(transparent)]
    Backend(#[from] Arc<BackendError>),
}

/// Session, template, lifetime.
pub(super) type Wanted = (String, Option<String>, Option<u64>);
pub(super) type Outcome = Result<SessionToken, Arc<BackendError>>;

impl Clerk {
    /// A token for the user's session. The request's own, unless it has 5 s left or less; a template's token, or one of
    /// another lifetime, is made by the Backend API.
    ///
    /// # Errors
    /// [`GetTokenError`]
    pub async fn get_token(
        &self,
        user: &SignedIn,
        options: &TokenOptions,
        now: Duration,
    ) -> Result<SessionToken, GetTokenError> {
        if *options == TokenOptions::default() && has_time_left(user, now) {
            return Ok(user.session_token().clone());
        }
        let session_id = user.session_id().ok_or(GetTokenError::NoSession)?.to_owned();
        let wanted: Wanted = (session_id, options.template.clone(), options.expires_in_seconds);
        Ok(self.new_tokens.share(wanted.clone(), || self.new_token(&wanted)).await?)
    }

    async fn new_token(&self, (session_id, template, lifetime): &Wanted) -> Outcome {
        let token = self.backend.sessions().get_token(session_id, template.as_deref(), *lifetime).await;
        Ok(token.map_err(Arc::new)?.into())
    }
}

fn has_time_left(user: &SignedIn, now: Duration) -> bool {
    let ends = user.claims().seconds("exp").unwrap_or_default();
    ends - now.as_secs_f64() > MIN_TIME_LEFT.as_secs_f64()
}

#[cfg(test)]
#[path = "get_token_tests.rs"]
mod tests;
