//! The decision, case by case: contract sections A.3 to A.11, at a fixed time.

use std::sync::Arc;

use http::{Request, header::HeaderName};
use serde_json::{Value, json};

use super::*;
use crate::{
    clerk::{Auth, BackendClient, ClerkOptions, PublishableKey},
    jwt::{KeySet, Rules, Verifier, public_key_from_pem},
    testing::{TestKey, session_claims, with},
};

const ISSUER: &str = "https://local-dev-1.clerk.accounts.dev";
const ORIGIN: &str = "http://localhost:3000";
const DEVELOPMENT: &str = "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";
const PRODUCTION: &str = "pk_live_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";
const NOW: f64 = 1_666_648_250.0;
/// A browser that asks for a page.
const DOCUMENT: (&str, &str) = ("accept", "text/html,application/xhtml+xml");
const EXPIRED: &str = "session-token-expired-refresh-non-eligible-no-refresh-cookie";

fn clerk_with(key: &str, frontend_api_url: &str, keys: KeySet) -> Clerk {
    let url = |text: &str| Url::parse(text).unwrap();
    let options = ClerkOptions::new(PublishableKey::parse(key).unwrap(), url(frontend_api_url), url(ORIGIN));
    let verifier = Verifier::new(Arc::new(keys), Rules::clerk(ISSUER, vec![ORIGIN.to_owned()]));
    let backend = BackendClient::new(url("http://127.0.0.1:9/"), "sk_test_x".into()).unwrap();
    Clerk::new(options, verifier, backend).unwrap()
}

fn clerk(key: &str) -> Clerk {
    let public_key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    clerk_with(key, ISSUER, KeySet::fixed(public_key))
}

fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(HeaderName::from_bytes(name.as_bytes()).unwrap(), *value);
    }
    request.body(()).unwrap().into_parts().0
}

async fn decide(clerk: &Clerk, parts: &Parts) -> RequestState {
    clerk.authenticate_request(parts, Duration::from_secs_f64(NOW)).await.unwrap()
}

/// The outcome as one line: the state, and the reason where there is one.
async fn get(key: &str, headers: &[(&str, &str)]) -> String {
    describe(&decide(&clerk(key), &parts("GET", "/account", headers)).await)
}

fn describe(state: &RequestState) -> String {
    match state {
        RequestState::SignedIn { user, .. } => format!("signed-in {}", user.user_id()),
        RequestState::SignedOut { reason, .. } => format!("signed-out {}", reason.code),
        RequestState::Handshake { reason, .. } => format!("handshake {}", reason.code),
    }
}

fn token(changes: &[(&str, Value)]) -> String {
    let claims = session_claims(ISSUER, ORIGIN, NOW);
    TestKey::named("one").sign(&changes.iter().fold(claims, |claims, (name, value)| with(claims, name, value.clone())))
}

fn token_of_category(category: &str) -> String {
    let header = json!({ "alg": "RS256", "cat": category, "kid": "one", "typ": "JWT" });
    TestKey::named("one").sign_with_header(&header, &session_claims(ISSUER, ORIGIN, NOW))
}

fn signed_in_cookies(token: &str) -> String {
    format!("__session={token}; __client_uat=1666648200; __clerk_db_jwt=dvb_1")
}

#[tokio::test]
async fn a_bearer_token_decides_alone() {
    let good = token(&[]);
    let cookies = signed_in_cookies(&good);
    let bearer = |token: &str| format!("Bearer {token}");
    for (authorization, expected) in [
        (bearer(&good), "signed-in user_1"),
        (good.clone(), "signed-in user_1"),
        (
            bearer(&token(&[("exp", json!(NOW - 6.0))])),
            "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie",
        ),
        (bearer("rubbish"), "signed-out token-invalid"),
        (bearer(&token(&[("azp", json!("http://evil.example"))])), "signed-out token-invalid-authorized-parties"),
        (bearer(&token(&[("iss", json!("https://other.example"))])), "signed-out token-invalid-issuer"),
        (bearer(&token(&[("sub", json!("mch_1"))])), "signed-out token-type-mismatch"),
        (bearer(&token_of_category("cl_B7d4PD222AAA")), "signed-out token-type-mismatch"),
        (bearer(&token_of_category("cl_I7d4PD111III")), "signed-in user_1"),
        ("Bearer".to_owned(), "signed-out token-invalid"),
        ("Bearer ".to_owned(), "signed-out token-invalid"),
        (format!("Bearer  {good}"), "signed-out token-invalid"),
        ("Basic ".to_owned(), "signed-out token-invalid"),
        (String::new(), "signed-in user_1"),
        (format!("Basic {good}"), "signed-in user_1"),
        (format!("bearer {good}"), "signed-in user_1"),
    ] {
        let outcome = get(DEVELOPMENT, &[("authorization", &authorization), ("cookie", &cookies)]).await;
        assert_eq!(outcome, expected, "{authorization}");
    }
}

