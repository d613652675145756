//! An RSA public key, made ready once: reading it anew for every token would cost a seventh of the verification.

use std::fmt;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use jsonwebtoken::{DecodingKey, DecodingKeyKind};

/// 2048 bits (RFC 7518, section 3.3).
const MIN_MODULUS_BYTES: usize = 256;

/// A key that checks RS256 signatures.
pub struct VerifyingKey {
    source: DecodingKey,
    /// None for a key that RS256 cannot use, which then verifies nothing.
    parsed: Option<ParsedPublicKey>,
}

impl VerifyingKey {
    /// Makes a key ready.
    pub fn new(source: DecodingKey) -> Self {
        let parsed = match source.kind() {
            DecodingKeyKind::SecretOrDer(der) => ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).ok(),
            DecodingKeyKind::RsaModulusExponent { n, .. } if n.len() < MIN_MODULUS_BYTES => None,
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()
            }
        };
        Self { source, parsed }
    }

    /// Whether RS256 can use it at all: RSA of at least 2048 bits.
    pub const fn is_usable(&self) -> bool {
        self.parsed.is_some()
    }

    /// Whether `signature` was made for `message` with the private half of this key (RSASSA-PKCS1-v1_5 with SHA-256).
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.as_ref().is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        match (self.source.kind(), other.source.kind()) {
            (DecodingKeyKind::RsaModulusExponent { n, e }, DecodingKeyKind::RsaModulusExponent { n: n2, e: e2 }) => {
                n == n2 && e == e2
            }
            (DecodingKeyKind::SecretOrDer(one), DecodingKeyKind::SecretOrDer(other)) => one == other,
            _ => false,
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VerifyingKey")
    }
}
