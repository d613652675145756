//! The options of our own; what makes a token valid is tested beside the verifier, and through the real program.

use serde_json::{Value, json};

use super::*;
use crate::{
    gateway::{
        InboundPolicy,
        testing::{Applied, fault, inbound, request},
    },
    testing::{TestKey, session_claims, with},
};

const ISSUER: &str = "https://x.clerk.accounts.dev";
/// When the tests' requests arrive.
const NOW: f64 = crate::gateway::testing::NOW.as_secs() as f64;

fn options(more: &Value) -> Value {
    let mut options = json!({ "frontendApiUrl": ISSUER, "jwtKey": TestKey::named("clerk").public_pem() });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    options
}

fn policy(more: &Value) -> Applied<Arc<dyn InboundPolicy>> {
    inbound("clerk-jwt-auth-inbound", &options(more))
}

fn bearer(claims: &Value) -> String {
    format!("Bearer {}", TestKey::named("clerk").sign(claims))
}

fn claims() -> Value {
    session_claims(ISSUER, "https://app.example", NOW)
}

#[tokio::test]
async fn claims_beyond_what_makes_a_token_valid() {
    for (more, name, value, status) in [
        (json!({}), "aud", json!("other"), 200),
        (json!({ "audience": "api" }), "aud", json!(["api"]), 200),
        (json!({ "audience": "api" }), "aud", json!("other"), 401),
        (json!({ "audience": "api, app" }), "aud", json!("app"), 200),
        (json!({ "audience": "api" }), "aud", Value::Null, 401),
        (json!({ "audience": "api" }), "aud", json!([]), 401),
        (json!({ "rejectPendingSessions": true }), "sts", json!("pending"), 401),
        (json!({ "requiredClaims": { "o.rol": ["admin"] } }), "o", json!({ "rol": "admin" }), 200),
        (json!({ "requiredClaims": { "o.rol": ["admin"] } }), "o", json!({ "rol": "member" }), 403),
        (json!({ "clockSkewSeconds": 60 }), "exp", json!(NOW - 59.0), 200),
        (json!({ "clockSkewSeconds": 0 }), "exp", json!(NOW - 1.0), 401),
    ] {
        let token = bearer(&with(claims(), name, value));
        assert_eq!(policy(&more).status(request(&[("authorization", &token)])).await, status, "{more}");
    }
}

#[tokio::test]
async fn no_token_and_a_bad_token_are_two_cases() {
    let expired = bearer(&with(claims(), "exp", json!(NOW - 60.0)));
    let headers = [("authorization", expired.as_str())];
    for (more, without, with_bad) in [
        (json!({}), 401, 401),
        (json!({ "allowUnauthenticatedRequests": true }), 200, 200),
        (json!({ "allowUnauthenticatedRequests": true, "onInvalidToken": "reject" }), 200, 401),
        (json!({ "onInvalidToken": "continue" }), 401, 401),
    ] {
        let mut policy = policy(&more);
        assert_eq!(policy.status(request(&[])).await, without, "{more}");
        assert_eq!(policy.status(request(&headers)).await, with_bad, "{more}");
        assert!(policy.context.user.is_none());
    }
}

#[tokio::test]
async fn a_session_cookie_counts_where_the_project_says_so() {
    let token = TestKey::named("clerk").sign(&claims());
    let (cookie, bearer) = (format!("a=1; __session={token}"), format!("Bearer {token}"));
    let other = bearer_of_another();
    for (more, headers, status) in [
        (json!({}), vec![("cookie", cookie.as_str())], 401),
        (json!({ "acceptSessionCookie": true }), vec![("cookie", &cookie)], 200),
        (json!({ "acceptSessionCookie": true }), vec![("cookie", &cookie), ("sec-fetch-site", "cross-site")], 401),
        (json!({ "acceptSessionCookie": true }), vec![("cookie", &cookie), ("authorization", &bearer)], 200),
        (json!({ "acceptSessionCookie": true }), vec![("cookie", &cookie), ("authorization", &other)], 401),
        (json!({}), vec![("cookie", &cookie), ("authorization", &other)], 200),
    ] {
        assert_eq!(policy(&more).status(request(&headers)).await, status, "{more} {headers:?}");
    }
    let more = json!({ "acceptSessionCookie": true, "removeAuthorizationHeader": true });
    let passed = policy(&more).passes(request(&[("cookie", &cookie)])).await;
    assert_eq!(passed.headers()["cookie"], "a=1");
}

