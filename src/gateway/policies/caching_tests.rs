//! What is the same question, who is the same caller, and what is kept.

use axum::body::to_bytes;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::gateway::{
    Gateway, Handler, InboundPolicy, Registry, User,
    handlers::Answer,
    testing::{self, Applied, dependencies, inbound, project, request, request_to},
};

type Policy = Applied<Arc<dyn InboundPolicy>>;

fn policy(options: &Value) -> Policy {
    let mut all = json!({ "statusCodes": [203, 206] });
    all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    inbound("caching-inbound", &all)
}

/// Whether a request is answered from memory. If not, it is answered with these headers.
async fn hits_with(policy: &mut Policy, request: Request, status: u16, headers: &[(&str, &str)]) -> bool {
    let is_hit = policy.status(request).await != 200;
    let mut response = testing::response(headers);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    *response.body_mut() = "hello".into();
    let sent = policy.context.answered(response).await;
    to_bytes(sent.into_body(), 99).await.unwrap();
    is_hit
}

async fn hits(policy: &mut Policy, request: Request) -> bool {
    hits_with(policy, request, 203, &[]).await
}

#[tokio::test]
async fn the_same_question_is_answered_again_and_no_other() {
    let options = json!({ "headers": ["x-plan"], "cacheHttpMethods": ["GET", "HEAD"] });
    let questions = || {
        let with = |name: &str, value: &str| request(&[(name, value)]);
        [
            request(&[]),
            request_to("HEAD", "/hello"),
            request_to("GET", "/hello?a=1"),
            request_to("GET", "/hello?a=2"),
            request_to("GET", "/other"),
            with("x-forwarded-host", "evil.example"),
            with("x-forwarded-proto", "https"),
            with("origin", "https://app.example"),
            with("range", "bytes=0-9"),
            with("accept-encoding", "gzip"),
            with("x-plan", "large"),
            request(&[("x-plan", "large"), ("x-plan", "small")]),
            with("authorization", "Bearer a"),
            with("authorization", "Bearer b"),
            with("cookie", "session=a"),
        ]
    };
    let mut policy = policy(&options);
    for question in questions() {
        let text = format!("{question:?}");
        assert!(!hits(&mut policy, question).await, "{text}");
    }
    for question in questions() {
        let text = format!("{question:?}");
        assert!(hits(&mut policy, question).await, "{text}");
    }
    assert!(hits(&mut policy, request(&[("x-other", "1")])).await, "what makes no difference");
    assert!(!hits(&mut policy, request_to("POST", "/hello")).await);
    assert!(!hits(&mut policy, request_to("POST", "/hello")).await, "another method is never kept");
}

#[tokio::test]
async fn no_caller_gets_the_answer_of_another() {
    let callers = || {
        let user = |sub: &str, data: Value| Some(User::new(sub, data));
        [
            None,
            user("a", Value::Null),
            user("b", Value::Null),
            user("a", json!({ "iss": "https://one.example" })),
            user("a", json!({ "iss": "https://two.example" })),
        ]
    };
    let mut policy = policy(&json!({}));
    for expected in [false, true] {
        for user in callers() {
            policy.context.user = user;
            assert_eq!(hits(&mut policy, request(&[])).await, expected);
        }
    }
    policy.context.custom.insert("tenant".to_owned(), json!("acme"));
    assert!(!hits(&mut policy, request(&[])).await, "what an own policy found out");
}

#[tokio::test]
async fn answers_are_shared_where_the_project_says_so() {
    let mut policy = policy(&json!({ "dangerouslyIgnoreAuthorizationHeader": true }));
    assert!(!hits(&mut policy, request(&[("authorization", "Bearer a")])).await);
    policy.context.user = Some(User::new("b", Value::Null));
    assert!(hits(&mut policy, request(&[("authorization", "Bearer b"), ("cookie", "b")])).await);
}

