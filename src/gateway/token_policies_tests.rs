//! Every policy that checks tokens, through the real router, with issuers on loopback that rotate, fail and count.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::{
    http::{HeaderMap, StatusCode},
    routing::get,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{reload::Reload, *};
use crate::{
    gateway::testing::{dependencies, fault, inbound, inbound_with, project, request},
    jwt::{
        KeyServer, KeySource,
        test_ec_key::TestEcKey,
        test_server::{TestServer, jwks},
    },
    testing::{TempFolder, TestKey, hs256, session_claims, unsigned, with},
};

const SECRET: &str = "a secret of thirty-two characters";
const START: u64 = 1_700_000_000;

/// A gateway with one protected route, and a clock that only the test moves.
struct Site {
    router: Router,
    now: Arc<AtomicU64>,
    project: Arc<LiveProject>,
    key_sets: Arc<KeySets>,
}

struct Answered {
    status: StatusCode,
    retry_after: bool,
    detail: String,
}

impl Site {
    /// The keys of the issuers in `issuers` are at the server.
    fn new(policy_type: &str, export: &str, options: &Value, server: &TestServer, issuers: &[&str]) -> Self {
        let folder = one_route(policy_type, export, options);
        Self::load(&folder, key_sets(server, issuers)).unwrap_or_else(|errors| panic!("{errors}"))
    }

    fn load(folder: &TempFolder, key_sets: KeySets) -> Result<Self, LoadErrors> {
        let now = Arc::new(AtomicU64::new(START));
        let clock = Arc::clone(&now);
        let dependencies = Dependencies {
            key_sets: Arc::new(key_sets),
            clock: Arc::new(move || Duration::from_secs(clock.load(Ordering::SeqCst))),
            ..dependencies(&[])
        };
        let gateway = Gateway::load(folder.path(), &dependencies)?;
        let project = Arc::clone(&gateway.project);
        Ok(Self { router: gateway.into_router(), now, project, key_sets: dependencies.key_sets })
    }

    fn later(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// What the gateway says of its keys to those who run it, once its status says the same.
    async fn ready(&self) -> Value {
        self.body_of(readiness(&self.key_sets, Duration::from_secs(self.now.load(Ordering::SeqCst)))).await
    }

    /// What it says of them to everybody.
    async fn ready_for_all(&self) -> Value {
        let request = axum::http::Request::get("/__gateway/ready").body(Body::empty()).unwrap();
        self.body_of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn body_of(&self, response: axum::http::Response<Body>) -> Value {
        let (status, retry) = (response.status(), response.headers().contains_key("retry-after"));
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status == StatusCode::OK, retry), (body["status"] == "ready", body["status"] != "ready"));
        body
    }

    async fn get(&self, token: &str) -> Answered {
        let request = request(&[("authorization", &format!("Bearer {token}"))]);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, retry_after) = (response.status(), response.headers().contains_key("retry-after"));
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        Answered { status, retry_after, detail: body["detail"].as_str().unwrap_or_default().to_owned() }
    }

    async fn detail(&self, token: &str) -> String {
        self.get(token).await.detail
    }
}

/// A project with one route behind one policy.
fn one_route(policy_type: &str, export: &str, options: &Value) -> TempFolder {
    let policy = json!({ "name": "tokens", "policyType": policy_type, "handler": {
        "export": export, "module": "$import(@zuplo/runtime)", "options": options,
    } });
    let routes = json!({ "openapi": "3.1.0", "paths": { "/hello": { "get": { "x-zuplo-route": {
        "handler": { "export": "default", "module": "$import(./modules/hello-world)" },
        "policies": { "inbound": ["tokens"] },
    } } } } });
    project(&[("policies.json", &json!({ "policies": [policy] })), ("routes.oas.json", &routes)])
}

fn key_sets(server: &TestServer, issuers: &[&str]) -> KeySets {
    let source = |issuer: &&str| ((*issuer).to_owned(), KeySource::Server(Box::new(server.url.clone().into())));
    KeySets::new(issuers.iter().map(source).collect::<HashMap<_, _>>())
}

