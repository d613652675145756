//! What the Frontend API refuses, with Clerk's codes: its components choose their words by them and put them beside the
//! field that they name. A fault in a form is 422; a request that nobody may make is 401 or 403.

use std::time::Duration;

use axum::http::StatusCode;

use crate::instance::{
    accounts::Refusal,
    clerk_error::ClerkError,
    password::PasswordError,
    social::{ExternalError, ProviderError},
    store::{CallError, CodeCheck, TicketError},
    user_resource::whole_seconds,
};

/// No session of this browser: Clerk's client asks for its browser again and signs out if it has to.
pub const UNAUTHENTICATED: ClerkError =
    ClerkError::new(StatusCode::UNAUTHORIZED, "authentication_invalid", "This browser has no such session.");
/// One account at a time.
pub const SESSION_EXISTS: ClerkError = ClerkError::new(
    StatusCode::BAD_REQUEST,
    "session_exists",
    "Somebody is signed in in this browser. Sign out before you sign in as somebody else.",
);
/// Neither is a way on.
pub const NO_SIGN_IN: ClerkError = ClerkError::not_found("This browser has no sign-in with this id.");
pub const NO_SIGN_UP: ClerkError = ClerkError::not_found("This browser has no sign-up with this id.");
/// Whoever showed that the account is theirs learns of the ban.
pub const BANNED: ClerkError = ClerkError::new(
    StatusCode::FORBIDDEN,
    "user_banned",
    "This account is banned. Its owner cannot sign in until an administrator lifts the ban.",
);
const LOCKED: ClerkError = ClerkError::new(
    StatusCode::FORBIDDEN,
    "user_locked",
    "This account is locked: too many attempts failed. Try again later.",
);
pub const UNKNOWN_IDENTIFIER: ClerkError =
    ClerkError::field("form_identifier_not_found", "identifier", "Nobody has an account with this address.");
pub const WRONG_PASSWORD: ClerkError =
    ClerkError::field("form_password_incorrect", "password", "The password is not right.");
/// A factor that this account, or this instance, does not have.
pub const WRONG_STRATEGY: ClerkError =
    ClerkError::field("strategy_for_user_invalid", "strategy", "This account cannot be signed in to this way.");

/// Somebody else began to sign in with it meanwhile.
pub const IDENTITY_TAKEN: ClerkError =
    ClerkError::new(StatusCode::UNPROCESSABLE_ENTITY, ExternalError::Exists.code(), ExternalError::Exists.message());
const PROVIDER_DOWN: ClerkError = ClerkError::new(
    StatusCode::BAD_GATEWAY,
    "oauth_provider_unavailable",
    "The identity provider cannot be asked who you are. Try again, or sign in in another way.",
);

/// A field without which nothing goes on.
pub const fn param_nil(name: &'static str) -> ClerkError {
    ClerkError::field("form_param_nil", name, "Enter something here.")
}

/// A field with a value that has no meaning.
pub const fn param_value(name: &'static str, message: &'static str) -> ClerkError {
    ClerkError::field("form_param_value_invalid", name, message)
}

/// Too many failures: nobody can sign in for this long.
pub fn locked(left: Duration) -> ClerkError {
    LOCKED.with_meta("lockout_expires_in_seconds", whole_seconds(left))
}

/// What is wrong with what somebody wants to be known by; the password may stand in a field of another name.
pub const fn account(refusal: Refusal, password: &'static str) -> ClerkError {
    match refusal {
        Refusal::EmailTaken => {
            ClerkError::field("form_identifier_exists", "email_address", "Somebody has an account with this address.")
        }
        Refusal::EmailInvalid => {
            ClerkError::field("form_param_format_invalid", "email_address", "This is not an email address.")
        }
        Refusal::PasswordTooShort => {
            ClerkError::field("form_password_length_too_short", password, "A password has at least 8 characters.")
        }
        Refusal::PasswordTooLong => {
            ClerkError::field("form_password_length_too_long", password, "A password has at most 72 characters.")
        }
        Refusal::PasswordIsEmail => ClerkError::field(
            "form_password_not_strong_enough",
            password,
            "The password must differ from the email address.",
        ),
        Refusal::NameTooLong(name) => {
            ClerkError::field("form_param_max_length_exceeded", name, "A name has at most 100 characters.")
        }
        Refusal::WrongCredentials | Refusal::WrongCode | Refusal::CodeOver => WRONG_PASSWORD,
        Refusal::Ticket(error) => ticket(error),
        Refusal::Banned => BANNED,
        Refusal::Locked => LOCKED,
    }
}

/// Why a sign-in token signs nobody in.
pub const fn ticket(error: TicketError) -> ClerkError {
    let (code, message) = match error {
        TicketError::Unknown => ("ticket_invalid_code", "This sign-in token is not one of this instance."),
        TicketError::Expired => ("ticket_expired_code", "This sign-in token has expired."),
        TicketError::Used => ("sign_in_token_already_used_code", "This sign-in token was used before."),
        TicketError::Revoked => ("sign_in_token_revoked_code", "This sign-in token was revoked."),
    };
    ClerkError::new(StatusCode::BAD_REQUEST, code, message)
}

/// Why an answered code does not do.
pub const fn code(check: &CodeCheck) -> Option<ClerkError> {
    match check {
        CodeCheck::Correct => None,
        CodeCheck::Wrong => Some(ClerkError::field("form_code_incorrect", "code", "The code is not right.")),
        CodeCheck::Expired => {
            Some(ClerkError::field("verification_expired", "code", "This code no longer works. Ask for a new one."))
        }
        CodeCheck::Exhausted => {
            Some(ClerkError::field("verification_failed", "code", "Too many codes were wrong. Ask for a new one."))
        }
    }
}

impl From<ClerkError> for CallError<ClerkError> {
    fn from(error: ClerkError) -> Self {
        Self::Refused(error)
    }
}

/// What happened stands in the log.
impl From<ProviderError> for ClerkError {
    fn from(_: ProviderError) -> Self {
        PROVIDER_DOWN
    }
}

impl From<PasswordError> for ClerkError {
    fn from(error: PasswordError) -> Self {
        tracing::error!(%error, "the embedded Clerk could not hash a password");
        Self::internal()
    }
}
