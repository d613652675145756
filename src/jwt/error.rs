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
    /// There is no key set to verify with: says nothing about the token. Nobody asks for one for this long.
    #[error("the issuer's keys cannot be had")]
    KeysUnavailable(Duration),
    /// The key server does not accept our credentials: says nothing about the token either. Nobody asks again for this
    /// long.
    #[error("the key server refuses the secret it was asked with")]
    KeysRefused(Duration),
}

impl TokenError {
    /// Whether the error says nothing about the token, because there are no keys to check it with.
    #[must_use]
    pub const fn is_about_keys(&self) -> bool {
        self.retry_after().is_some()
    }

    /// In how many seconds there may be keys, if there are none to check the token with; never in none.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::KeysUnavailable(wait) | Self::KeysRefused(wait) => Some(whole_seconds(*wait)),
            _ => None,
        }
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
            Self::KeysUnavailable(_) | Self::KeysRefused(_) => "no_keys",
        }
    }
}

/// As `Retry-After` has it: begun seconds count, and there is at least one.
const fn whole_seconds(wait: Duration) -> u64 {
    let begun = if wait.subsec_nanos() > 0 { 1 } else { 0 };
    let seconds = wait.as_secs() + begun;
    if seconds == 0 { 1 } else { seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_errors_say_nothing_about_the_token() {
        for (error, about_keys) in [
            (TokenError::KeysUnavailable(Duration::ZERO), true),
            (TokenError::KeysRefused(Duration::ZERO), true),
            (TokenError::UnknownKey, false),
            (TokenError::BadSignature, false),
            (TokenError::Expired(Duration::ZERO), false),
        ] {
            assert_eq!(error.is_about_keys(), about_keys, "{error}");
        }
    }

    #[test]
    fn whoever_has_to_wait_is_told_how_long() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (30_000, 30)] {
            let wait = Duration::from_millis(millis);
            assert_eq!(TokenError::KeysUnavailable(wait).retry_after(), Some(seconds), "{millis}");
            assert_eq!(TokenError::KeysRefused(wait).retry_after(), Some(seconds), "{millis}");
        }
        assert_eq!(TokenError::UnknownKey.retry_after(), None);
    }
}
