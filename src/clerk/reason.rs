//! Why a request was decided as it was, in Clerk's words (`@clerk/backend`, `authStatus.ts` and `errors.ts`).

use std::{borrow::Cow, fmt, sync::Arc};

use crate::jwt::TokenError;

/// Clerk's reasons, as they stand in `x-clerk-auth-reason`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each name is its own documentation; see `as_str`")]
pub enum AuthErrorReason {
    ActiveOrganizationMismatch,
    ClientUatButNoSessionToken,
    DevBrowserMissing,
    DevBrowserSync,
    PrimaryDomainCrossOriginSync,
    PrimaryRespondsToSyncing,
    SatelliteNeedsSyncing,
    SessionTokenAndUatMissing,
    SessionTokenMissing,
    SessionTokenExpired(RefreshRefusal),
    SessionTokenIatBeforeClientUat,
    SessionTokenNbf,
    SessionTokenIatInTheFuture,
    SessionTokenButNoClientUat,
    TokenTypeMismatch,
    TokenInvalid,
    TokenInvalidAlgorithm,
    TokenInvalidAuthorizedParties,
    TokenInvalidIssuer,
    TokenInvalidSignature,
    TokenVerificationFailed,
    JwkKidMismatch,
    JwkRemoteFailedToLoad,
    SecretKeyInvalid,
}

/// Why an expired token was not renewed from the server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RefreshRefusal {
    /// Only GET requests are renewed.
    NonGet,
    /// The browser sent no refresh token.
    NoRefreshCookie,
    /// The expired token cannot be read.
    DecodeFailed,
    /// The expired token names no session.
    MissingSid,
    /// The Backend API cannot be reached.
    FetchError,
    /// The Backend API failed without saying why.
    UnexpectedBapiError,
    /// The Backend API answered without cookies.
    UnexpectedSdkError,
    /// The renewed token is not valid.
    InvalidSessionToken,
    /// The Backend API's error code.
    Backend(Arc<str>),
}

impl AuthErrorReason {
    /// The reason as Clerk writes it.
    #[must_use]
    pub fn as_str(&self) -> Cow<'static, str> {
        match self {
            Self::SessionTokenExpired(RefreshRefusal::Backend(code)) => {
                Cow::Owned(format!("session-token-expired-refresh-{code}"))
            }
            other => Cow::Borrowed(other.label()),
        }
    }

    /// One of a fixed set of names, for counters: the reason as Clerk writes it, but that one name stands for all of the
    /// Backend API's error codes.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::ActiveOrganizationMismatch => "active-organization-mismatch",
            Self::ClientUatButNoSessionToken => "client-uat-but-no-session-token",
            Self::DevBrowserMissing => "dev-browser-missing",
            Self::DevBrowserSync => "dev-browser-sync",
            Self::PrimaryDomainCrossOriginSync => "primary-domain-cross-origin-sync",
            Self::PrimaryRespondsToSyncing => "primary-responds-to-syncing",
            Self::SatelliteNeedsSyncing => "satellite-needs-syncing",
            Self::SessionTokenAndUatMissing => "session-token-and-uat-missing",
            Self::SessionTokenMissing => "session-token-missing",
            Self::SessionTokenExpired(refusal) => refusal.label(),
            Self::SessionTokenIatBeforeClientUat => "session-token-iat-before-client-uat",
            Self::SessionTokenNbf => "session-token-nbf",
            Self::SessionTokenIatInTheFuture => "session-token-iat-in-the-future",
            Self::SessionTokenButNoClientUat => "session-token-but-no-client-uat",
            Self::TokenTypeMismatch => "token-type-mismatch",
            Self::TokenInvalid => "token-invalid",
            Self::TokenInvalidAlgorithm => "token-invalid-algorithm",
            Self::TokenInvalidAuthorizedParties => "token-invalid-authorized-parties",
            Self::TokenInvalidIssuer => "token-invalid-issuer",
            Self::TokenInvalidSignature => "token-invalid-signature",
            Self::TokenVerificationFailed => "token-verification-failed",
            Self::JwkKidMismatch => "jwk-kid-mismatch",
            Self::JwkRemoteFailedToLoad => "jwk-remote-failed-to-load",
            Self::SecretKeyInvalid => "secret-key-invalid",
        }
    }

    /// The reason for a token that is refused, and that no handshake would mend.
    pub(super) const fn of_refusal(error: &TokenError) -> Self {
        match error {
            TokenError::Malformed(_) => Self::TokenInvalid,
            TokenError::UnsupportedAlgorithm => Self::TokenInvalidAlgorithm,
            TokenError::UnknownKey => Self::JwkKidMismatch,
            TokenError::BadSignature => Self::TokenInvalidSignature,
            TokenError::InvalidClaim(_) | TokenError::WrongAudience => Self::TokenVerificationFailed,
            TokenError::WrongIssuer => Self::TokenInvalidIssuer,
            TokenError::WrongAuthorizedParty => Self::TokenInvalidAuthorizedParties,
            TokenError::KeysUnavailable(_) => Self::JwkRemoteFailedToLoad,
            TokenError::KeysRefused(_) => Self::SecretKeyInvalid,
            TokenError::Expired(_) => Self::SessionTokenExpired(RefreshRefusal::NoRefreshCookie),
            TokenError::NotYetValid(_) => Self::SessionTokenNbf,
            TokenError::IssuedInFuture(_) => Self::SessionTokenIatInTheFuture,
        }
    }
}

