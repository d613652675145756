//! Codes and access tokens that are worth something: few, for a short while, kept as hashes. A code works once; whoever
//! brings it again takes away what it was worth (RFC 6749 4.1.2).

use std::{collections::HashMap, time::Duration};

use super::people::MadeUpPerson;
use crate::instance::ids::{hash_secret, new_secret};

const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// How long an access token works.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// So many people cannot be on their way at once on one machine.
const MAX_GRANTS: usize = 1000;

/// What a code is bound to.
pub struct Authorization {
    /// Who was chosen.
    pub person: &'static MadeUpPerson,
    pub client_id: String,
    pub redirect_uri: String,
    /// `S256` of the verifier.
    pub code_challenge: String,
}

struct Token {
    person: &'static MadeUpPerson,
    /// The hash of the code that it was given for.
    code: Vec<u8>,
    expire_at: Duration,
}

/// All that are worth something.
#[derive(Default)]
pub struct Grants {
    codes: HashMap<Vec<u8>, (Authorization, Duration)>,
    tokens: HashMap<Vec<u8>, Token>,
}

impl Grants {
    /// A new code; none while there are too many.
    pub fn issue_code(&mut self, authorization: Authorization, now: Duration) -> Option<String> {
        self.forget_old(now);
        if self.codes.len() >= MAX_GRANTS {
            return None;
        }
        let code = new_secret();
        self.codes.insert(hash_secret(&code), (authorization, now + CODE_LIFETIME));
        Some(code)
    }

    /// What a code is bound to. It works no more, whether or not its bearer can use it.
    pub fn use_code(&mut self, code: &str, now: Duration) -> Option<Authorization> {
        let hash = hash_secret(code);
        self.tokens.retain(|_, token| token.code != hash);
        self.codes.remove(&hash).filter(|(_, expire_at)| now < *expire_at).map(|(authorization, _)| authorization)
    }

    /// A new access token for what a code was bound to; none while there are too many.
    pub fn issue_token(&mut self, authorization: &Authorization, code: &str, now: Duration) -> Option<String> {
        self.forget_old(now);
        if self.tokens.len() >= MAX_GRANTS {
            return None;
        }
        let token = new_secret();
        let (person, code) = (authorization.person, hash_secret(code));
        self.tokens.insert(hash_secret(&token), Token { person, code, expire_at: now + TOKEN_LIFETIME });
        Some(token)
    }

    /// Whose an access token is.
    pub fn bearer(&self, token: &str, now: Duration) -> Option<&'static MadeUpPerson> {
        self.tokens.get(&hash_secret(token)).filter(|token| now < token.expire_at).map(|token| token.person)
    }

    fn forget_old(&mut self, now: Duration) {
        self.codes.retain(|_, (_, expire_at)| now < *expire_at);
        self.tokens.retain(|_, token| now < token.expire_at);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::people::PEOPLE, *};

    const NOW: Duration = Duration::from_secs(1_000_000);

    fn authorization() -> Authorization {
        let text = String::new;
        Authorization { person: &PEOPLE[0], client_id: text(), redirect_uri: text(), code_challenge: text() }
    }

    #[test]
    fn a_code_works_once_and_for_a_minute() {
        let mut grants = Grants::default();
        let code = grants.issue_code(authorization(), NOW).unwrap();
        assert!(grants.use_code("another", NOW).is_none());
        assert!(grants.use_code(&code, NOW + CODE_LIFETIME - Duration::from_millis(1)).is_some());
        assert!(grants.use_code(&code, NOW).is_none());
        let code = grants.issue_code(authorization(), NOW).unwrap();
        assert!(grants.use_code(&code, NOW + CODE_LIFETIME).is_none());
    }

    #[test]
    fn a_token_works_for_ten_minutes_unless_its_code_comes_again() {
        let mut grants = Grants::default();
        let token = grants.issue_token(&authorization(), "code", NOW).unwrap();
        let works = |grants: &Grants, now| grants.bearer(&token, now).is_some();
        assert!(works(&grants, NOW + TOKEN_LIFETIME - Duration::from_millis(1)));
        assert!(!works(&grants, NOW + TOKEN_LIFETIME));
        assert!(grants.bearer("another", NOW).is_none());
        assert!(grants.use_code("code", NOW).is_none());
        assert!(!works(&grants, NOW), "a stolen code is noticed when it is used twice");
    }

    #[test]
    fn there_are_only_so_many() {
        let mut grants = Grants::default();
        for _ in 0..MAX_GRANTS {
            assert!(grants.issue_code(authorization(), NOW).is_some());
            assert!(grants.issue_token(&authorization(), "code", NOW).is_some());
        }
        assert!(grants.issue_code(authorization(), NOW).is_none());
        assert!(grants.issue_token(&authorization(), "code", NOW).is_none());
        assert!(grants.issue_code(authorization(), NOW + CODE_LIFETIME).is_some());
    }
}
