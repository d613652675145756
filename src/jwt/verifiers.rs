//! Several issuers: which one's keys and rules a token is held to.

use std::time::Duration;

use super::{TokenError, UnverifiedToken, VerifiedToken, Verifier};

/// One verifier per issuer.
#[derive(Debug)]
pub struct Verifiers {
    first: Verifier,
    others: Vec<Verifier>,
}

impl Verifiers {
    /// With `others`, each of them and `first` must expect another issuer; otherwise the first of the same counts.
    #[must_use]
    pub const fn new(first: Verifier, others: Vec<Verifier>) -> Self {
        Self { first, others }
    }

    /// The issuers, as far as the rules name them.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&self.others).filter_map(Verifier::issuer)
    }

    /// Verifies `token` with the keys and by the rules of the issuer that it names, and of no other. What it names is
    /// verified with it.
    ///
    /// # Errors
    /// [`TokenError::WrongIssuer`] for an issuer that is none of these; else the first check that failed.
    pub async fn verify(&self, token: &str, now: Duration) -> Result<VerifiedToken, TokenError> {
        if self.others.is_empty() {
            return self.first.verify(token, now).await;
        }
        let token = UnverifiedToken::parse(token)?;
        let issuer = token.unverified_claims.text("iss").ok_or(TokenError::WrongIssuer)?;
        let mut all = std::iter::once(&self.first).chain(&self.others);
        let verifier = all.find(|verifier| verifier.issuer() == Some(issuer)).ok_or(TokenError::WrongIssuer)?;
        verifier.verify_parsed(&token, now).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::{
        jwt::{KeySet, Rules, public_key_from_pem},
        testing::{TestKey, session_claims, with},
    };

    const NOW: f64 = 1_666_648_250.0;

    fn verifier(issuer: &str, key: &str, audience: &str) -> Verifier {
        let key = public_key_from_pem(&TestKey::named(key).public_pem()).unwrap();
        Verifier::new(Arc::new(KeySet::fixed(key)), Rules::open_id(Some(issuer.to_owned()), vec![audience.to_owned()]))
    }

    #[test]
    fn every_issuer_is_named() {
        let verifiers =
            Verifiers::new(verifier("https://a", "of a", "for a"), vec![verifier("https://b", "of b", "for b")]);
        assert_eq!(verifiers.issuers().collect::<Vec<_>>(), ["https://a", "https://b"]);
    }

    #[tokio::test]
    async fn a_token_is_held_to_the_issuer_that_it_names() {
        let verifiers =
            Verifiers::new(verifier("https://a", "of a", "for a"), vec![verifier("https://b", "of b", "for b")]);
        for (issuer, key, audience, expected) in [
            (json!("https://a"), "of a", "for a", "valid"),
            (json!("https://b"), "of b", "for b", "valid"),
            (json!("https://b"), "of a", "for b", "bad_signature"),
            (json!("https://a"), "of b", "for a", "bad_signature"),
            (json!("https://a"), "of a", "for b", "wrong_audience"),
            (json!("https://c"), "of a", "for a", "wrong_issuer"),
            (json!(["https://a"]), "of a", "for a", "wrong_issuer"),
            (json!(null), "of a", "for a", "wrong_issuer"),
        ] {
            let claims = with(session_claims("", "", NOW), "iss", issuer.clone());
            let token = TestKey::named(key).sign(&with(claims, "aud", json!(audience)));
            let outcome = verifiers.verify(&token, Duration::from_secs_f64(NOW)).await;
            assert_eq!(outcome.map_or_else(|error| error.reason(), |_| "valid"), expected, "{issuer} {key} {audience}");
        }
    }
}