fn claims(issuer: &str, audience: &str) -> Value {
    with(session_claims(issuer, "https://app.example", START_SECONDS), "aud", json!(audience))
}

/// A token by another key with the same name.
fn twin(claims: &Value) -> String {
    TestKey::named("other").sign_with_header(&json!({ "alg": "RS256", "kid": "one" }), claims)
}

const START_SECONDS: f64 = 1_700_000_000.0;

/// A policy, and whose tokens it takes.
struct Case {
    policy_type: &'static str,
    export: &'static str,
    options: Value,
    issuer: &'static str,
    checks_issuer: bool,
    audience: Option<&'static str>,
    secret: bool,
}

impl Case {
    fn new(
        policy_type: &'static str,
        export: &'static str,
        options: Value,
        issuer: &'static str,
        audience: Option<&'static str>,
    ) -> Self {
        Self { policy_type, export, options, issuer, checks_issuer: true, audience, secret: false }
    }

    fn site(&self, server: &TestServer) -> Site {
        Site::new(self.policy_type, self.export, &self.options, server, &[self.issuer])
    }

    fn sign(&self, claims: &Value) -> String {
        if self.secret { hs256(SECRET, "one", claims) } else { TestKey::named("one").sign(claims) }
    }

    fn claims(&self) -> Value {
        claims(self.issuer, self.audience.unwrap_or("anybody"))
    }
}

/// Every policy: those with all options of their own, then those of single providers.
fn cases(server: &TestServer) -> Vec<Case> {
    let mut cases = general_cases(server);
    cases.extend(provider_cases());
    cases
}

fn general_cases(server: &TestServer) -> Vec<Case> {
    let open_id = "OpenIdJwtInboundPolicy";
    let (url, own) = (server.url.as_str(), "https://id.example/");
    vec![
        Case::new(
            "clerk-jwt-auth-inbound",
            "ClerkJwtInboundPolicy",
            json!({ "frontendApiUrl": "https://x.clerk.accounts.dev", "audience": "api" }),
            "https://x.clerk.accounts.dev",
            Some("api"),
        ),
        Case::new(
            "open-id-jwt-auth-inbound",
            open_id,
            json!({ "issuer": own, "audience": "api", "jwkUrl": url }),
            own,
            Some("api"),
        ),
        Case {
            secret: true,
            ..Case::new(
                "open-id-jwt-auth-inbound",
                open_id,
                json!({ "issuer": own, "audience": "api", "secret": SECRET }),
                own,
                Some("api"),
            )
        },
    ]
}

fn provider_cases() -> Vec<Case> {
    let pem = TestKey::named("one").public_pem();
    vec![
        Case::new(
            "auth0-jwt-auth-inbound",
            "Auth0JwtInboundPolicy",
            json!({ "auth0Domain": "tenant.eu.auth0.com", "audience": "api" }),
            "https://tenant.eu.auth0.com/",
            Some("api"),
        ),
        Case::new(
            "okta-jwt-auth-inbound",
            "OktaJwtInboundPolicy",
            json!({ "issuerUrl": "https://x.okta.com/oauth2/default", "audience": ["app", "api"] }),
            "https://x.okta.com/oauth2/default",
            Some("api"),
        ),
        Case::new(
            "cognito-jwt-auth-inbound",
            "CognitoJwtInboundPolicy",
            json!({ "region": "eu-central-1", "userPoolId": "eu-central-1_Ab1" }),
            "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab1",
            None,
        ),
        Case::new(
            "firebase-jwt-inbound",
            "FirebaseJwtInboundPolicy",
            json!({ "projectId": "demo-1" }),
            "https://securetoken.google.com/demo-1",
            Some("demo-1"),
        ),
        Case::new(
            "propel-auth-jwt-inbound",
            "PropelAuthJwtInboundPolicy",
            json!({ "authUrl": "https://auth.example.com", "verifierKey": pem.replace('\n', "") }),
            "https://auth.example.com",
            None,
        ),
        Case {
            secret: true,
            checks_issuer: false,
            ..Case::new(
                "supabase-jwt-auth-inbound",
                "SupabaseJwtInboundPolicy",
                json!({ "secret": SECRET, "requiredClaims": { "sts": ["active"] } }),
                "https://x.supabase.co/auth/v1",
                None,
            )
        },
    ]
}