#[tokio::test]
async fn cookies_decide_in_clerks_order() {
    let good = token(&[]);
    let old = token(&[("iat", json!(1_666_648_199.0))]);
    let expired = token(&[("exp", json!(NOW - 6.0))]);
    let early = token(&[("nbf", json!(NOW + 6.0))]);
    let future = token(&[("iat", json!(NOW + 6.0))]);
    for (cookies, expected) in [
        (String::new(), "handshake dev-browser-missing"),
        ("__clerk_db_jwt=dvb_1".to_owned(), "signed-out session-token-and-uat-missing"),
        ("__clerk_db_jwt=dvb_1; __client_uat=0".to_owned(), "signed-out session-token-and-uat-missing"),
        (format!("__clerk_db_jwt=dvb_1; __session={good}"), "handshake session-token-but-no-client-uat"),
        (
            format!("__clerk_db_jwt=dvb_1; __client_uat=12abc; __session={good}"),
            "handshake session-token-but-no-client-uat",
        ),
        ("__clerk_db_jwt=dvb_1; __client_uat=1666648200".to_owned(), "handshake client-uat-but-no-session-token"),
        (signed_in_cookies("rubbish"), "signed-out token-invalid"),
        (signed_in_cookies(&token_of_category("cl_B7d4PD222AAA")), "signed-out token-type-mismatch"),
        (signed_in_cookies(&old), "handshake session-token-iat-before-client-uat"),
        (signed_in_cookies(&expired), "handshake session-token-expired-refresh-non-eligible-no-refresh-cookie"),
        (signed_in_cookies(&early), "handshake session-token-nbf"),
        (signed_in_cookies(&future), "handshake session-token-iat-in-the-future"),
        (signed_in_cookies(&good), "signed-in user_1"),
    ] {
        assert_eq!(get(DEVELOPMENT, &[DOCUMENT, ("cookie", &cookies)]).await, expected, "{cookies}");
    }
}

#[tokio::test]
async fn production_needs_no_dev_browser() {
    let cookies = format!("__session={}; __client_uat=1666648200", token(&[]));
    assert_eq!(get(PRODUCTION, &[DOCUMENT]).await, "signed-out session-token-and-uat-missing");
    assert_eq!(get(PRODUCTION, &[DOCUMENT, ("cookie", &cookies)]).await, "signed-in user_1");
}

#[tokio::test]
async fn only_documents_are_redirected() {
    let expired = signed_in_cookies(&token(&[("exp", json!(NOW - 6.0))]));
    for (method, headers, redirects) in [
        ("GET", vec![DOCUMENT], true),
        ("GET", vec![("sec-fetch-dest", "document")], true),
        ("GET", vec![("sec-fetch-dest", "iframe")], true),
        ("GET", vec![("sec-fetch-dest", "empty"), DOCUMENT], false),
        ("GET", vec![("accept", "*/*")], false),
        ("GET", vec![], false),
    ] {
        let headers = [headers, vec![("cookie", expired.as_str())]].concat();
        let state = decide(&clerk(DEVELOPMENT), &parts(method, "/account", &headers)).await;
        let expected = if redirects { format!("handshake {EXPIRED}") } else { format!("signed-out {EXPIRED}") };
        assert_eq!(describe(&state), expected, "{method} {headers:?}");
    }
    let post = parts("POST", "/account", &[DOCUMENT, ("cookie", expired.as_str())]);
    let outcome = describe(&decide(&clerk(DEVELOPMENT), &post).await);
    assert_eq!(outcome, "signed-out session-token-expired-refresh-non-eligible-non-get");
}

#[tokio::test]
async fn a_loop_ends_after_three_redirects() {
    for (count, expected) in [
        ("1", "handshake dev-browser-missing"),
        ("2", "handshake dev-browser-missing"),
        ("3", "signed-out dev-browser-missing"),
        ("4", "signed-out dev-browser-missing"),
    ] {
        let cookie = format!("__clerk_redirect_count={count}");
        assert_eq!(get(DEVELOPMENT, &[DOCUMENT, ("cookie", &cookie)]).await, expected);
    }
}

fn headers(state: &RequestState) -> &HeaderMap {
    match state {
        RequestState::SignedIn { headers, .. }
        | RequestState::SignedOut { headers, .. }
        | RequestState::Handshake { headers, .. } => headers,
    }
}

