//! Who somebody is, as an identity provider tells (OpenID Connect Core 5.1).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::instance::accounts::{MAX_NAME_CHARS, is_email, normalise_email};

/// OpenID Connect Core 2: a subject has at most 255 characters.
const MAX_SUBJECT_CHARS: usize = 255;

/// Who somebody is.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// The provider's strategy.
    pub strategy: String,
    /// Who tells it.
    pub issuer: String,
    /// The account, as its provider names it. With the issuer it names somebody for good.
    pub subject: String,
    /// In lower case.
    pub email: Option<String>,
    /// Whether the provider knows that the address is theirs.
    pub email_verified: bool,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
}

/// What a userinfo endpoint answers, as far as it is of use here.
#[derive(Deserialize)]
pub struct Claims {
    sub: String,
    email: Option<String>,
    /// Some providers write it as a text.
    email_verified: Option<Value>,
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
}

impl Identity {
    /// What `claims` of this issuer say. None without a usable subject.
    pub fn read(strategy: &str, issuer: &str, claims: Claims) -> Option<Self> {
        let subject = Some(claims.sub).filter(|sub| !sub.is_empty() && sub.chars().count() <= MAX_SUBJECT_CHARS)?;
        let email = claims.email.as_deref().map(normalise_email).filter(|email| is_email(email));
        let verified = matches!(&claims.email_verified, Some(Value::Bool(true)))
            || claims.email_verified.as_ref().and_then(Value::as_str) == Some("true");
        Some(Self {
            strategy: strategy.to_owned(),
            issuer: issuer.to_owned(),
            subject,
            email_verified: verified && email.is_some(),
            email,
            first_name: name(claims.given_name.or(claims.name)),
            last_name: name(claims.family_name),
        })
    }

    /// The strategy that an address counts as verified by which this identity brought, as Clerk names it.
    pub fn email_strategy(&self) -> String {
        format!("from_{}", self.strategy)
    }
}

fn name(name: Option<String>) -> String {
    let name = name.unwrap_or_default();
    name.trim().chars().filter(|character| !character.is_control()).take(MAX_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Option<Identity> {
        Identity::read("oauth_custom_x", "https://id.example", serde_json::from_value(claims).unwrap())
    }

    #[test]
    fn an_address_counts_as_verified_if_the_provider_says_so() {
        let verified = |claim: Value| {
            read(json!({ "sub": "1", "email": "Ada@Example.com", "email_verified": claim })).unwrap().email_verified
        };
        assert!(verified(json!(true)) && verified(json!("true")));
        for claim in [json!(false), json!("false"), json!("yes"), json!(1), json!(null)] {
            assert!(!verified(claim.clone()), "{claim}");
        }
        let silent = read(json!({ "sub": "1", "email": "Ada@Example.com" })).unwrap();
        assert_eq!((silent.email.as_deref(), silent.email_verified), (Some("ada@example.com"), false));
        let none = read(json!({ "sub": "1", "email": "nobody", "email_verified": true })).unwrap();
        assert_eq!((none.email, none.email_verified), (None, false), "what is no address is not verified either");
    }

    #[test]
    fn names_fit_and_a_subject_is_needed() {
        let long = read(json!({ "sub": "1", "given_name": "x".repeat(101), "family_name": " a\u{7}b " })).unwrap();
        assert_eq!((long.first_name.len(), long.last_name.as_str()), (100, "ab"));
        assert_eq!(read(json!({ "sub": "1", "name": "Ada Lovelace" })).unwrap().first_name, "Ada Lovelace");
        assert!(read(json!({ "sub": "" })).is_none() && read(json!({ "sub": "x".repeat(256) })).is_none());
    }
}
