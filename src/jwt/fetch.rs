//! One request for a key set (RFC 7517, section 5), bounded in time and size, and what is accepted of the answer.

use std::{fmt, sync::Arc, time::Duration};

use jsonwebtoken::DecodingKey;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{
    Algorithm,
    http::{describe_failure, read_body},
    keys::Keys,
    verifying_key::PublicKey,
};

/// A real key set has two or three keys of half a kilobyte.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where a key set is, and what its keys are used for. Prints nothing that may be a secret.
#[derive(Clone)]
pub struct KeyServer {
    /// The key set's address.
    pub url: Url,
    /// The bearer token that it asks for. Most ask for none: the keys are public.
    pub secret: Option<SecretString>,
    /// More that it asks for.
    pub headers: HeaderMap,
    /// The algorithms its keys may be used with, whatever else they would fit.
    pub algorithms: Vec<Algorithm>,
    /// How often it is asked, and for how long its answer counts.
    pub times: KeyTimes,
}

/// How often a key set is fetched, and for how long what was fetched counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTimes {
    /// Keys older than this are fetched again in the background, while the old ones still serve. Clerk's SDK uses 5 min.
    pub refresh: Duration,
    /// Keys older than this serve no longer: the issuer has been unreachable for too long to vouch for them.
    pub stale: Duration,
    /// At most one fetch per this time for key ids that are not in the set, whoever sends them.
    pub cooldown: Duration,
    /// How long one fetch may take.
    pub timeout: Duration,
}

impl Default for KeyTimes {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(300),
            stale: Duration::from_secs(3600),
            cooldown: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
        }
    }
}

impl KeyServer {
    /// Whether nothing tells the two apart, so that they may share their keys.
    pub(super) fn is(&self, other: &Self) -> bool {
        let secret = |server: &Self| server.secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        self.url == other.url
            && self.headers == other.headers
            && self.algorithms == other.algorithms
            && self.times == other.times
            && secret(self) == secret(other)
    }
}

impl fmt::Display for KeyServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.url.origin().ascii_serialization(), self.url.path())
    }
}

impl fmt::Debug for KeyServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyServer({self})")
    }
}

/// A server that asks for nothing and whose keys are for RS256, as Clerk's is.
impl From<Url> for KeyServer {
    fn from(url: Url) -> Self {
        Self {
            url,
            secret: None,
            headers: HeaderMap::new(),
            algorithms: vec![Algorithm::Rs256],
            times: KeyTimes::default(),
        }
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
    #[error("the key server's answer is not a key set with a key that can be used")]
    NoUsableKey,
}

/// Fetches a key set.
pub(super) async fn fetch(client: &reqwest::Client, server: &KeyServer) -> Result<Keys, FetchError> {
    let unreachable = |error: reqwest::Error| FetchError::Unreachable(describe_failure(error));
    let mut request = client.get(server.url.clone()).headers(server.headers.clone()).timeout(server.times.timeout);
    if let Some(secret) = &server.secret {
        request = request.bearer_auth(secret.expose_secret());
    }
    let answer = request.send().await.map_err(unreachable)?;
    if !answer.status().is_success() {
        return Err(FetchError::Status(answer.status().as_u16()));
    }
    let body = read_body(answer, MAX_ANSWER_BYTES).await.map_err(unreachable)?;
    usable_keys(&body.ok_or(FetchError::TooLarge)?, &server.algorithms)
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    #[serde(flatten)]
    material: Material,
}

/// What keys of each kind consist of (RFC 7518, section 6).
#[derive(Deserialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
}

/// The signing keys of an answer that fit `algorithms`. Others are passed over; an answer without any is an error, so that
/// a good set is never replaced by an empty one.
pub(super) fn usable_keys(body: &[u8], algorithms: &[Algorithm]) -> Result<Keys, FetchError> {
    let jwks: Jwks = serde_json::from_slice(body).map_err(|_| FetchError::NoUsableKey)?;
    let keys = Keys::new(jwks.keys.into_iter().filter_map(|jwk| usable_key(jwk, algorithms)).collect());
    if keys.is_empty() { Err(FetchError::NoUsableKey) } else { Ok(keys) }
}

fn usable_key(jwk: serde_json::Value, algorithms: &[Algorithm]) -> Option<(Option<String>, Arc<PublicKey>)> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let verifies = jwk.key_ops.is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    if !verifies || jwk.usage.is_some_and(|usage| usage != "sig") {
        return None;
    }
    let is_for = |algorithm: &&Algorithm| jwk.alg.as_deref().is_none_or(|own| own == algorithm.name());
    let algorithms: Vec<Algorithm> = algorithms.iter().filter(is_for).copied().collect();
    let source = match jwk.material {
        Material::Rsa { n, e } => DecodingKey::from_rsa_components(&n, &e).ok()?,
        Material::Ec { crv, x, y } if crv == "P-256" => DecodingKey::from_ec_components(&x, &y).ok()?,
        Material::Ec { .. } => return None,
    };
    let key = PublicKey::new(source, &algorithms);
    key.is_usable().then(|| (jwk.kid, Arc::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_server_is_named_without_its_secrets() {
        let server: KeyServer =
            Url::parse("https://name:secret@keys.example:8443/jwks?key=secret#secret").unwrap().into();
        assert_eq!(server.to_string(), "https://keys.example:8443/jwks");
        assert_eq!(format!("{server:?}"), "KeyServer(https://keys.example:8443/jwks)");
    }
}
