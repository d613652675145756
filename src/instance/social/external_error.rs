//! Why a way to an identity provider and back led to nobody, or to somebody else than was meant. Clerk's codes: its
//! components choose their words by them.

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalError {
    /// The person refused, or the provider did.
    AccessDenied,
    /// The code was worth no token.
    TokenExchange,
    /// The provider did not tell who it is.
    FetchUser,
    /// Nobody has an account with this identity: a sign-up can go on with it.
    NotFound,
    /// Somebody has: a sign-in can go on with it.
    Exists,
    /// Another user signs in with it.
    Claimed,
    /// The account is banned.
    Banned,
    /// The account is locked.
    Locked,
    /// Somebody has an account with its address, and not both sides know that it is theirs.
    AddressTaken,
    /// Something else was begun in this browser meanwhile.
    Superseded,
    /// Somebody is signed in in this browser.
    SessionExists,
    /// Whoever wanted to connect the account is not signed in any more.
    SignedOut,
    /// Without an address there is no account.
    NoEmail,
}

const ALL: [ExternalError; 13] = [
    ExternalError::AccessDenied,
    ExternalError::TokenExchange,
    ExternalError::FetchUser,
    ExternalError::NotFound,
    ExternalError::Exists,
    ExternalError::Claimed,
    ExternalError::Banned,
    ExternalError::Locked,
    ExternalError::AddressTaken,
    ExternalError::Superseded,
    ExternalError::SessionExists,
    ExternalError::SignedOut,
    ExternalError::NoEmail,
];

impl ExternalError {
    /// Clerk's code for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "oauth_access_denied",
            Self::TokenExchange => "oauth_token_exchange_error",
            Self::FetchUser => "oauth_fetch_user_error",
            Self::NotFound => "external_account_not_found",
            Self::Exists => "external_account_exists",
            Self::Claimed => "oauth_identification_claimed",
            Self::Banned => "user_banned",
            Self::Locked => "user_locked",
            Self::AddressTaken => "form_identifier_exists",
            Self::Superseded => "verification_expired",
            Self::SessionExists => "session_exists",
            Self::SignedOut => "authentication_invalid",
            Self::NoEmail => "external_account_email_address_missing",
        }
    }

    /// For the person in front of the browser.
    pub const fn message(self) -> &'static str {
        match self {
            Self::AccessDenied => "You refused at the identity provider.",
            Self::TokenExchange => "The identity provider did not confirm who you are. Try again.",
            Self::FetchUser => "The identity provider did not say who you are. Try again.",
            Self::NotFound => "Nobody has an account with this identity.",
            Self::Exists => "Somebody has an account with this identity.",
            Self::Claimed => "Another user signs in with this account.",
            Self::Banned => "This account is banned. Its owner cannot sign in until an administrator lifts the ban.",
            Self::Locked => "This account is locked: too many attempts failed. Try again later.",
            Self::AddressTaken => {
                "Somebody has an account with this address. Sign in to it with a password, and connect this one then."
            }
            Self::Superseded => "You began something else meanwhile. Try again.",
            Self::SessionExists => {
                "Somebody is signed in in this browser. Sign out before you sign in as somebody else."
            }
            Self::SignedOut => "You were signed out meanwhile. Sign in and connect the account again.",
            Self::NoEmail => "The identity provider told no email address, and an account here needs one.",
        }
    }

    /// The error with this code.
    pub fn read(code: &str) -> Self {
        ALL.into_iter().find(|error| error.code() == code).unwrap_or(Self::TokenExchange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_they_are_written() {
        for error in ALL {
            assert_eq!(ExternalError::read(error.code()), error);
        }
    }
}
