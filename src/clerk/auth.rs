//! Who sent a request: Clerk's auth object (`@clerk/backend`, `authObjects.ts`).

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::AuthErrorReason;
use crate::jwt::Claims;

/// A session token that was verified. Does not print; only what must send it on may expose it.
#[derive(Debug, Clone)]
pub struct SessionToken(Arc<SecretString>);

impl SessionToken {
    pub(super) fn new(token: &str) -> Self {
        Self(Arc::new(SecretString::from(token)))
    }

    /// The token itself, for an `Authorization` header and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Who sent a request.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A user with an active session.
    SignedIn(SignedIn),
    /// Nobody, and why.
    SignedOut(AuthErrorReason),
}

/// A signed-in user.
#[derive(Debug, Clone)]
pub struct SignedIn {
    claims: Arc<Claims>,
    token: SessionToken,
}

impl SignedIn {
    pub(super) fn new(claims: Claims, token: &str) -> Self {
        Self { claims: Arc::new(claims), token: SessionToken::new(token) }
    }

    /// `user_…`
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.claims.subject()
    }

    /// `sess_…`; absent from tokens that no session stands behind.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.claims.text("sid")
    }

    /// The session token's claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The request's own session token.
    #[must_use]
    pub const fn get_token(&self) -> &SessionToken {
        &self.token
    }
}

impl Auth {
    /// The signed-in user, if there is one.
    #[must_use]
    pub const fn signed_in(&self) -> Option<&SignedIn> {
        match self {
            Self::SignedIn(user) => Some(user),
            Self::SignedOut(_) => None,
        }
    }

    /// Whether nothing can be said about the sender because Clerk's keys cannot be had. Not the sender's fault: such a
    /// request is worth a 503, never a trip to the sign-in page.
    #[must_use]
    pub const fn is_unverifiable(&self) -> bool {
        matches!(self, Self::SignedOut(AuthErrorReason::JwkRemoteFailedToLoad))
    }
}