/// A good token that is not the one in the cookie.
fn bearer_of_another() -> String {
    bearer(&with(claims(), "sub", json!("user_2")))
}

#[test]
fn faults_are_named() {
    for (more, expected) in [
        (json!({ "clockSkewSeconds": 61 }), "at /clockSkewSeconds: expected at most 60"),
        (json!({ "audience": [] }), "at /audience: expected at least one name"),
        (json!({ "audience": ["a", ""] }), "at /audience: expected at least one name"),
        (json!({ "authorizedParties": [] }), "at /authorizedParties: expected at least one name"),
        (json!({ "authorizedParties": [""] }), "at /authorizedParties: expected at least one name"),
        (json!({ "issuers": {} }), "at /issuers: expected an array"),
        (json!({ "issuers": [{}] }), "at /issuers/0/frontendApiUrl: expected the Frontend API URL"),
        (json!({ "issuers": [{ "frontendApiUrl": ISSUER }] }), "at /issuers: expected each issuer once"),
        (
            json!({ "issuers": [{ "frontendApiUrl": "https://y.dev", "issuers": [] }] }),
            "at /issuers/0/issuers: expected one of",
        ),
        (json!({ "jwks": {} }), "at /jwks: expected no times beside `jwtKey`"),
        (json!({ "jwksFile": "keys.json" }), "at /jwksFile: expected `jwtKey` or `jwksFile`"),
        (json!({ "acceptSessionCookie": "yes" }), "at /acceptSessionCookie: expected a boolean"),
        (json!({ "authHeader": "x" }), "at /authHeader: expected"),
        (json!({ "jwtKey": "x" }), "at /jwtKey: expected an RSA public key"),
        (json!({ "onInvalidToken": "ignore" }), "at /onInvalidToken: expected"),
        (json!({ "claimsToHeaders": { "sub": "host" } }), "at /claimsToHeaders: expected header names of your own"),
    ] {
        let error = fault("clerk-jwt-auth-inbound", &options(&more));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_pace_of_fetching_has_bounds() {
    for (jwks, expected) in [
        (json!({ "refreshSeconds": 9 }), "at /jwks: expected `refreshSeconds` from 10 to 86400"),
        (json!({ "staleSeconds": 604_801 }), "at /jwks: expected `staleSeconds` from 10 to 604800"),
        (json!({ "staleSeconds": 300 }), "at /jwks: expected `staleSeconds` (300) above `refreshSeconds` (300)"),
        (json!({ "refreshSeconds": 7200 }), "at /jwks: expected `staleSeconds` (3600) above `refreshSeconds` (7200)"),
        (json!({ "cooldownSeconds": 0 }), "at /jwks: expected `cooldownSeconds` from 1 to 3600"),
        (json!({ "timeoutMs": 99 }), "at /jwks: expected `timeoutMs` from 100 to 30000"),
        (json!({ "timeoutMs": -1 }), "at /jwks/timeoutMs: expected u64"),
        (json!({ "retrySeconds": 1 }), "at /jwks/retrySeconds: expected one of"),
    ] {
        let error = fault("clerk-jwt-auth-inbound", &json!({ "frontendApiUrl": ISSUER, "jwks": jwks }));
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_says_where_to_find_who_gives_tokens() {
    let document = r#"resource_metadata="https://gateway.example/.well-known/oauth-protected-resource/hello""#;
    let expired = bearer(&with(claims(), "exp", json!(NOW - 60.0)));
    for (more, headers, expected) in [
        (json!({ "oAuthResourceMetadataEnabled": true }), vec![], format!(r#"Bearer realm="gatehouse", {document}"#)),
        (json!({ "oAuthResourceMetadataEnabled": false }), vec![], r#"Bearer realm="gatehouse""#.to_owned()),
    ] {
        let refusal = policy(&more).refuses(request(&headers)).await;
        assert_eq!(refusal.header("www-authenticate"), expected);
    }
    let mut policy = policy(&json!({ "oAuthResourceMetadataEnabled": true }));
    let refusal = policy.refuses(request(&[("authorization", &expired)])).await;
    let challenge = refusal.header("www-authenticate");
    assert!(challenge.contains(r#"error="invalid_token""#) && challenge.ends_with(document), "{challenge}");
}
