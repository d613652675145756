//! Tokens of every kind, at the gateway and at the account page, with an issuer of the tests' own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::support::{
    App, Issuer, Page, eventually, now,
    testing::{TempFolder, TestKey, hs256, unsigned, with},
};

async fn gateway(app: &App, token: &str) -> Page {
    app.get("/gateway/hello", &[("authorization", &format!("Bearer {token}"))]).await
}

async fn account(app: &App, token: &str) -> Page {
    app.get("/account", &[("authorization", &format!("Bearer {token}"))]).await
}

/// The token opens both.
async fn assert_accepted(app: &App, token: &str) {
    let page = gateway(app, token).await;
    assert_eq!((page.status, page.body.as_str()), (200, "\"Hello World\""), "{}", app.log());
    assert_eq!(page.header("content-type"), "application/json");
    let page = account(app, token).await;
    assert_eq!(page.status, 200, "{}", app.log());
    assert!(page.body.contains("Hello World"), "{}", page.body);
}

/// What the program counts for [`reasons`].
const COUNTED: (&str, &str) = ("GATEHOUSE_METRICS_ADDR", "127.0.0.1:0");

/// How often the gateway has refused a token for each reason.
async fn reasons(app: &App) -> BTreeMap<String, u64> {
    let line = |line: &str| {
        let (_, rest) =
            line.split_once(r#"gateway_jwt_total{policy="clerk-jwt-auth-inbound",result="refused",reason=""#)?;
        let (reason, count) = rest.split_once("\"} ")?;
        Some((reason.to_owned(), count.parse().unwrap()))
    };
    app.metrics().await.lines().filter_map(line).filter(|(_, count)| *count > 0).collect()
}

/// The gateway refuses the request for this reason, and for no other.
async fn assert_reason(app: &App, reason: &str, request: impl AsyncFnOnce() -> Page) -> Page {
    let mut expected = reasons(app).await;
    let page = request().await;
    *expected.entry(reason.to_owned()).or_default() += 1;
    assert_eq!(reasons(app).await, expected, "{reason}");
    page
}

/// The token opens neither; the gateway's problem document says why.
async fn assert_refused(app: &App, token: &str, reason: &str, detail: &str) {
    let page = assert_reason(app, reason, async || gateway(app, token).await).await;
    assert_eq!(page.status, 401, "{}", page.body);
    assert_eq!(page.header("content-type"), "application/problem+json");
    assert!(page.header("www-authenticate").starts_with("Bearer realm=\"gatehouse\", error=\"invalid_token\""));
    let problem: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(problem["detail"], detail);
    assert_eq!(problem["trace"]["requestId"], page.header("zp-rid"));
    assert_account_refuses(app, token).await;
}

async fn assert_account_refuses(app: &App, token: &str) {
    let page = account(app, token).await;
    assert_eq!(page.status, 307, "{}", page.body);
    assert!(page.header("location").contains("/sign-in?redirect_url="), "{}", page.header("location"));
    assert!(!page.body.contains("Hello World"));
}

#[tokio::test]
async fn valid_and_almost_expired_tokens_pass() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    assert_accepted(&app, &issuer.key().sign(&issuer.claims(&app))).await;
    let expired_by_4_seconds = with(issuer.claims(&app), "exp", json!(now() - 4.0));
    issuer.backend().tokens.lock().unwrap().push_back(issuer.claims(&app));
    assert_accepted(&app, &issuer.key().sign(&expired_by_4_seconds)).await;
}

#[tokio::test]
async fn tokens_with_a_fault_are_refused_with_the_reason() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[COUNTED]).await;
    let key = issuer.key();
    let claims = || issuer.claims(&app);
    let of_issuer = |issuer: &str| key.sign(&with(claims(), "iss", json!(issuer)));
    let not_formed = "The token is not well formed.";
    let other_issuer = "The token was issued by another issuer.";
    let no_algorithm = "The token is signed with an algorithm that is not accepted.";
    for (token, reason, detail) in [
        ("x.y".to_owned(), "malformed", not_formed),
        (key.sign(&with(claims(), "exp", json!(now() - 6.0))), "expired", "The token has expired."),
        (key.sign(&with(claims(), "nbf", json!(now() + 30.0))), "not_yet_valid", "The token is not valid yet."),
        (
            key.sign(&with(claims(), "iat", json!(now() + 30.0))),
            "issued_in_future",
            "The token was issued in the future.",
        ),
        (of_issuer("https://other.clerk.accounts.dev"), "wrong_issuer", other_issuer),
        (of_issuer(&format!("{}/", issuer.url)), "wrong_issuer", other_issuer),
        (key.sign(&with(claims(), "exp", Value::Null)), "malformed", not_formed),
        (
            TestKey::named("stranger").sign(&claims()),
            "unknown_key",
            "The token is signed with a key that the issuer does not publish.",
        ),
        (forged(&key.kid, &claims()), "bad_signature", "The token's signature does not match."),
        (unsigned("none", &key.kid, &claims()), "unsupported_alg", no_algorithm),
        (hs256(&key.public_pem(), &key.kid, &claims()), "unsupported_alg", no_algorithm),
    ] {
        assert_refused(&app, &token, reason, detail).await;
    }
}