#[tokio::test]
async fn the_redirect_is_clerks() {
    let expired = token(&[("exp", json!(NOW - 6.0))]);
    let request = parts("GET", "/a?b=c&__clerk_db_jwt=x", &[DOCUMENT, ("cookie", &signed_in_cookies(&expired))]);
    let state = decide(&clerk(DEVELOPMENT), &request).await;
    let location = headers(&state)["location"].to_str().unwrap();
    assert_eq!(
        location,
        format!(
            "{ISSUER}/v1/client/handshake?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fa%3Fb%3Dc\
             &__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=dev-browser-sync&format=nonce\
             &__session={expired}&__clerk_db_jwt=x"
        )
    );
    assert_eq!(headers(&state)["cache-control"], "no-store");
    assert_eq!(headers(&state)["x-clerk-auth-status"], "handshake");
    assert_eq!(headers(&state)["x-clerk-auth-reason"], "dev-browser-sync");
    let counter = "__clerk_redirect_count=1; Path=/; SameSite=Lax; HttpOnly; Max-Age=2";
    assert_eq!(headers(&state)["set-cookie"], counter);
}

#[tokio::test]
async fn a_frontend_api_on_our_own_origin_gets_no_token_in_its_url() {
    let public_key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    let clerk = clerk_with(DEVELOPMENT, "http://localhost:3000/__clerk", KeySet::fixed(public_key));
    let cookies = signed_in_cookies(&token(&[("exp", json!(NOW - 6.0))]));
    let state = decide(&clerk, &parts("GET", "/account", &[DOCUMENT, ("cookie", &cookies)])).await;
    let location = headers(&state)["location"].to_str().unwrap();
    assert!(location.starts_with("http://localhost:3000/__clerk/v1/client/handshake?redirect_url="), "{location}");
    assert!(!location.contains("__session") && !location.contains("dvb_1"), "{location}");
}

