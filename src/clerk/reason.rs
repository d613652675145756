//! Why a request was decided as it was, in Clerk's words (`@clerk/backend`, `authStatus.ts` and `errors.ts`).

use std::fmt;

use crate::jwt::TokenError;

/// Clerk's reasons, as they stand in `x-clerk-auth-reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each name is its own documentation; see `as_str`")]
pub enum AuthErrorReason {
    ClientUatButNoSessionToken,
    DevBrowserMissing,
    DevBrowserSync,
    PrimaryDomainCrossOriginSync,
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
    UnexpectedError,
}

/// Why an expired token was not renewed from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefreshRefusal {
    /// Only GET requests are renewed.
    NonGet,
    /// The browser sent no refresh token.
    NoRefreshCookie,
    /// Renewing through the Backend API is not set up.
    MissingApiClient,
}

impl AuthErrorReason {
    /// The reason as Clerk writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientUatButNoSessionToken => "client-uat-but-no-session-token",
            Self::DevBrowserMissing => "dev-browser-missing",
            Self::DevBrowserSync => "dev-browser-sync",
            Self::PrimaryDomainCrossOriginSync => "primary-domain-cross-origin-sync",
            Self::SessionTokenAndUatMissing => "session-token-and-uat-missing",
            Self::SessionTokenMissing => "session-token-missing",
            Self::SessionTokenExpired(RefreshRefusal::NonGet) => "session-token-expired-refresh-non-eligible-non-get",
            Self::SessionTokenExpired(RefreshRefusal::NoRefreshCookie) => {
                "session-token-expired-refresh-non-eligible-no-refresh-cookie"
            }
            Self::SessionTokenExpired(RefreshRefusal::MissingApiClient) => {
                "session-token-expired-refresh-missing-api-client"
            }
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
            Self::UnexpectedError => "unexpected-error",
        }
    }

    /// The reason for a token that failed verification and that a handshake would not mend; none for one that it would.
    pub(super) const fn of_refusal(error: &TokenError) -> Self {
        match error {
            TokenError::Malformed(_) => Self::TokenInvalid,
            TokenError::UnsupportedAlgorithm => Self::TokenInvalidAlgorithm,
            TokenError::UnknownKey => Self::JwkKidMismatch,
            TokenError::BadSignature => Self::TokenInvalidSignature,
            TokenError::InvalidClaim(_) => Self::TokenVerificationFailed,
            TokenError::WrongIssuer => Self::TokenInvalidIssuer,
            TokenError::WrongAuthorizedParty => Self::TokenInvalidAuthorizedParties,
            TokenError::KeysUnavailable => Self::JwkRemoteFailedToLoad,
            TokenError::Expired(_) => Self::SessionTokenExpired(RefreshRefusal::NoRefreshCookie),
            TokenError::NotYetValid(_) => Self::SessionTokenNbf,
            TokenError::IssuedInFuture(_) => Self::SessionTokenIatInTheFuture,
        }
    }
}

impl fmt::Display for AuthErrorReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
