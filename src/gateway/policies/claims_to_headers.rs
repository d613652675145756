//! `claimsToHeaders`: what an upstream is told of a caller whom a policy has verified, as `{ "claim": "header" }`. Clients
//! can set none of these headers, on any route; a claim that is missing sets none either.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Deserialize;
use serde_json::Value;

use super::claim_rules::find;
use crate::gateway::incoming::is_of_connection;

/// Claims and the headers they go to. A claim inside another is written `outer.inner`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct ClaimsToHeaders(Vec<(String, HeaderName)>);

impl TryFrom<BTreeMap<String, String>> for ClaimsToHeaders {
    type Error = String;

    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, String> {
        let pairs = pairs.into_iter().map(|(claim, name)| Ok((claim, own_header(&name)?)));
        pairs.collect::<Result<_, String>>().map(Self)
    }
}

/// A header that means nothing to HTTP itself.
fn own_header(name: &str) -> Result<HeaderName, String> {
    const TAKEN: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];
    let is_own =
        |name: &HeaderName| !TAKEN.contains(name) && !is_of_connection(name) && !name.as_str().starts_with("zp-");
    let own = HeaderName::try_from(name).ok().filter(is_own);
    own.ok_or_else(|| format!("header names of your own, such as x-user-id, not `{name}`"))
}

impl ClaimsToHeaders {
    /// Every header this may set.
    pub fn headers(&self) -> Vec<HeaderName> {
        self.0.iter().map(|(_, name)| name.clone()).collect()
    }

    /// Sets the headers of verified claims.
    pub fn set(&self, claims: &Value, headers: &mut HeaderMap) {
        for (claim, name) in &self.0 {
            match find(claims, claim).and_then(|value| HeaderValue::from_str(&text(value)?).ok()) {
                Some(value) => headers.insert(name, value),
                None => headers.remove(name),
            };
        }
    }
}

/// Lists become `a,b` where no entry holds a comma; what that cannot say is JSON.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let plain = |item: &Value| item.as_str().filter(|text| !text.contains(',')).map(str::to_owned);
            let list = items.iter().map(plain).collect::<Option<Vec<_>>>();
            Some(list.map_or_else(|| value.to_string(), |list| list.join(",")))
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(pairs: Value, claims: &Value) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        headers.insert("x-forged", HeaderValue::from_static("1"));
        serde_json::from_value::<ClaimsToHeaders>(pairs).unwrap().set(claims, &mut headers);
        headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8(value.as_bytes().to_vec()).unwrap()))
            .collect()
    }

    #[test]
    fn claims_become_headers() {
        let claims = json!({
            "sub": "user_1", "o": { "id": "org_1" }, "https://a.example/role": "admin", "fva": [0, -1],
            "roles": ["a", "b"], "odd": ["a,b"], "n": 7, "null": null, "bad": "a\nb",
        });
        for (claim, expected) in [
            ("sub", Some("user_1")),
            ("o.id", Some("org_1")),
            ("https://a.example/role", Some("admin")),
            ("fva", Some("[0,-1]")),
            ("roles", Some("a,b")),
            ("odd", Some("[\"a,b\"]")),
            ("n", Some("7")),
            ("null", None),
            ("missing", None),
            ("bad", None),
        ] {
            let expected: Vec<(String, String)> =
                expected.map(|value| ("x-forged".into(), value.into())).into_iter().collect();
            assert_eq!(set(json!({ claim: "X-Forged" }), &claims), expected, "{claim}");
        }
    }

    #[test]
    fn headers_of_http_itself_are_not_for_claims() {
        for name in ["Authorization", "host", "TE", "zp-rid", "", "a b"] {
            assert!(serde_json::from_value::<ClaimsToHeaders>(json!({ "sub": name })).is_err(), "{name}");
        }
    }
}