#[tokio::test]
async fn forwarded_headers_and_odd_paths_lead_nowhere() {
    let forged =
        [DOCUMENT, ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https"), ("host", "evil.example")];
    let state = decide(&clerk(DEVELOPMENT), &parts("GET", "//evil.example/x", &forged)).await;
    let location = headers(&state)["location"].to_str().unwrap();
    assert!(location.contains("redirect_url=http%3A%2F%2Flocalhost%3A3000%2F%2Fevil.example%2Fx&"), "{location}");
}

#[tokio::test]
async fn a_handshake_token_is_resolved() {
    let session = token(&[]);
    let directives =
        json!({ "handshake": [format!("__session={session}; Path=/"), "__client_uat=1666648200; Path=/"] });
    let handshake = TestKey::named("one").sign(&directives);
    let request = parts("GET", &format!("/account?a=b&__clerk_handshake={handshake}"), &[DOCUMENT]);

    let state = decide(&clerk(DEVELOPMENT), &request).await;
    assert_eq!(describe(&state), "signed-in user_1");
    assert_eq!(headers(&state)["location"], "http://localhost:3000/account?a=b");
    let cookies: Vec<_> = headers(&state).get_all("set-cookie").iter().collect();
    assert_eq!(cookies, [&format!("__session={session}; Path=/"), "__client_uat=1666648200; Path=/"]);

    let state = decide(&clerk(PRODUCTION), &request).await;
    assert_eq!(describe(&state), "signed-in user_1");
    assert!(!headers(&state).contains_key("location"), "a production page is rendered in the same response");
}

#[tokio::test]
async fn a_handshake_of_another_class_or_key_is_refused() {
    let payload = json!({ "handshake": ["__session=x; Path=/"] });
    let template = json!({ "alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": "one", "typ": "JWT" });
    for handshake in [
        TestKey::named("other").sign(&payload),
        TestKey::named("one").sign_with_header(&template, &payload),
        "x".to_owned(),
    ] {
        let request = parts("GET", &format!("/?__clerk_handshake={handshake}"), &[DOCUMENT]);
        let development = clerk(DEVELOPMENT).authenticate_request(&request, Duration::from_secs_f64(NOW)).await;
        assert!(development.is_err(), "development stops");
        let production = decide(&clerk(PRODUCTION), &request).await;
        assert_eq!(describe(&production), "signed-out session-token-and-uat-missing", "production goes on");
    }
}

#[tokio::test]
async fn an_unknown_nonce_ends_signed_out_and_not_in_a_loop() {
    let request = parts("GET", "/?__clerk_handshake_nonce=n", &[DOCUMENT]);
    let state = decide(&clerk(DEVELOPMENT), &request).await;
    assert_eq!(describe(&state), "signed-out session-token-missing");
    assert_eq!(headers(&state)["location"], "http://localhost:3000/");
}

#[tokio::test]
async fn suffixed_cookies_win_where_clerk_says_so() {
    let sfx = "3_AN3zpR";
    let foreign = token(&[("iss", json!("https://other.clerk.accounts.dev"))]);
    let (older, newer) =
        (token(&[("sub", json!("user_older")), ("iat", json!(NOW - 5.0))]), token(&[("sub", json!("user_newer"))]));
    let db = format!("__clerk_db_jwt=d; __clerk_db_jwt_{sfx}=d");
    for (cookies, expected) in [
        // Another instance's cookie on the same host.
        (
            format!("{db}; __session={foreign}; __client_uat=1; __session_{sfx}={newer}; __client_uat_{sfx}=1"),
            "signed-in user_newer",
        ),
        // Without suffixed cookies the plain ones count.
        (format!("{db}; __session={newer}; __client_uat=1"), "signed-in user_newer"),
        // The newer of two.
        (
            format!("{db}; __session={newer}; __client_uat=1; __session_{sfx}={older}; __client_uat_{sfx}=1"),
            "signed-in user_newer",
        ),
        (
            format!("{db}; __session={older}; __client_uat=1; __session_{sfx}={newer}; __client_uat_{sfx}=1"),
            "signed-in user_newer",
        ),
        // Signed out in the suffixed family, signed in in the other.
        (format!("{db}; __session={newer}; __client_uat=1; __client_uat_{sfx}=0"), "signed-in user_newer"),
        // A plain cookie that nobody can read.
        (
            format!("{db}; __session=x; __client_uat=1; __session_{sfx}={newer}; __client_uat_{sfx}=1"),
            "signed-out token-invalid",
        ),
    ] {
        assert_eq!(get(DEVELOPMENT, &[DOCUMENT, ("cookie", &cookies)]).await, expected, "{cookies}");
    }
}

#[tokio::test]
async fn a_link_from_another_origin_synchronises_once() {
    let cookies = signed_in_cookies(&token(&[]));
    let counted = format!("{cookies}; __clerk_redirect_count=1");
    let navigation = |referer, cookies| [("sec-fetch-dest", "document"), ("referer", referer), ("cookie", cookies)];
    for (headers, expected) in [
        (navigation("https://elsewhere.example/", cookies.as_str()), "handshake primary-domain-cross-origin-sync"),
        (navigation("https://elsewhere.example/", counted.as_str()), "signed-in user_1"),
        (navigation("http://localhost:3000/", cookies.as_str()), "signed-in user_1"),
        (navigation("https://local-dev-1.accounts.dev/sign-in", cookies.as_str()), "signed-in user_1"),
        (navigation("https://accounts.evil.example/", cookies.as_str()), "handshake primary-domain-cross-origin-sync"),
    ] {
        assert_eq!(get(DEVELOPMENT, &headers).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn without_keys_nobody_is_signed_out() {
    let keys = KeySet::remote(Url::parse("http://127.0.0.1:9/jwks").unwrap().into()).unwrap();
    let request = parts("GET", "/account", &[DOCUMENT, ("cookie", &signed_in_cookies(&token(&[])))]);
    let (auth, _) = decide(&clerk_with(DEVELOPMENT, ISSUER, keys), &request).await.into_auth();
    assert!(auth.is_unverifiable());
}

#[tokio::test]
async fn a_pending_session_is_nobody() {
    let cookies = signed_in_cookies(&token(&[("sts", json!("pending"))]));
    let request = parts("GET", "/account", &[DOCUMENT, ("cookie", &cookies)]);
    let (auth, headers) = decide(&clerk(DEVELOPMENT), &request).await.into_auth();
    assert!(matches!(auth, Auth::SignedOut(_)));
    assert!(headers.is_empty());
}

#[test]
fn a_session_token_does_not_print() {
    let user = SignedIn::new(crate::jwt::Claims::new(serde_json::Map::new()), "secret-token".into());
    assert!(!format!("{user:?}").contains("secret-token"));
}

#[tokio::test]
async fn a_decision_does_not_print_its_tokens() {
    let (session, expired) = (token(&[]), token(&[("exp", json!(NOW - 6.0))]));
    let payload = TestKey::named("one").sign(&json!({ "handshake": [format!("__session={session}; Path=/")] }));
    for (path, cookies) in [
        ("/account", signed_in_cookies(&session)),
        ("/account", signed_in_cookies(&expired)),
        (format!("/account?__clerk_handshake={payload}").as_str(), String::new()),
    ] {
        let state = decide(&clerk(DEVELOPMENT), &parts("GET", path, &[DOCUMENT, ("cookie", &cookies)])).await;
        let text = format!("{state:?}");
        assert!(!text.contains(&session) && !text.contains(&expired) && !text.contains("eyJ"), "{text}");
    }
}
