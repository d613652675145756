//! A token as a request brought it.

use super::{SessionToken, constants::SESSION_CATEGORIES};
use crate::jwt::{Claims, Header, TokenError, UnverifiedToken};

/// A token that a request brought. Nothing in it was verified.
#[derive(Debug, Clone)]
pub struct SentToken {
    /// The token itself.
    pub text: SessionToken,
    /// What it says, if it is a token at all.
    pub parsed: Result<UnverifiedToken, TokenError>,
}

impl SentToken {
    pub fn read(text: &str) -> Self {
        Self { text: SessionToken::new(text), parsed: UnverifiedToken::parse(text) }
    }

    pub fn claims(&self) -> Option<&Claims> {
        self.parsed.as_ref().ok().map(|token| &token.unverified_claims)
    }

    /// A claim that is a number of seconds.
    pub fn seconds(&self, claim: &str) -> Option<f64> {
        self.claims()?.seconds(claim)
    }
}

/// Tokens of other classes (of machines, from templates) are signed by the same key and must not pass for a session.
pub fn stands_for_session(token: &UnverifiedToken) -> bool {
    let machine = token.unverified_claims.subject().starts_with("mch_")
        || token.header.text("typ").is_some_and(|typ| matches!(typ, "at+jwt" | "application/at+jwt"));
    !machine && is_session_category(&token.header)
}

/// Whether the header says that this is a session token, or a handshake. Old tokens say nothing.
pub fn is_session_category(header: &Header) -> bool {
    !header.has("cat") || header.text("cat").is_some_and(|category| SESSION_CATEGORIES.contains(&category))
}
