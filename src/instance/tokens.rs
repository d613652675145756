//! Clerk's tokens: which claims they hold and for how long (Clerk, "Session tokens").

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    ids::new_id,
    publishable_key::ISSUER_HOST,
    signing_key::{SigningKey, SigningKeyError},
    store::Session,
};

/// Clerk's category of session and handshake tokens.
const SESSION_CATEGORY: &str = "cl_B7d4PD111AAA";
/// Tokens are valid a little before they are made, for clocks that lag.
const NOT_BEFORE: u64 = 10;

/// Makes tokens.
pub struct TokenMint {
    key: SigningKey,
    kid: String,
    lifetime: Duration,
}

impl TokenMint {
    /// Signs with `key`, which is called by the instance's id, as Clerk does.
    pub const fn new(key: SigningKey, instance_id: String, lifetime: Duration) -> Self {
        Self { key, kid: instance_id, lifetime }
    }

    /// A session token, version 2, for the application at `origin`.
    pub fn session_token(&self, session: &Session, origin: &str, now: Duration) -> Result<String, SigningKeyError> {
        let issued_at = now.as_secs();
        let minutes = now.saturating_sub(session.created_at).as_secs() / 60;
        let claims = json!({
            "azp": origin,
            "exp": issued_at + self.lifetime.as_secs(),
            // Minutes since the first factor; there is no second one.
            "fva": [minutes, -1],
            "iat": issued_at,
            "iss": format!("https://{ISSUER_HOST}"),
            "jti": new_id("tok"),
            "nbf": issued_at.saturating_sub(NOT_BEFORE),
            "sid": session.id,
            "sts": "active",
            "sub": session.user_id,
            "v": 2,
        });
        self.key.sign(&self.header(), &claims)
    }

    /// A handshake's payload: `Set-Cookie` values, signed.
    pub fn handshake_token(&self, directives: &[String]) -> Result<String, SigningKeyError> {
        self.key.sign(&self.header(), &json!({ "handshake": directives }))
    }

    /// The public keys (RFC 7517).
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.key.jwk(&self.kid)] })
    }

    fn header(&self) -> Value {
        json!({ "alg": "RS256", "cat": SESSION_CATEGORY, "kid": self.kid, "typ": "JWT" })
    }
}
