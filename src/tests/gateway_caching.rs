//! Answers that are given again, through the real program: to whom, and what the upstream sees of it.

use serde_json::{Value, json};

use super::support::{
    App, Issuer, Page, Upstream, eventually, project,
    testing::{TempFolder, hs256, with},
};

/// Somebody whose tokens come in a header of their own.
const ISSUER: &str = "https://tokens.example";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn built_in(name: &str, policy_type: &str, export: &str, options: &Value) -> Value {
    let handler = json!({ "export": export, "module": "$import(@zuplo/runtime)", "options": options });
    json!({ "name": name, "policyType": policy_type, "handler": handler })
}

fn files() -> TempFolder {
    let mut clerk =
        serde_json::from_str::<Value>(include_str!("../../config/policies.json")).unwrap()["policies"][0].take();
    clerk["name"] = json!("clerk");
    let tokens = json!({ "issuer": ISSUER, "secret": SECRET, "acceptAnyAudience": true, "authHeader": "X-Token" });
    let limit = json!({ "rateLimitBy": "ip", "headerMode": "rate-limit" });
    let policies = json!([
        clerk,
        built_in("tokens", "open-id-jwt-auth-inbound", "OpenIdJwtInboundPolicy", &tokens),
        built_in("cache", "caching-inbound", "CachingInboundPolicy", &json!({ "cacheHttpMethods": ["GET", "HEAD"] })),
        built_in("limit", "rate-limit-inbound", "RateLimitInboundPolicy", &limit),
        built_in(
            "set",
            "set-headers-outbound",
            "SetHeadersOutboundPolicy",
            &json!({ "headers": [{ "name": "x-out", "value": "1" }] })
        ),
    ]);
    let route = |inbound: &[&str]| {
        let handler = json!({
            "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)",
            "options": { "baseUrl": "${env.UPSTREAM}" },
        });
        let policies = json!({ "inbound": inbound, "outbound": ["set"] });
        json!({ "x-zuplo-route": { "corsPolicy": "anything-goes", "handler": handler, "policies": policies } })
    };
    let open = route(&["limit", "cache"]);
    let routes = json!({ "openapi": "3.1.0", "paths": {
        "/own": { "get": route(&["tokens", "cache"]) },
        "/mine": { "get": route(&["clerk", "cache"]) },
        "/echo": { "get": open, "head": open },
        "/stream": { "get": open },
    } });
    project(&[("policies.json", &policies), ("routes.oas.json", &routes)])
}

struct Scene {
    issuer: Issuer,
    upstream: Upstream,
    app: App,
    _folder: TempFolder,
}

async fn scene() -> Scene {
    let (issuer, upstream, folder) = (Issuer::start().await, Upstream::start().await, files());
    let variables = [("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap()), ("UPSTREAM", &upstream.url)];
    let app = issuer.app(&variables).await;
    Scene { issuer, upstream, app, _folder: folder }
}

/// The upstream repeats the request's id, so that two answers are the same only if it was asked once.
fn asked(page: &Page) -> Value {
    assert_eq!(page.status, 200, "{}", page.body);
    serde_json::from_str::<Value>(&page.body).unwrap()["headers"]["zp-rid"].take()
}

#[tokio::test]
async fn a_caller_gets_their_own_answer_again_and_nobody_elses() {
    let Scene { issuer, app, .. } = scene().await;
    let claims = |sub: &str| with(issuer.claims(&app), "sub", json!(sub));
    let bearer = |sub: &str| format!("Bearer {}", issuer.key().sign(&claims(sub)));
    let token = |sub: &str| hs256(SECRET, "own", &with(claims(sub), "iss", json!(ISSUER)));
    let mut answers = Vec::new();
    for (path, name, value) in [
        ("/mine", "authorization", bearer("ada")),
        ("/mine", "authorization", bearer("bob")),
        ("/own", "x-token", token("ada")),
        ("/own", "x-token", token("bob")),
    ] {
        let get = async || app.get(&format!("/gateway{path}"), &[(name, value.as_str())]).await;
        let first = asked(&get().await);
        assert!(!answers.contains(&first));
        let again = get().await;
        assert_eq!(asked(&again), first);
        assert_ne!(again.header("zp-rid"), first.as_str().unwrap(), "the request has an id of its own");
        answers.push(first);
    }
    assert_eq!(app.get("/gateway/mine", &[]).await.status, 401);
}

#[tokio::test]
async fn an_answer_comes_again_with_its_headers_and_those_of_the_request() {
    let Scene { app, .. } = scene().await;
    let first = app.get("/gateway/echo?a=1", &[("origin", "https://app.example")]).await;
    let again = app.get("/gateway/echo?a=1", &[("origin", "https://app.example")]).await;
    assert_eq!(asked(&first), asked(&again));
    assert_ne!(asked(&first), asked(&app.get("/gateway/echo?a=2", &[("origin", "https://app.example")]).await));
    for page in [&first, &again] {
        assert_eq!((page.header("x-upstream"), page.header("x-out")), ("1", "1"), "outbound policies included");
        assert_eq!(page.header("access-control-allow-origin"), "https://app.example");
    }
    assert_eq!((first.header("age"), again.header("age").is_empty()), ("", false));
    assert_eq!((first.header("ratelimit-remaining"), again.header("ratelimit-remaining")), ("999", "998"));
    let head = || app.request(reqwest::Method::HEAD, "/gateway/echo").send();
    let (first, again) = (head().await.unwrap(), head().await.unwrap());
    assert_eq!(first.headers()["content-length"], again.headers()["content-length"]);
    assert!(again.headers().contains_key("age"));
}

#[tokio::test]
async fn a_stream_passes_while_it_is_kept() {
    let Scene { app, upstream, .. } = scene().await;
    let mut response = app.request(reqwest::Method::GET, "/gateway/stream").send().await.unwrap();
    let write = |text: Option<&'static str>| {
        let mut stream = upstream.stream.lock().unwrap();
        match text {
            Some(text) => stream.as_ref().unwrap().send(text).unwrap(),
            None => *stream = None,
        }
    };
    for text in ["one", "two"] {
        write(Some(text));
        assert_eq!(response.chunk().await.unwrap().unwrap(), text, "nothing waits for the end");
    }
    write(None);
    assert_eq!(response.chunk().await.unwrap(), None);
    eventually("the answer from memory", async || {
        let response = app.request(reqwest::Method::GET, "/gateway/stream").send().await.unwrap();
        // Another stream has no end that a test could wait for.
        response.headers().contains_key("age") && response.text().await.unwrap() == "onetwo"
    })
    .await;
}