/// A token by another key under the issuer's key id.
fn forged(kid: &str, claims: &Value) -> String {
    TestKey::named("stranger").sign_with_header(&json!({ "alg": "RS256", "kid": kid, "typ": "JWT" }), claims)
}

#[tokio::test]
async fn without_a_token_the_challenge_names_no_error() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[COUNTED]).await;
    let page = assert_reason(&app, "missing", async || app.get("/gateway/hello", &[]).await).await;
    assert_eq!((page.status, page.header("www-authenticate")), (401, "Bearer realm=\"gatehouse\""));
    let page = app.get("/account", &[]).await;
    assert_eq!(page.status, 307);
}

#[tokio::test]
async fn two_authorization_headers_are_one_too_many() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[COUNTED]).await;
    let bearer = format!("Bearer {}", issuer.key().sign(&issuer.claims(&app)));
    let twice = [("authorization", bearer.as_str()), ("authorization", &bearer)];
    let page = assert_reason(&app, "malformed", async || app.get("/gateway/hello", &twice).await).await;
    assert_eq!(page.status, 401, "{}", page.body);
}

#[tokio::test]
async fn a_foreign_azp_is_refused() {
    let issuer = Issuer::start().await;
    let project = TempFolder::new();
    let policies: Value = serde_json::from_str(include_str!("../../config/policies.json")).unwrap();
    let mut policies = policies;
    policies["policies"][0]["handler"]["options"]["authorizedParties"] = json!(["http://only.example"]);
    std::fs::write(project.path().join("policies.json"), policies.to_string()).unwrap();
    std::fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/config/routes.oas.json"),
        project.path().join("routes.oas.json"),
    )
    .unwrap();
    let app = issuer.app(&[("GATEHOUSE_CONFIG_DIR", project.path().to_str().unwrap()), COUNTED]).await;
    let foreign = issuer.key().sign(&with(issuer.claims(&app), "azp", json!("http://evil.example")));
    assert_refused(&app, &foreign, "wrong_azp", "The token was issued for another application.").await;
    let without = issuer.key().sign(&with(issuer.claims(&app), "azp", Value::Null));
    assert_refused(&app, &without, "wrong_azp", "The token was issued for another application.").await;
    let listed = issuer.key().sign(&with(issuer.claims(&app), "azp", json!("http://only.example")));
    assert_eq!(gateway(&app, &listed).await.status, 200);
    assert_account_refuses(&app, &listed).await;
}

#[tokio::test]
async fn authorized_parties_can_be_set() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[("CLERK_AUTHORIZED_PARTIES", "https://a.example,https://b.example")]).await;
    let token = |azp: &str| issuer.key().sign(&with(issuer.claims(&app), "azp", json!(azp)));
    assert_accepted(&app, &token("https://b.example")).await;
    assert_account_refuses(&app, &token(&app.origin)).await;
}

#[tokio::test]
async fn a_rotated_key_is_picked_up_at_once() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    assert_accepted(&app, &issuer.key().sign(&issuer.claims(&app))).await;
    issuer.rotate();
    assert_accepted(&app, &issuer.key().sign(&issuer.claims(&app))).await;
}

#[tokio::test]
async fn an_issuer_that_is_down_at_start_stops_only_what_needs_it() {
    let mut issuer = Issuer::start().await;
    issuer.go_down().await;
    let app = issuer.app(&[]).await;
    let token = issuer.key().sign(&issuer.claims(&app));
    let page = gateway(&app, &token).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "2"), "{}", page.body);
    let page = account(&app, &token).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("Your session cannot be checked"), "{}", page.body);
    assert_eq!(app.get("/", &[]).await.status, 200);
    let page = app.get("/health/ready", &[]).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains(&issuer.url) && page.body.contains("not ready"), "{}", page.body);

    issuer.come_up().await;
    // Asking for readiness is enough to become ready.
    eventually("readiness", async || app.get("/health/ready", &[]).await.status == 200).await;
    assert_accepted(&app, &issuer.key().sign(&issuer.claims(&app))).await;
}

#[tokio::test]
async fn an_issuer_that_goes_down_later_is_not_missed() {
    let mut issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    assert_accepted(&app, &issuer.key().sign(&issuer.claims(&app))).await;
    issuer.go_down().await;
    assert_accepted(&app, &issuer.key().sign(&issuer.claims(&app))).await;
    let unknown = TestKey::named("stranger").sign(&issuer.claims(&app));
    assert_eq!(gateway(&app, &unknown).await.status, 503, "nobody can tell whether this key exists");
    assert_accepted(&app, &issuer.key().sign(&issuer.claims(&app))).await;
}

#[tokio::test]
async fn with_the_public_key_configured_nothing_is_fetched() {
    let mut issuer = Issuer::start().await;
    issuer.go_down().await;
    let pem = issuer.key().public_pem();
    let app = issuer.app(&[("CLERK_JWT_KEY", &pem), COUNTED]).await;
    assert_accepted(&app, &issuer.key().sign(&issuer.claims(&app))).await;
    assert_refused(
        &app,
        &TestKey::named("stranger").sign(&issuer.claims(&app)),
        "bad_signature",
        "The token's signature does not match.",
    )
    .await;
    assert_eq!(app.get("/health/ready", &[]).await.status, 200);
}
