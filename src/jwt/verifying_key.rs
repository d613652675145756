//! Keys, made ready once: reading an RSA key anew for every token would cost a seventh of the verification. A public key
//! and a secret are two types, so that neither can ever be used as the other.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    hmac,
    signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RsaPublicKeyComponents},
};
use jsonwebtoken::{AlgorithmFamily, DecodingKey, DecodingKeyKind};
use secrecy::{ExposeSecret, SecretString};

use super::Algorithm;

/// 2048 bits (RFC 7518, section 3.3).
const MIN_MODULUS_BYTES: usize = 256;

/// A key of either kind.
#[derive(Debug, Clone)]
pub enum VerifyingKey {
    Public(Arc<PublicKey>),
    Secret(Arc<SecretKey>),
}

impl VerifyingKey {
    /// Whether `signature` was made for `message` with this key's other half, by an algorithm that the key is for.
    pub fn verifies(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Public(key) => key.verifies(algorithm, message, signature),
            Self::Secret(key) => algorithm == SecretKey::ALGORITHM && key.verifies(message, signature),
        }
    }
}

/// A public key, made ready for each algorithm that it may be used with.
pub struct PublicKey {
    source: DecodingKey,
    /// Empty for a key that is of no use: it then verifies nothing.
    parsed: Vec<(Algorithm, ParsedPublicKey)>,
}

impl PublicKey {
    /// Makes a key ready for those of `algorithms` that its kind fits.
    pub fn new(source: DecodingKey, algorithms: &[Algorithm]) -> Self {
        let parsed =
            algorithms.iter().filter_map(|algorithm| Some((*algorithm, parse(&source, *algorithm)?))).collect();
        Self { source, parsed }
    }

    /// Whether it fits any of its algorithms: RSA of at least 2048 bits, or a point on P-256.
    pub const fn is_usable(&self) -> bool {
        !self.parsed.is_empty()
    }

    fn verifies(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let parsed = self.parsed.iter().find(|(own, _)| own.name() == algorithm);
        parsed.is_some_and(|(_, key)| key.verify_sig(message, signature).is_ok())
    }

    fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.parsed.iter().map(|(algorithm, _)| *algorithm)
    }
}

fn parse(source: &DecodingKey, algorithm: Algorithm) -> Option<ParsedPublicKey> {
    match (source.family(), source.kind(), algorithm.rsa()) {
        (AlgorithmFamily::Rsa, DecodingKeyKind::SecretOrDer(der), Some(rsa)) => ParsedPublicKey::new(rsa, der).ok(),
        (AlgorithmFamily::Rsa, DecodingKeyKind::RsaModulusExponent { n, e }, Some(rsa)) => {
            let components = RsaPublicKeyComponents { n, e };
            (n.len() >= MIN_MODULUS_BYTES).then(|| components.to_parsed_public_key(rsa).ok()).flatten()
        }
        (AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point), None) => {
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()
        }
        _ => None,
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        let same_source = match (self.source.kind(), other.source.kind()) {
            (DecodingKeyKind::RsaModulusExponent { n, e }, DecodingKeyKind::RsaModulusExponent { n: n2, e: e2 }) => {
                n == n2 && e == e2
            }
            (DecodingKeyKind::SecretOrDer(one), DecodingKeyKind::SecretOrDer(other)) => one == other,
            _ => false,
        };
        same_source && self.algorithms().eq(other.algorithms())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PublicKey")
    }
}

/// A secret that issuer and verifier share. It checks HS256 signatures and nothing else.
pub struct SecretKey(hmac::Key);

impl SecretKey {
    /// The one algorithm that secrets are for.
    pub const ALGORITHM: &'static str = "HS256";

    /// Makes a secret ready. Its bytes are those of the text.
    pub fn new(secret: &SecretString) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()))
    }

    /// In a time that says nothing of how much of the signature is right.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.0, message, signature).is_ok()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{jwt::public_key_from_pem, testing::TestKey};

    #[test]
    fn a_key_for_other_algorithms_is_another_key() {
        let key = |name: &str, algorithms: &[Algorithm]| {
            PublicKey::new(public_key_from_pem(&TestKey::named(name).public_pem()).unwrap(), algorithms)
        };
        let one = key("one", &[Algorithm::Rs256]);
        assert!(one == key("one", &[Algorithm::Rs256]));
        assert!(one != key("one", &[Algorithm::Rs512]) && one != key("one", &[Algorithm::Rs256, Algorithm::Rs512]));
        assert!(one != key("other", &[Algorithm::Rs256]));
    }

    #[test]
    fn a_published_key_is_the_same_as_long_as_its_numbers_are() {
        let published = |n: &TestKey, e: &str| {
            let n = n.jwk()["n"].as_str().unwrap().to_owned();
            PublicKey::new(DecodingKey::from_rsa_components(&n, e).unwrap(), &[Algorithm::Rs256])
        };
        let (one, other) = (TestKey::named("one"), TestKey::named("other"));
        assert!(published(&one, "AQAB") == published(&one, "AQAB"));
        assert!(published(&one, "AQAB") != published(&other, "AQAB"));
        assert!(published(&one, "AQAB") != published(&one, "Aw"));
    }
}