const WRONG_ISSUER: &str = "The token was issued by another issuer.";
const WRONG_AUDIENCE: &str = "The token was issued for another application.";
const WRONG_ALGORITHM: &str = "The token is signed with an algorithm that is not accepted.";
const WRONG_SIGNATURE: &str = "The token's signature does not match.";

#[tokio::test]
async fn every_policy_takes_its_own_tokens_and_no_others() {
    let server = TestServer::start(&["one"]).await;
    for case in cases(&server) {
        let site = case.site(&server);
        let changed = |name: &str, value: Value| case.sign(&with(case.claims(), name, value));
        let audience = if case.audience.is_some() { WRONG_AUDIENCE } else { "" };
        let issuer = if case.checks_issuer { WRONG_ISSUER } else { "" };
        let own = TestKey::named("one");
        let forged = if case.secret { hs256("another secret", "one", &case.claims()) } else { twin(&case.claims()) };
        let swapped =
            if case.secret { own.sign(&case.claims()) } else { hs256(&own.public_pem(), "one", &case.claims()) };
        for (token, detail, what) in [
            (case.sign(&case.claims()), "", "a good one"),
            (changed("iss", json!("https://else.example")), issuer, "another issuer"),
            (changed("iss", json!(format!("{}x", case.issuer))), issuer, "nearly the issuer"),
            (changed("iss", Value::Null), issuer, "no issuer"),
            (changed("aud", json!("else")), audience, "another audience"),
            (changed("aud", Value::Null), audience, "no audience"),
            (forged, WRONG_SIGNATURE, "another key"),
            (swapped, WRONG_ALGORITHM, "HMAC with the public key, or a key instead of the secret"),
            (unsigned("none", "one", &case.claims()), WRONG_ALGORITHM, "no signature"),
            (TestEcKey::new("one").sign("ES256", &case.claims()), WRONG_ALGORITHM, "ECDSA"),
            (changed("exp", json!(START_SECONDS - 6.0)), "The token has expired.", "an old one"),
            (changed("exp", Value::Null), "The token is not well formed.", "one that never ends"),
            (changed("sub", Value::Null), "The token is not well formed.", "one about nobody"),
        ] {
            let answered = site.get(&token).await;
            assert_eq!(answered.detail, detail, "{} ({}): {what}", case.policy_type, case.options);
            assert_eq!(answered.status, if detail.is_empty() { 200 } else { 401 }, "{}: {what}", case.policy_type);
        }
    }
}

#[tokio::test]
async fn an_algorithm_counts_where_the_project_names_it() {
    let server = TestServer::start(&[]).await;
    let (ec, rsa) = (TestEcKey::new("ec"), TestKey::named("one"));
    server.answers(200, json!({ "keys": [ec.jwk(), rsa.jwk()] }).to_string());
    let site = |algorithms: &Value| {
        let options =
            json!({ "issuer": "me", "audience": "api", "jwkUrl": server.url.as_str(), "algorithms": algorithms });
        Site::new("open-id-jwt-auth-inbound", "OpenIdJwtInboundPolicy", &options, &server, &[])
    };
    let claims = claims("me", "api");
    let only_ec = site(&json!(["ES256"]));
    assert_eq!(only_ec.detail(&ec.sign("ES256", &claims)).await, "");
    assert_eq!(only_ec.detail(&rsa.sign(&claims)).await, WRONG_ALGORITHM);
    let both = site(&json!(["RS256", "ES256"]));
    assert_eq!(both.detail(&ec.sign("ES256", &claims)).await, "");
    assert_eq!(both.detail(&rsa.sign(&claims)).await, "");
    assert_eq!(both.detail(&ec.sign("RS256", &claims)).await, WRONG_SIGNATURE);
    let swapped = rsa.sign_with_header(&json!({ "alg": "ES256", "kid": "one" }), &claims);
    assert_eq!(both.detail(&swapped).await, WRONG_SIGNATURE);
}

