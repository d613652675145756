//! One request for a key set (RFC 7517, section 5), bounded in time and size, and what is accepted of the answer.

use std::{collections::HashMap, sync::Arc};

use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{
    http::{describe_failure, read_body},
    verifying_key::VerifyingKey,
};

/// A real key set has two or three keys of half a kilobyte.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

pub type Keys = HashMap<String, Arc<VerifyingKey>>;

/// Where a key set is.
#[derive(Debug, Clone)]
pub struct KeyServer {
    /// The key set's address.
    pub url: Url,
    /// The bearer token that it asks for. Most ask for none: the keys are public.
    pub secret: Option<SecretString>,
}

impl From<Url> for KeyServer {
    fn from(url: Url) -> Self {
        Self { url, secret: None }
    }
}

/// Why a key set could not be had. For the log and for readiness, never for callers.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    #[error("the key server cannot be reached: {0}")]
    Unreachable(String),
    #[error("the key server answered {0}")]
    Status(u16),
    #[error("the key server's answer is larger than 64 kB")]
    TooLarge,
    #[error("the key server's answer is not a key set with at least one RS256 key")]
    NoUsableKey,
}

/// Fetches a key set.
pub(super) async fn fetch(client: &reqwest::Client, server: &KeyServer) -> Result<Keys, FetchError> {
    let unreachable = |error: reqwest::Error| FetchError::Unreachable(describe_failure(error));
    let mut request = client.get(server.url.clone());
    if let Some(secret) = &server.secret {
        request = request.bearer_auth(secret.expose_secret());
    }
    let answer = request.send().await.map_err(unreachable)?;
    if !answer.status().is_success() {
        return Err(FetchError::Status(answer.status().as_u16()));
    }
    let body = read_body(answer, MAX_ANSWER_BYTES).await.map_err(unreachable)?;
    usable_keys(&body.ok_or(FetchError::TooLarge)?)
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    n: String,
    e: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
}

/// The RS256 keys of an answer. Keys of other kinds are passed over; an answer without any is an error, so that a good
/// set is never replaced by an empty one.
pub(super) fn usable_keys(body: &[u8]) -> Result<Keys, FetchError> {
    let jwks: Jwks = serde_json::from_slice(body).map_err(|_| FetchError::NoUsableKey)?;
    let keys: Keys = jwks.keys.into_iter().filter_map(usable_key).collect();
    if keys.is_empty() { Err(FetchError::NoUsableKey) } else { Ok(keys) }
}

fn usable_key(jwk: serde_json::Value) -> Option<(String, Arc<VerifyingKey>)> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let fits = jwk.kty == "RSA"
        && jwk.alg.as_deref().is_none_or(|alg| alg == "RS256")
        && jwk.usage.as_deref().is_none_or(|usage| usage == "sig");
    let key = VerifyingKey::new(DecodingKey::from_rsa_components(&jwk.n, &jwk.e).ok()?);
    (fits && key.is_usable()).then(|| (jwk.kid, Arc::new(key)))
}
