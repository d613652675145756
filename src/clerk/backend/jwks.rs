//! `/v1/jwks` (`@clerk/backend`, `api/endpoints/JwksApi.ts`).

use serde::Deserialize;

use super::{BackendError, call::Call, json::or_default, transport::Transport};

/// An instance's public keys (RFC 7517, section 5).
#[derive(Debug, Clone, Deserialize)]
pub struct Jwks {
    /// The keys.
    #[serde(default, deserialize_with = "or_default")]
    pub keys: Vec<Jwk>,
}

/// A public key (RFC 7517, section 4). Clerk's are RSA keys; of others, `n` and `e` are absent.
#[derive(Debug, Clone, Deserialize)]
pub struct Jwk {
    /// Family: `RSA`.
    pub kty: String,
    /// The key's name: the instance's id, `ins_…`.
    pub kid: Option<String>,
    /// What the key is for: `sig`.
    #[serde(rename = "use")]
    pub usage: Option<String>,
    /// Algorithm: `RS256`.
    pub alg: Option<String>,
    /// Modulus, in base64url.
    pub n: Option<String>,
    /// Exponent, in base64url.
    pub e: Option<String>,
}

/// The call about keys.
#[derive(Debug, Clone, Copy)]
pub struct JwksApi<'a>(pub(super) &'a Transport);

impl JwksApi<'_> {
    /// The instance's public keys.
    ///
    /// # Errors
    /// [`BackendError`]; its code is `clerk_key_invalid` if the secret key is wrong.
    pub async fn get_jwks(&self) -> Result<Jwks, BackendError> {
        self.0.json(Call::get(&["jwks"])).await
    }
}