#[tokio::test]
async fn two_issuers_share_a_policy_and_nothing_else() {
    let (server, other) = (TestServer::start(&["one"]).await, TestServer::start(&[]).await);
    other.answers(200, json!({ "keys": [with(TestKey::named("other").jwk(), "kid", json!("one"))] }).to_string());
    let options = json!({
        "issuer": "a", "audience": "for a", "jwkUrl": server.url.as_str(),
        "issuers": [
            { "issuer": "b", "audience": "for b", "jwkUrl": other.url.as_str() },
            { "issuer": "c", "audience": "for c", "secret": SECRET },
        ],
    });
    let site = Site::new("open-id-jwt-auth-inbound", "OpenIdJwtInboundPolicy", &options, &server, &[]);
    let first = TestKey::named("one");
    for (token, detail) in [
        (first.sign(&claims("a", "for a")), ""),
        (twin(&claims("b", "for b")), ""),
        (hs256(SECRET, "one", &claims("c", "for c")), ""),
        (twin(&claims("a", "for a")), WRONG_SIGNATURE),
        (first.sign(&claims("b", "for b")), WRONG_SIGNATURE),
        (first.sign(&claims("c", "for c")), WRONG_ALGORITHM),
        (hs256(SECRET, "one", &claims("a", "for a")), WRONG_ALGORITHM),
        (twin(&claims("b", "for a")), WRONG_AUDIENCE),
        (first.sign(&claims("d", "for a")), WRONG_ISSUER),
    ] {
        assert_eq!(site.detail(&token).await, detail, "{token}");
    }

    let instances = ["https://dev.clerk.accounts.dev", "https://clerk.example.com"];
    let options = json!({
        "frontendApiUrl": instances[0],
        "issuers": [{ "frontendApiUrl": instances[1], "authorizedParties": ["https://else.example"] }],
    });
    let site = Site::new("clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", &options, &server, &instances);
    assert_eq!(site.detail(&first.sign(&claims(instances[0], "x"))).await, "");
    assert_eq!(site.detail(&first.sign(&claims(instances[1], "x"))).await, WRONG_AUDIENCE, "by the rules of its own");
    let there = with(claims(instances[1], "x"), "azp", json!("https://else.example"));
    assert_eq!(site.detail(&first.sign(&there)).await, "");
    assert_eq!(site.detail(&first.sign(&claims("https://third.example", "x"))).await, WRONG_ISSUER);
}

#[tokio::test]
async fn keys_rotate_fail_and_come_back_under_every_policy_that_fetches_them() {
    for number in [0, 1, 3, 4, 5, 6] {
        let server = TestServer::start(&["one"]).await;
        server.answers(500, String::new());
        let case = cases(&server).swap_remove(number);
        let site = case.site(&server);
        let token = |kid: &str| TestKey::named(kid).sign(&with(case.claims(), "exp", json!(START_SECONDS + 600.0)));
        let answered = site.get(&token("one")).await;
        assert_eq!((answered.status.as_u16(), answered.retry_after), (503, true), "{}", case.policy_type);
        server.answers(200, jwks(&["one"]));
        site.later(2);
        assert_eq!(site.get(&token("one")).await.status, 200, "{}: it recovers by itself", case.policy_type);
        server.answers(200, jwks(&["two"]));
        site.later(10);
        assert_eq!(site.get(&token("two")).await.status, 200, "{}: a new key counts at once", case.policy_type);
        assert_eq!(site.get(&token("one")).await.status, 401, "{}: an old one no longer", case.policy_type);
    }
}

