//! What a request saw on its way to the account page, for the page to tell. Each fact is taken where it arises, by the
//! middleware and by the gateway client; here they come together.

use std::time::{Duration, Instant};

use axum::http::request::Parts;
use leptos::prelude::use_context;
use serde_json::Value;

use super::{
    clock::in_words,
    cookies::cookies,
    middleware::{Arrived, RequestId, SessionChecked},
};
use crate::{
    clerk::{SessionToken, SignedIn},
    jwt::UnverifiedToken,
    model::{GatewayCall, Journey, Token},
};

/// The parameters of a token's header that Clerk's tokens have.
const HEADER_PARAMETERS: [&str; 4] = ["alg", "typ", "kid", "cat"];
/// The claims that matter most, in the order in which one asks: who says it, of whom, for whom, and for how long.
const FIRST_CLAIMS: [&str; 7] = ["iss", "sub", "sid", "azp", "iat", "nbf", "exp"];

/// The request that a page is made for, before its server function did anything.
#[derive(Default)]
pub struct Traveller {
    request_id: String,
    cookies: Vec<String>,
    arrived: Option<Instant>,
    session_took: Duration,
}

impl Traveller {
    /// The request that is under way.
    #[must_use]
    pub fn of_this_request() -> Self {
        let Some(parts) = use_context::<Parts>() else { return Self::default() };
        let extensions = &parts.extensions;
        Self {
            request_id: extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
            cookies: cookies(&parts.headers).map(|(name, _)| name.to_owned()).collect(),
            arrived: extensions.get::<Arrived>().map(|arrived| arrived.0),
            session_took: extensions.get::<SessionChecked>().map(|checked| checked.took).unwrap_or_default(),
        }
    }

    /// The whole way: who the user is, whose token counted at `now`, and the calls that were made.
    #[must_use]
    pub fn journey(self, user: &SignedIn, now: Duration, calls: Vec<GatewayCall>) -> Journey {
        Journey {
            request_id: self.request_id,
            cookies: self.cookies,
            session_took: micros(self.session_took),
            token: contents(user.session_token(), now),
            calls,
            took: self.arrived.map(|arrived| micros(arrived.elapsed())).unwrap_or_default(),
        }
    }
}

/// Whole microseconds.
#[must_use]
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Header and claims of a token that was verified before.
fn contents(token: &SessionToken, now: Duration) -> Token {
    let Ok(token) = UnverifiedToken::parse(token.expose()) else { return Token::default() };
    let claims = &token.unverified_claims;
    let header =
        HEADER_PARAMETERS.iter().filter_map(|name| Some(((*name).to_owned(), token.header.text(name)?.into())));
    let expires_at = claims.expires_at();
    let issued_at = claims.get("iat").and_then(Value::as_u64).unwrap_or(expires_at);
    Token {
        header: header.collect(),
        claims: told(claims.as_value()),
        lifetime: expires_at.saturating_sub(issued_at),
        left: expires_at.saturating_sub(now.as_secs()),
    }
}

/// The claims, those that matter most first.
fn told(claims: &Value) -> Vec<(String, String)> {
    let place = |name: &str| FIRST_CLAIMS.iter().position(|first| *first == name).unwrap_or(FIRST_CLAIMS.len());
    let mut told: Vec<_> =
        claims.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(name, value))).collect();
    told.sort_by_key(|(name, _)| place(name));
    told
}

/// A value as JSON has it, but strings without quotation marks, and with times as people tell them.
fn text(name: &str, value: &Value) -> String {
    match (name, value.as_u64()) {
        ("iat" | "nbf" | "exp", Some(seconds)) => format!("{seconds} · {}", in_words(Duration::from_secs(seconds))),
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    fn token(header: &Value, claims: &Value) -> SessionToken {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        SessionToken::from(format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode("signed")).as_str())
    }

    #[test]
    fn a_token_shows_all_but_its_signature() {
        let claims = json!({ "exp": 160, "fva": [3, -1], "iat": 100, "sub": "user_1" });
        let token = token(&json!({ "alg": "RS256", "kid": "ins_1", "typ": "JWT" }), &claims);
        let contents = contents(&token, Duration::from_secs(118));
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(contents.header, pairs(&[("alg", "RS256"), ("typ", "JWT"), ("kid", "ins_1")]));
        let told = [
            ("sub", "user_1"),
            ("iat", "100 · 1970-01-01 00:01:40 UTC"),
            ("exp", "160 · 1970-01-01 00:02:40 UTC"),
            ("fva", "[3,-1]"),
        ];
        assert_eq!(contents.claims, pairs(&told));
        assert_eq!((contents.lifetime, contents.left), (60, 42));
    }
}