#[tokio::test]
async fn answers_that_differ_by_caller_are_not_shared() {
    for (options, vary, shared) in [
        (json!({}), "Authorization", false),
        (json!({}), "accept-encoding, cookie", false),
        (json!({}), "Origin", true),
        (json!({ "headers": ["authorization"] }), "Authorization", false),
    ] {
        let mut all = options.clone();
        all["dangerouslyIgnoreAuthorizationHeader"] = json!(true);
        let mut policy = policy(&all);
        let of = |caller: &str| request(&[("authorization", caller), ("cookie", caller)]);
        assert!(!hits_with(&mut policy, of("a"), 203, &[("vary", vary)]).await);
        assert_eq!(hits(&mut policy, of("b")).await, shared, "{options} {vary}");
    }
    let mut policy = policy(&json!({ "dangerouslyIgnoreAuthorizationHeader": true, "headers": ["authorization"] }));
    let of_a = || request(&[("authorization", "a")]);
    assert!(!hits_with(&mut policy, of_a(), 203, &[("vary", "Authorization")]).await);
    assert!(hits(&mut policy, of_a()).await, "a header that makes a difference after all");
}

#[tokio::test]
async fn what_must_not_be_kept_is_not() {
    for (status, headers, expected) in [
        (203, vec![], true),
        (200, vec![], false),
        (206, vec![], false),
        (203, vec![("set-cookie", "a=b")], false),
        (203, vec![("cache-control", "No-Store")], false),
        (203, vec![("cache-control", "max-age=9"), ("cache-control", "private=\"x\"")], false),
        (203, vec![("cache-control", "no-cache")], false),
        (203, vec![("cache-control", "max-age=0")], false),
        (203, vec![("cache-control", "max-age=60, s-maxage=0")], false),
        (203, vec![("cache-control", "max-age=soon")], false),
        (203, vec![("cache-control", "public, max-age=\"9\"")], true),
        (203, vec![("vary", "*")], false),
        (203, vec![("vary", "Accept-Encoding, Accept-Language")], false),
        (203, vec![("vary", "Accept-Encoding, Cookie"), ("vary", "Origin")], true),
    ] {
        let mut policy = policy(&json!({}));
        assert!(!hits_with(&mut policy, request(&[]), status, &headers).await);
        assert_eq!(hits(&mut policy, request(&[])).await, expected, "{status} {headers:?}");
    }
    let ranged = || request(&[("range", "bytes=0-4")]);
    let mut policy = policy(&json!({}));
    assert!(!hits_with(&mut policy, ranged(), 206, &[]).await);
    assert!(hits(&mut policy, ranged()).await, "a part that was asked for");
}

#[tokio::test]
async fn answers_last_as_long_as_both_sides_want() {
    for (ttl, header, seconds) in [(10, "public", 10), (10, "max-age=4", 4), (10, "max-age=99", 10)] {
        let mut policy = policy(&json!({ "expirationSecondsTtl": ttl }));
        let begin = policy.context.arrival.now;
        assert!(!hits_with(&mut policy, request(&[]), 203, &[("cache-control", header)]).await);
        policy.context.arrival.now = begin + Duration::from_secs(seconds - 1);
        assert!(hits(&mut policy, request(&[])).await, "{header}");
        policy.context.arrival.now = begin + Duration::from_secs(seconds);
        assert!(!hits(&mut policy, request(&[])).await, "{header}");
    }
}

#[tokio::test]
async fn headers_of_one_request_are_not_kept() {
    let mut policy = policy(&json!({}));
    policy.context.answer_headers().insert("ratelimit-remaining", "7".parse().unwrap());
    assert!(!hits(&mut policy, request(&[])).await);
    let again = policy.answers(request(&[])).await;
    assert!(!again.headers().contains_key("ratelimit-remaining"));
    assert_eq!(again.headers()["age"], "0");
}

#[test]
fn faults_are_named() {
    for (options, expected) in [
        (json!({ "statusCodes": [304] }), "at /statusCodes: expected statuses from 200 to 599 without 304"),
        (json!({ "cacheHttpMethods": ["POST"] }), "at /cacheHttpMethods: expected `GET` and `HEAD` only"),
        (json!({ "headers": ["a b"] }), "at /headers: expected names of headers"),
        (json!({ "ttl": 1 }), "at /ttl: expected"),
    ] {
        let error = testing::fault("caching-inbound", &options);
        assert!(error.contains(expected), "{error}");
    }
}

/// Knows callers by a header of its own, and tells the handler by another.
struct OwnKeys;

impl InboundPolicy for OwnKeys {
    fn apply<'a>(&'a self, mut request: Request, _context: &'a mut Context) -> Verdict<'a> {
        let user = request.headers()["x-key"].clone();
        request.headers_mut().insert("x-user-id", user);
        ready(Ok(request))
    }

    fn identity_headers(&self) -> Vec<HeaderName> {
        vec![HeaderName::from_static("x-user-id")]
    }
}