#[tokio::test]
async fn no_crowd_and_no_made_up_key_storms_the_issuer() {
    let server = TestServer::start(&["one"]).await;
    let site = Arc::new(cases(&server).swap_remove(1).site(&server));
    let token = TestKey::named("one").sign(&claims("https://id.example/", "api"));
    let ask = |token: String| {
        let site = Arc::clone(&site);
        tokio::spawn(async move { site.get(&token).await.status.as_u16() })
    };
    for request in (0..1000).map(|_| ask(token.clone())).collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap(), 200);
    }
    assert_eq!(server.visits(), 1);
    for period in 0..2 {
        for number in 0..5000 {
            let token = unsigned("RS256", &format!("kid-{period}-{number}"), &claims("https://id.example/", "api"));
            assert_eq!(site.get(&token).await.status, 401);
        }
        assert_eq!(server.visits(), 2 + period);
        site.later(10);
    }
}

#[tokio::test]
async fn keys_are_where_the_provider_has_them() {
    let server = TestServer::start(&[]).await;
    let cases = cases(&server);
    for (number, url) in [
        (1, server.url.as_str()),
        (3, "https://tenant.eu.auth0.com/.well-known/jwks.json"),
        (4, "https://x.okta.com/oauth2/default/v1/keys"),
        (5, "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab1/.well-known/jwks.json"),
        (6, "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"),
    ] {
        let case = &cases[number];
        let dependencies = dependencies(&[]);
        let _used = inbound_with(case.policy_type, &case.options, &dependencies).unwrap();
        let sets = || dependencies.key_sets.status(Duration::ZERO).len();
        assert_eq!(sets(), 1);
        let at = |url: &str| dependencies.key_sets.at(case.issuer, &KeyServer::from(url.parse::<url::Url>().unwrap()));
        let _same = at(url).unwrap();
        assert_eq!(sets(), 1, "{url} is it");
        let _other = at("https://else.example").unwrap();
        assert_eq!(sets(), 2, "another address has another set");
    }
}

#[tokio::test]
async fn a_project_says_where_the_token_is_and_who_it_names() {
    let options = json!({
        "issuer": "me", "audience": "api", "secret": SECRET, "authHeader": "X-Token", "subPropertyName": "email",
        "removeAuthorizationHeader": true, "claimsToHeaders": { "sub": "x-user" },
    });
    let mut policy = inbound("open-id-jwt-auth-inbound", &options);
    let claims = with(with(claims("me", "api"), "email", json!("a@b.c")), "iat", json!(1));
    let token = hs256(SECRET, "one", &with(claims, "nbf", json!(1)));
    let passed = policy.passes(request(&[("x-token", &token), ("authorization", "Basic x")])).await;
    assert_eq!(policy.context.user.as_ref().unwrap().sub, "a@b.c");
    assert!(!passed.headers().contains_key("x-token") && passed.headers().contains_key("authorization"));
    assert_eq!(passed.headers()["x-user"], "user_1");
    let refused = policy.refuses(request(&[("authorization", &format!("Bearer {token}"))])).await;
    assert_eq!((refused.status().as_u16(), refused.detail()), (401, "No bearer token was sent."));
}

