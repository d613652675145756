//! A token's payload: a JSON object with typed access to the registered claims (RFC 7519, section 4.1).

use std::sync::Arc;

use serde_json::{Map, Value};

/// The claims of a token; clones share them. Seconds are kept as the number the token holds: RFC 7519 allows fractions.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims(Arc<Value>);

impl Claims {
    /// Claims from a decoded payload.
    #[must_use]
    pub fn new(payload: Map<String, Value>) -> Self {
        Self(Arc::new(Value::Object(payload)))
    }

    /// The claim as a string, if it is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The claim as seconds since the Unix epoch, if it is a number.
    #[must_use]
    pub fn seconds(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_f64()
    }

    /// The claim, whatever its type.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Whether the claim is present, whatever its type.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// `sub`, the subject. Never empty in claims that were verified by rules whose subject is `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    /// `exp` in whole seconds since the Unix epoch, rounded down; 0 if absent, which verified claims never are.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what u64 holds")]
    pub fn expires_at(&self) -> u64 {
        self.seconds("exp").unwrap_or_default().max(0.0) as u64
    }

    /// All claims, as the token holds them: a JSON object, shared with whoever wants to keep it.
    #[must_use]
    pub const fn as_value(&self) -> &Arc<Value> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(payload: &Value) -> Claims {
        Claims::new(payload.as_object().unwrap().clone())
    }

    #[test]
    fn all_claims_are_there_as_the_token_holds_them() {
        let payload = json!({ "sub": "user_1", "exp": 7.9, "o": { "id": "org_1" }, "null": null });
        let claims = claims(&payload);
        assert_eq!(**claims.as_value(), payload);
        assert_eq!(claims.get("o"), Some(&json!({ "id": "org_1" })));
        assert_eq!((claims.get("missing"), claims.get("null")), (None, Some(&Value::Null)));
    }

    #[test]
    fn the_end_is_told_in_whole_seconds() {
        for (payload, expected) in [
            (json!({ "exp": 7.9 }), 7),
            (json!({ "exp": -7 }), 0),
            (json!({ "exp": 1e300 }), u64::MAX),
            (json!({ "exp": "7" }), 0),
            (json!({}), 0),
        ] {
            assert_eq!(claims(&payload).expires_at(), expected, "{payload}");
        }
    }
}
