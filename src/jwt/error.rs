//! Why a token was refused: a closed set, so that callers can answer, count and explain each case.

use std::time::Duration;

/// Why a token did not verify. The fields are for the log; [`TokenError::reason`] is safe to show to anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three base64url parts holding JSON, or larger than any real token.
    #[error("not a JSON Web Token: {0}")]
    Malformed(&'static str),
    /// `alg` is none that is accepted (Clerk: RS256), or the header asks for an extension (`crit`) that is not understood.
    #[error("signing algorithm is not accepted")]
    UnsupportedAlgorithm,
    /// The issuer publishes no key with the token's `kid`.
    #[error("no key with the token's kid at the issuer")]
    UnknownKey,
    /// The signature does not belong to the key and the content.
    #[error("signature does not match")]
    BadSignature,
    /// A claim is missing or has the wrong JSON type.
    #[error("claim `{0}` is missing or of the wrong type")]
    InvalidClaim(&'static str),
    /// `iss` is not the expected issuer.
    #[error("issued by another issuer")]
    WrongIssuer,
    /// `aud` names others.
    #[error("made for another audience")]
    WrongAudience,
    /// `azp` is missing or not one of the authorized parties.
    #[error("azp is not an authorized party")]
    WrongAuthorizedParty,
    /// `exp` has passed, clock skew included; says how long ago.
    #[error("expired {0:?} ago")]
    Expired(Duration),
    /// `nbf` is still ahead, clock skew included; says how far.
    #[error("not valid for another {0:?}")]
    NotYetValid(Duration),
    /// `iat` is ahead, clock skew included; says how far.
    #[error("issued {0:?} in the future")]
    IssuedInFuture(Duration),
    /// There is no key set to verify with: says nothing about the token.
    #[error("the issuer's keys cannot be had")]
    KeysUnavailable,
    /// The key server does not accept our credentials: says nothing about the token either.
    #[error("the key server refuses the secret it was asked with")]
    KeysRefused,
}

impl TokenError {
    /// Whether the error says nothing about the token, because there are no keys to check it with.
    #[must_use]
    pub const fn is_about_keys(&self) -> bool {
        matches!(self, Self::KeysUnavailable | Self::KeysRefused)
    }

    /// A short, stable name for logs, metrics and answers.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::InvalidClaim(_) => "malformed",
            Self::UnsupportedAlgorithm => "unsupported_alg",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::WrongAuthorizedParty => "wrong_azp",
            Self::Expired(_) => "expired",
            Self::NotYetValid(_) => "not_yet_valid",
            Self::IssuedInFuture(_) => "issued_in_future",
            Self::KeysUnavailable | Self::KeysRefused => "no_keys",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_errors_say_nothing_about_the_token() {
        for (error, about_keys) in [
            (TokenError::KeysUnavailable, true),
            (TokenError::KeysRefused, true),
            (TokenError::UnknownKey, false),
            (TokenError::BadSignature, false),
            (TokenError::Expired(Duration::ZERO), false),
        ] {
            assert_eq!(error.is_about_keys(), about_keys, "{error}");
        }
    }
}