/// Lets nobody in, and says no more of itself than it must.
struct Bouncer;

impl InboundPolicy for Bouncer {
    fn apply<'a>(&'a self, _request: Request, _context: &'a mut Context) -> Verdict<'a> {
        ready(Err(crate::gateway::Problem::forbidden("bouncer", "Not you.").into()))
    }
}

/// Decides nothing, and says so.
struct Porter;

impl InboundPolicy for Porter {
    fn apply<'a>(&'a self, request: Request, _context: &'a mut Context) -> Verdict<'a> {
        ready(Ok(request))
    }

    fn guards(&self) -> bool {
        false
    }
}

struct WhoAmI;

impl Handler for WhoAmI {
    fn handle<'a>(&'a self, request: Request, _context: &'a mut Context) -> Answer<'a> {
        let user = request.headers()["x-user-id"].as_bytes().to_vec();
        ready(Ok(Response::new(Body::from(user))))
    }
}

fn route(inbound: &[&str]) -> Value {
    let handler = json!({ "export": "whoAmI", "module": "$import(./modules/own)" });
    let route = json!({ "corsPolicy": "anything-goes", "handler": handler, "policies": { "inbound": inbound } });
    json!({ "openapi": "3.1.0", "paths": { "/me": { "get": { "x-zuplo-route": route } } } })
}

fn load(inbound: &[&str]) -> Result<Gateway, String> {
    let built_in = |name: &str, export: &str, options: Value| {
        let handler = json!({ "export": export, "module": "$import(@zuplo/runtime)", "options": options });
        json!({ "name": name, "policyType": name, "handler": handler })
    };
    let own = |name: &str| {
        let handler = json!({ "export": name, "module": "$import(./modules/own)" });
        json!({ "name": name, "policyType": "custom-code-inbound", "handler": handler })
    };
    let policies = json!([
        built_in("caching-inbound", "CachingInboundPolicy", json!({})),
        built_in("api-key-inbound", "ApiKeyInboundPolicy", json!({})),
        built_in("require-origin-inbound", "RequireOriginInboundPolicy", json!({ "origins": "https://app.example" })),
        own("keys"),
        own("bouncer"),
        own("porter"),
    ]);
    let folder = project(&[("policies.json", &policies), ("routes.oas.json", &route(inbound))]);
    let mut dependencies = dependencies(&[]);
    let registry = Registry::default().handler("./modules/own", "whoAmI", |options| options.none().map(|()| WhoAmI));
    let registry = registry.inbound_policy("./modules/own", "keys", |options| options.none().map(|()| OwnKeys));
    let registry = registry.inbound_policy("./modules/own", "bouncer", |options| options.none().map(|()| Bouncer));
    let registry = registry.inbound_policy("./modules/own", "porter", |options| options.none().map(|()| Porter));
    dependencies.registry = Arc::new(registry);
    Gateway::load(folder.path(), &dependencies).map_err(|errors| errors.to_string())
}

#[tokio::test]
async fn headers_that_name_the_caller_to_the_upstream_make_a_difference() {
    let router = load(&["keys", "caching-inbound"]).unwrap().into_router();
    for (user, age) in [("ada", None), ("bob", None), ("ada", Some("0")), ("bob", Some("0"))] {
        let mut request = request_to("GET", "/me");
        request.headers_mut().insert("x-key", user.parse().unwrap());
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers().get("age").map(|age| age.to_str().unwrap()), age);
        assert_eq!(response.headers().get_all("vary").iter().count(), 1);
        assert!(response.headers().contains_key("zp-rid"));
        assert_eq!(to_bytes(response.into_body(), 99).await.unwrap(), user);
    }
}

#[tokio::test]
async fn who_decides_who_may_call_stands_before_the_cache() {
    for (inbound, fits) in [
        (["api-key-inbound", "caching-inbound"], true),
        (["caching-inbound", "api-key-inbound"], false),
        (["require-origin-inbound", "caching-inbound"], true),
        (["caching-inbound", "require-origin-inbound"], false),
        (["bouncer", "caching-inbound"], true),
        (["caching-inbound", "bouncer"], false),
        (["caching-inbound", "porter"], true),
    ] {
        let outcome = load(&inbound).map(|_| ());
        assert_eq!(outcome.is_ok(), fits, "{inbound:?}");
        if let Err(error) = outcome {
            assert!(error.contains("/inbound/1: expected this one before the policy that caches"), "{error}");
        }
    }
}
