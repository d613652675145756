//! The key that signs every token of the instance: RSA-2048, made with the instance's file and kept in it.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// The key cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
#[error("the signing key cannot be made, read or used")]
pub struct SigningKeyError;

/// An RSA key pair.
pub struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Makes a new key; returns it as PKCS #8 too, to be kept.
    pub fn generate() -> Result<(Self, Vec<u8>), SigningKeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| SigningKeyError)?;
        let der = pair.as_der().map_err(|_| SigningKeyError)?.as_ref().to_vec();
        Ok((Self(pair), der))
    }

    /// Reads a key back.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SigningKeyError> {
        RsaKeyPair::from_pkcs8(der).map(Self).map_err(|_| SigningKeyError)
    }

    /// Signs a token (RFC 7515, compact serialisation, RS256).
    pub fn sign(&self, header: &Value, payload: &Value) -> Result<String, SigningKeyError> {
        let signed = format!("{}.{}", encode(header), encode(payload));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| SigningKeyError)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The header and the payload of a token that this key signed; none for any other text.
    pub fn verify(&self, token: &str) -> Option<(Value, Value)> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.0.public_key()).ok()?;
        key.verify_sig(signed.as_bytes(), &signature).ok()?;
        Some((decode(header)?, decode(payload)?))
    }

    /// The public half, as base64 of its SPKI form (RFC 5280).
    pub fn public_key(&self) -> Result<String, SigningKeyError> {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().map_err(|_| SigningKeyError)?;
        Ok(STANDARD.encode(der.as_ref()))
    }

    /// The public half, as a key set shows it (RFC 7517).
    pub fn jwk(&self, kid: &str) -> Value {
        let public = self.0.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": kid,
            "alg": "RS256",
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        })
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
