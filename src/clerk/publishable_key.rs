//! The publishable key: names the instance and, through a suffix, its cookies (`@clerk/shared`, `keys.ts`).

use std::fmt;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether an instance is for development or for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceType {
    /// `pk_test_…`: browsers are named by a dev-browser token.
    Development,
    /// `pk_live_…`
    Production,
}

/// A valid publishable key: `pk_test_` or `pk_live_` and the base64 of `<host>$`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishableKey {
    text: String,
    host: String,
    instance_type: InstanceType,
    cookie_suffix: String,
}

/// The text is not a publishable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected pk_test_… or pk_live_… as the Clerk dashboard shows it (the base64 of a host name that holds a dot, then `$`)"
)]
pub struct PublishableKeyError;

impl PublishableKey {
    /// Reads a key.
    ///
    /// # Errors
    /// [`PublishableKeyError`] when Clerk's SDK would refuse it too.
    pub fn parse(text: &str) -> Result<Self, PublishableKeyError> {
        let mut parts = text.split('_');
        let (Some("pk"), Some(kind), Some(encoded), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(PublishableKeyError);
        };
        let instance_type = match kind {
            "test" => InstanceType::Development,
            "live" => InstanceType::Production,
            _ => return Err(PublishableKeyError),
        };
        let decoded = BASE64.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let host = decoded.as_deref().and_then(|text| text.strip_suffix('$')).ok_or(PublishableKeyError)?;
        if host.contains('$') || !host.contains('.') {
            return Err(PublishableKeyError);
        }
        Ok(Self { text: text.to_owned(), host: host.to_owned(), instance_type, cookie_suffix: suffix(text) })
    }

    /// The Frontend API host that the key names, with its port if it has one.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Development or production.
    #[must_use]
    pub const fn instance_type(&self) -> InstanceType {
        self.instance_type
    }

    /// `name` with this instance's suffix: two applications on one host do not overwrite each other's cookies.
    #[must_use]
    pub fn cookie(&self, name: &str) -> String {
        format!("{name}_{}", self.cookie_suffix)
    }
}

impl fmt::Display for PublishableKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// First eight characters of the base64 SHA-1 of the key as configured. A name, not a protection.
fn suffix(key: &str) -> String {
    let hash = BASE64.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes()));
    hash.chars()
        .take(8)
        .map(|character| match character {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_those_of_the_javascript_sdk() {
        for (key, suffix) in [
            ("pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA", "3_AN3zpR"),
            ("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "naoXFJnI"),
            ("pk_test_Y2xlcmsuY2xlcmsuZGV2JA", "QvfNY2dr"),
            ("pk_live_ZmFrZS1jbGVyay10ZXN0LmNsZXJrLmFjY291bnRzLmRldiQ=", "qReyu04C"),
            ("pk_test_ZW5vdWdoLWFscGFjYS04Mi5jbGVyay5hY2NvdW50cy5sY2xjbGVyay5jb20k", "jtYvyt_H"),
        ] {
            let key = PublishableKey::parse(key).unwrap();
            assert_eq!(key.cookie("__session"), format!("__session_{suffix}"));
        }
    }

    #[test]
    fn names_the_host_and_the_kind() {
        let key = PublishableKey::parse("pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA").unwrap();
        assert_eq!((key.host(), key.instance_type()), ("local-dev-1.clerk.accounts.dev", InstanceType::Development));
    }

    #[test]
    fn refuses_what_the_javascript_sdk_refuses() {
        let no_dot = format!("pk_test_{}", BASE64.encode("localhost:3000$"));
        let no_dollar = format!("pk_test_{}", BASE64.encode("clerk.example.com"));
        let two_dollars = format!("pk_test_{}", BASE64.encode("clerk.example$.com$"));
        for key in
            ["", "pk_test_", "sk_test_Y2xlcmsuZXhhbXBsZS5jb20k", "pk_beta_Y2xlcmsuZXhhbXBsZS5jb20k", "pk_test_%%%"]
        {
            assert_eq!(PublishableKey::parse(key), Err(PublishableKeyError), "{key}");
        }
        for key in [no_dot, no_dollar, two_dollars] {
            assert_eq!(PublishableKey::parse(&key), Err(PublishableKeyError), "{key}");
        }
    }
}