impl RefreshRefusal {
    /// With `session-token-expired-refresh-` before each, which Clerk writes on the wire.
    const fn label(&self) -> &'static str {
        match self {
            Self::NonGet => "session-token-expired-refresh-non-eligible-non-get",
            Self::NoRefreshCookie => "session-token-expired-refresh-non-eligible-no-refresh-cookie",
            Self::DecodeFailed => "session-token-expired-refresh-expired-session-token-decode-failed",
            Self::MissingSid => "session-token-expired-refresh-expired-session-token-missing-sid-claim",
            Self::FetchError => "session-token-expired-refresh-fetch-error",
            Self::UnexpectedBapiError => "session-token-expired-refresh-unexpected-bapi-error",
            Self::UnexpectedSdkError => "session-token-expired-refresh-unexpected-sdk-error",
            Self::InvalidSessionToken => "session-token-expired-refresh-invalid-session-token",
            Self::Backend(_) => "session-token-expired-refresh-bapi",
        }
    }
}

impl fmt::Display for AuthErrorReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_tells_why_nothing_was_renewed_but_for_the_backend_apis_codes() {
        use RefreshRefusal::{
            Backend, DecodeFailed, FetchError, InvalidSessionToken, MissingSid, NoRefreshCookie, NonGet,
            UnexpectedBapiError, UnexpectedSdkError,
        };
        for (refusal, reason, label) in [
            (NonGet, "non-eligible-non-get", None),
            (NoRefreshCookie, "non-eligible-no-refresh-cookie", None),
            (DecodeFailed, "expired-session-token-decode-failed", None),
            (MissingSid, "expired-session-token-missing-sid-claim", None),
            (FetchError, "fetch-error", None),
            (UnexpectedBapiError, "unexpected-bapi-error", None),
            (UnexpectedSdkError, "unexpected-sdk-error", None),
            (InvalidSessionToken, "invalid-session-token", None),
            (Backend("resource_not_found".into()), "resource_not_found", Some("bapi")),
            (Backend("anything-else".into()), "anything-else", Some("bapi")),
        ] {
            let code = AuthErrorReason::SessionTokenExpired(refusal);
            let full = |kind: &str| format!("session-token-expired-refresh-{kind}");
            assert_eq!((&*code.as_str(), code.label()), (&*full(reason), &*full(label.unwrap_or(reason))));
        }
    }
}