#[tokio::test]
async fn a_key_server_gets_the_headers_that_it_asks_for() {
    let served = |headers: HeaderMap| async move {
        let is_known = headers.get("x-key").is_some_and(|value| value == "let me in");
        if is_known { Ok(jwks(&["one"])) } else { Err(StatusCode::FORBIDDEN) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/keys", get(served))).await });
    let server = TestServer::start(&[]).await;
    for (headers, status) in [(json!({}), 503), (json!({ "X-Key": "let me in" }), 200)] {
        let options = json!({ "issuer": "me", "audience": "api", "jwkUrl": url, "headers": headers });
        let site = Site::new("open-id-jwt-auth-inbound", "OpenIdJwtInboundPolicy", &options, &server, &[]);
        assert_eq!(site.get(&TestKey::named("one").sign(&claims("me", "api"))).await.status, status, "{headers}");
    }
}

/// None of them tells a secret.
fn faults(cases: &[(&str, Value, &str)]) {
    for (policy_type, options, expected) in cases {
        let error = fault(policy_type, options);
        assert!(error.contains(expected), "{error}, not {expected}");
        assert!(!error.contains("short") && !error.contains("BEGIN"), "{error}");
    }
}

#[test]
fn what_is_missing_or_cannot_be_stops_the_load() {
    let server = json!({ "issuer": "me", "audience": "api", "jwkUrl": "https://id.example/keys" });
    let secret = json!({ "issuer": "me", "audience": "api", "secret": SECRET });
    let open_id = "open-id-jwt-auth-inbound";
    let pem = TestKey::named("one").public_pem();
    faults(&[
        (open_id, with(server.clone(), "issuer", Value::Null), "at /issuer: expected the issuer"),
        (open_id, with(server.clone(), "issuer", json!("")), "at /issuer: expected the issuer"),
        (
            open_id,
            with(server.clone(), "issuer", json!("$env(UNSET)")),
            "at /issuer: expected the environment variable",
        ),
        (open_id, with(server.clone(), "audience", Value::Null), "at /audience: expected the audience"),
        (open_id, with(server.clone(), "audience", json!([])), "at /audience: expected at least one name"),
        (open_id, with(server.clone(), "audience", json!(",")), "at /audience: expected at least one name"),
        (
            open_id,
            with(server.clone(), "acceptAnyAudience", json!(true)),
            "at /acceptAnyAudience: expected `audience` or",
        ),
        (open_id, with(server.clone(), "jwkUrl", Value::Null), "at /jwkUrl: expected `jwkUrl`, `jwksFile` or `secret`"),
        (open_id, with(server.clone(), "jwkUrl", json!("http://id.example/")), "at /jwkUrl: expected an https URL"),
        (open_id, with(server.clone(), "secret", json!(SECRET)), "at /jwkUrl: expected one of `jwkUrl`"),
        (open_id, with(server.clone(), "algorithms", json!([])), "at /algorithms: expected at least one"),
        (open_id, with(server.clone(), "algorithms", json!(["HS256"])), "at /algorithms/0: expected one of `RS256`"),
        (open_id, with(server.clone(), "algorithms", json!(["none"])), "at /algorithms/0: expected one of `RS256`"),
        (open_id, with(server.clone(), "headers", json!({ "a b": "c" })), "at /headers: expected header names"),
        (
            open_id,
            with(server.clone(), "rejectPendingSessions", json!(true)),
            "at /rejectPendingSessions: expected one of",
        ),
        (open_id, with(server, "authHeader", json!("a b")), "at /authHeader: expected the name of a header"),
        (open_id, with(secret.clone(), "algorithms", json!(["RS256"])), "at /algorithms: expected no algorithms"),
        (open_id, with(secret.clone(), "headers", json!({})), "at /headers: expected no headers"),
        (open_id, with(secret.clone(), "secret", json!("short")), "at /secret: expected at least 32 bytes"),
        (open_id, with(secret.clone(), "secret", json!(pem)), "at /secret: expected a secret"),
        (open_id, with(secret, "issuers", json!([{ "issuer": "b" }])), "at /issuers/0/audience: expected the audience"),
    ]);
}

#[test]
fn what_a_provider_lacks_stops_the_load() {
    faults(&[
        ("auth0-jwt-auth-inbound", json!({ "audience": "api" }), "at /auth0Domain: expected the tenant's domain"),
        (
            "auth0-jwt-auth-inbound",
            json!({ "audience": "api", "auth0Domain": "x.auth0.com/y" }),
            "at /auth0Domain: expected the tenant's domain",
        ),
        ("auth0-jwt-auth-inbound", json!({ "auth0Domain": "x.auth0.com" }), "at /audience: expected the audience"),
        ("okta-jwt-auth-inbound", json!({ "audience": "api" }), "at /issuerUrl: expected the authorization server"),
        ("okta-jwt-auth-inbound", json!({ "issuerUrl": "https://x.okta.com" }), "at /audience: expected the audience"),
        ("cognito-jwt-auth-inbound", json!({ "userPoolId": "a" }), "at /region: expected the user pool's region"),
        ("cognito-jwt-auth-inbound", json!({ "region": "a" }), "at /userPoolId: expected the user pool's id"),
        ("cognito-jwt-auth-inbound", json!({ "region": "a.b/", "userPoolId": "a" }), "at /region: expected letters"),
        ("firebase-jwt-inbound", json!({}), "at /projectId: expected the Firebase project's id"),
        ("propel-auth-jwt-inbound", json!({ "verifierKey": "x" }), "at /authUrl: expected the auth URL"),
        (
            "propel-auth-jwt-inbound",
            json!({ "authUrl": "https://a.example" }),
            "at /verifierKey: expected the verifier key",
        ),
        ("supabase-jwt-auth-inbound", json!({}), "at /secret: expected the project's JWT secret"),
        ("supabase-jwt-auth-inbound", json!({ "secret": "short" }), "at /secret: expected at least 32 bytes"),
    ]);
}

#[tokio::test]
async fn any_audience_will_do_where_the_project_says_so() {
    let server = TestServer::start(&["one"]).await;
    let options = json!({ "issuer": "me", "acceptAnyAudience": true, "jwkUrl": server.url.as_str() });
    let site = Site::new("open-id-jwt-auth-inbound", "OpenIdJwtInboundPolicy", &options, &server, &[]);
    assert_eq!(site.detail(&TestKey::named("one").sign(&with(claims("me", ""), "aud", Value::Null))).await, "");
}

#[tokio::test]
async fn who_gives_tokens_for_a_route_is_told_to_everybody() {
    let server = TestServer::start(&["one"]).await;
    let options = json!({
        "frontendApiUrl": "https://x.clerk.accounts.dev", "issuers": [{ "frontendApiUrl": "https://a.clerk.accounts.dev" }],
        "oAuthResourceMetadataEnabled": true,
    });
    let site = Site::new("clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", &options, &server, &[]);
    let ask = async |method: &str, path: &str| {
        let request = axum::http::Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = site.router.clone().oneshot(request).await.unwrap();
        let (status, open) =
            (response.status().as_u16(), response.headers().get("access-control-allow-origin").cloned());
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, open.is_some_and(|origin| origin == "*"), String::from_utf8(body.to_vec()).unwrap())
    };
    let document = |resource: &str| {
        json!({
            "resource": resource,
            "authorization_servers": ["https://a.clerk.accounts.dev", "https://x.clerk.accounts.dev"],
            "bearer_methods_supported": ["header"],
        })
    };
    for (path, resource) in [("", "https://gateway.example"), ("/hello", "https://gateway.example/hello")] {
        let (status, open, body) = ask("GET", &format!("/.well-known/oauth-protected-resource{path}")).await;
        assert_eq!((status, open, serde_json::from_str::<Value>(&body).unwrap()), (200, true, document(resource)));
        let (status, open, _) = ask("OPTIONS", &format!("/.well-known/oauth-protected-resource{path}")).await;
        assert_eq!((status, open), (200, true));
    }
    for path in ["/.well-known/oauth-protected-resource/nothing", "/.well-known/oauth-protected-resources"] {
        assert_eq!(ask("GET", path).await.0, 404, "{path}");
    }
    let silent = json!({ "frontendApiUrl": "https://x.clerk.accounts.dev" });
    let site = Site::new("clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", &silent, &server, &[]);
    let request = axum::http::Request::get("/.well-known/oauth-protected-resource/hello").body(Body::empty()).unwrap();
    assert_eq!(site.router.clone().oneshot(request).await.unwrap().status(), 404);
}

#[tokio::test]
async fn readiness_names_every_issuers_keys() {
    let server = TestServer::start(&["one"]).await;
    server.answers(500, String::new());
    let options = json!({ "frontendApiUrl": "https://x.clerk.accounts.dev" });
    let issuers = ["https://x.clerk.accounts.dev"];
    let site = Site::new("clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", &options, &server, &issuers);
    let ready = async |expected: Value| {
        let waiting = async {
            while site.ready().await != expected {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        assert!(waited.is_ok(), "{} instead of {expected}", site.ready().await);
    };
    let issuer = |ready: bool, keys: u64, age: Option<u64>, error: Option<&str>| {
        let issuer = json!({ "issuer": issuers[0], "ready": ready, "keys": keys, "ageSeconds": age, "error": error });
        json!({ "status": if ready { "ready" } else { "not ready" }, "issuers": [issuer] })
    };
    let for_all = |ready: u64| json!({ "status": if ready == 1 { "ready" } else { "not ready" }, "issuers": 1, "issuersReady": ready });
    ready(issuer(false, 0, None, Some("the key server answered 500"))).await;
    assert_eq!(site.ready_for_all().await, for_all(0), "who they are is nobody's business");
    server.answers(200, jwks(&["one", "two"]));
    site.later(2);
    ready(issuer(true, 2, Some(0), None)).await;
    assert_eq!(site.ready_for_all().await, for_all(1));
    server.answers(500, String::new());
    site.later(400);
    ready(issuer(true, 2, Some(400), Some("the key server answered 500"))).await;
    site.later(3200);
    ready(issuer(false, 2, Some(3600), Some("the key server answered 500"))).await;
}

#[tokio::test]
async fn a_project_sets_the_pace_of_fetching() {
    let server = TestServer::start(&["one"]).await;
    let jwks = json!({ "refreshSeconds": 20, "staleSeconds": 40, "cooldownSeconds": 3 });
    let options = json!({ "frontendApiUrl": "https://x.clerk.accounts.dev", "jwks": jwks });
    let issuer = "https://x.clerk.accounts.dev";
    let site = Site::new("clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", &options, &server, &[issuer]);
    let token = |kid: &str| TestKey::named(kid).sign(&with(claims(issuer, ""), "exp", json!(START + 600)));
    assert_eq!(site.get(&token("one")).await.status, 200);
    for (seconds, visits) in [(1, 2), (2, 2), (1, 3)] {
        site.later(seconds);
        assert_eq!((site.get(&token("two")).await.status.as_u16(), server.visits()), (401, visits), "{seconds}");
    }
    server.answers(500, String::new());
    site.later(39);
    assert_eq!(site.get(&token("one")).await.status, 200, "39 seconds old");
    site.later(1);
    assert_eq!(site.get(&token("one")).await.status, 503, "40 seconds old");
}

#[tokio::test]
async fn keys_can_be_a_file_of_the_project() {
    let issuer = "https://x.clerk.accounts.dev";
    let clerk = json!({ "frontendApiUrl": issuer, "jwksFile": "keys/clerk.json" });
    let open_id = json!({ "issuer": issuer, "acceptAnyAudience": true, "jwksFile": "keys/clerk.json" });
    for (policy_type, export, options) in [
        ("clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", clerk),
        ("open-id-jwt-auth-inbound", "OpenIdJwtInboundPolicy", open_id),
    ] {
        let folder = one_route(policy_type, export, &options);
        let write = |kids: &[&str]| std::fs::write(folder.path().join("keys/clerk.json"), jwks(kids)).unwrap();
        let load = || Site::load(&folder, KeySets::new(HashMap::new()));
        let fault = || load().err().map(|errors| errors.to_string()).unwrap_or_default();
        assert!(fault().contains("options/jwksFile: expected a file in the project's folder"), "{}", fault());
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        write(&[]);
        assert!(fault().contains("options/jwksFile: expected a key set (RFC 7517)"), "{}", fault());
        write(&["one"]);
        let site = load().unwrap();
        let status = async |kid: &str| site.get(&TestKey::named(kid).sign(&claims(issuer, ""))).await.status.as_u16();
        assert_eq!((status("one").await, status("two").await), (200, 401));
        write(&["one", "two"]);
        let looks =
            [site.project.reload_if_changed(), site.project.reload_if_changed(), site.project.reload_if_changed()];
        assert_eq!(looks, [Reload::Unsettled, Reload::Done, Reload::Unchanged]);
        assert_eq!((status("one").await, status("two").await), (200, 200), "a changed file counts");
    }
}
