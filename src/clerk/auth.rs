//! Who sent a request: Clerk's auth object (`@clerk/backend`, `authObjects.ts`).

use std::{fmt, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{ActiveOrganization, AuthErrorReason, Requirement, session_claims, session_claims::FactorAges};
use crate::jwt::Claims;

/// A session token. Does not print; only what must send it on may expose it.
#[derive(Clone)]
pub struct SessionToken(Arc<SecretString>);

impl SessionToken {
    pub(super) fn new(token: &str) -> Self {
        Self(Arc::new(SecretString::from(token)))
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The token itself, for an `Authorization` header and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for SessionToken {
    fn from(token: &str) -> Self {
        Self::new(token)
    }
}

impl From<SecretString> for SessionToken {
    fn from(token: SecretString) -> Self {
        Self(Arc::new(token))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionToken")
    }
}

/// Who sent a request.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A user with an active session.
    SignedIn(SignedIn),
    /// Nobody, and why.
    SignedOut(SignedOut),
}

/// A signed-in user. Its `Debug` shows the id alone: claims may name people.
#[derive(Clone)]
pub struct SignedIn {
    claims: Claims,
    token: SessionToken,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignedIn").field("user_id", &self.user_id()).finish_non_exhaustive()
    }
}

impl SignedIn {
    pub(super) const fn new(claims: Claims, token: SessionToken) -> Self {
        Self { claims, token }
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

    /// `active`, or `pending` while the session has tasks left to do; absent from older tokens.
    #[must_use]
    pub fn session_status(&self) -> Option<&str> {
        self.claims.text("sts")
    }

    /// Whether the session has tasks left to do.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.session_status() == Some("pending")
    }

    /// The active organization, whichever version of claims names it.
    #[must_use]
    pub fn organization(&self) -> Option<ActiveOrganization> {
        session_claims::active_organization(&self.claims)
    }

    /// Who acts in the user's name, where somebody does.
    #[must_use]
    pub fn actor(&self) -> Option<&Value> {
        self.claims.get("act")
    }

    /// How long ago the user proved who they are.
    #[must_use]
    pub fn factor_verification_age(&self) -> Option<FactorAges> {
        session_claims::factor_ages(&self.claims)
    }

    /// Whether the user meets everything that is asked. Asking nothing is refused.
    #[must_use]
    pub fn has(&self, requirement: &Requirement) -> bool {
        requirement.is_met_by(&self.claims)
    }

    /// The session token's claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The request's own session token, however little time it has left. [`super::Clerk::get_token`] is what to send on.
    #[must_use]
    pub const fn session_token(&self) -> &SessionToken {
        &self.token
    }
}

/// A user whom nobody verified, for tests of what is behind verification.
#[cfg(test)]
pub(crate) fn signed_in_for_tests(user_id: &str) -> SignedIn {
    let claims = serde_json::Map::from_iter([("sub".to_owned(), user_id.into())]);
    SignedIn::new(Claims::new(claims), "token".into())
}

/// Nobody, whom only the loop protection stopped.
#[cfg(test)]
pub(crate) const fn redirect_loop_for_tests(reason: AuthErrorReason) -> Auth {
    Auth::SignedOut(SignedOut::new(reason, true))
}

/// Nobody.
#[derive(Debug, Clone)]
pub struct SignedOut {
    why: Why,
    redirect_loop: bool,
}

#[derive(Debug, Clone)]
enum Why {
    Reason(AuthErrorReason),
    Pending(SignedIn),
}

impl SignedOut {
    pub(super) const fn new(reason: AuthErrorReason, redirect_loop: bool) -> Self {
        Self { why: Why::Reason(reason), redirect_loop }
    }

    pub(super) const fn pending(user: SignedIn) -> Self {
        Self { why: Why::Pending(user), redirect_loop: false }
    }

    /// Why nobody is signed in; none for a session that is only [pending](Self::pending_user).
    #[must_use]
    pub const fn reason(&self) -> Option<&AuthErrorReason> {
        match &self.why {
            Why::Reason(reason) => Some(reason),
            Why::Pending(_) => None,
        }
    }

    /// The user of a session with tasks left to do. Clerk counts them as signed out; who treats them otherwise asks
    /// here.
    #[must_use]
    pub const fn pending_user(&self) -> Option<&SignedIn> {
        match &self.why {
            Why::Pending(user) => Some(user),
            Why::Reason(_) => None,
        }
    }

    /// Whether only the loop protection kept the browser from being sent to Clerk once more: something keeps its cookies
    /// away.
    #[must_use]
    pub const fn is_redirect_loop(&self) -> bool {
        self.redirect_loop
    }
}

impl From<AuthErrorReason> for Auth {
    fn from(reason: AuthErrorReason) -> Self {
        Self::SignedOut(SignedOut::new(reason, false))
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

    /// Nobody, and why.
    #[must_use]
    pub const fn signed_out(&self) -> Option<&SignedOut> {
        match self {
            Self::SignedIn(_) => None,
            Self::SignedOut(nobody) => Some(nobody),
        }
    }

    /// Whether the user meets everything that is asked; nobody meets anything.
    #[must_use]
    pub fn has(&self, requirement: &Requirement) -> bool {
        self.signed_in().is_some_and(|user| user.has(requirement))
    }

    /// Whether nothing can be said about the sender because Clerk's keys cannot be had. Not the sender's fault: such a
    /// request is worth a 503, never a trip to the sign-in page.
    #[must_use]
    pub fn is_unverifiable(&self) -> bool {
        let reason = self.signed_out().and_then(SignedOut::reason);
        matches!(reason, Some(AuthErrorReason::JwkRemoteFailedToLoad | AuthErrorReason::SecretKeyInvalid))
    }
}
