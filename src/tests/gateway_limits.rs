//! Limits, through the real program: who counts as one caller, and what a refusal brings along.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    App, Issuer, Page, Upstream, eventually, project,
    testing::{RedisServer, TempFolder, with},
};

fn files() -> TempFolder {
    let policies = json!({
        "policies": [
            serde_json::from_str::<Value>(include_str!("../../config/policies.json")).unwrap()["policies"][0],
            { "name": "limit", "policyType": "rate-limit-inbound", "handler": {
                "export": "RateLimitInboundPolicy", "module": "$import(@zuplo/runtime)",
                "options": { "rateLimitBy": "user", "requestsAllowed": 2, "timeWindowMinutes": 1440 },
            } },
        ],
    });
    let routes = json!({ "openapi": "3.1.0", "paths": { "/hello": { "get": { "x-zuplo-route": {
        "corsPolicy": "anything-goes",
        "handler": { "export": "default", "module": "$import(./modules/hello-world)" },
        "policies": { "inbound": ["clerk-jwt-auth-inbound", "limit"] },
    } } } } });
    project(&[("policies.json", &policies), ("routes.oas.json", &routes)])
}

async fn hello(issuer: &Issuer, app: &App, sub: &str, jti: &str) -> Page {
    let claims = with(with(issuer.claims(app), "sub", json!(sub)), "jti", json!(jti));
    let bearer = format!("Bearer {}", issuer.key().sign(&claims));
    app.get("/gateway/hello", &[("authorization", &bearer), ("origin", "https://app.example")]).await
}

#[tokio::test]
async fn tokens_of_one_user_share_a_limit() {
    let (issuer, folder) = (Issuer::start().await, files());
    let app = issuer.app(&[("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap())]).await;
    for token in ["one", "two"] {
        assert_eq!(hello(&issuer, &app, "user_1", token).await.status, 200);
    }
    let page = hello(&issuer, &app, "user_1", "three").await;
    assert_eq!((page.status, page.header("content-type")), (429, "application/problem+json"));
    // What this window counted fades in the next one.
    assert!((1..=2 * 1440 * 60).contains(&page.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(page.header("access-control-allow-origin"), "https://app.example");
    let problem: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(
        (&problem["title"], &problem["type"]),
        (&json!("Too Many Requests"), &json!("https://httpproblems.com/http-status/429"))
    );
    assert_eq!(hello(&issuer, &app, "user_2", "one").await.status, 200, "another user");
    assert_eq!(app.get("/gateway/hello", &[]).await.status, 401, "who is not known is not counted");
}

/// Three requests a day for everybody together, by policies that differ in what they do without counters.
fn shared_files() -> TempFolder {
    let policy = |name: &str, more: Value| {
        let mut options = json!({ "rateLimitBy": "all", "requestsAllowed": 3, "timeWindowMinutes": 1440, "headerMode": "rate-limit" });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "name": name, "policyType": "rate-limit-inbound", "handler": {
            "export": "RateLimitInboundPolicy", "module": "$import(@zuplo/runtime)", "options": options,
        } })
    };
    let policies = [
        policy("open", json!({})),
        policy("closed", json!({ "throwOnFailure": true })),
        policy("eventual", json!({ "mode": "async" })),
    ];
    let paths = ["open", "closed", "eventual"].map(|name| {
        let handler = json!({ "export": "default", "module": "$import(./modules/hello-world)" });
        let route = json!({ "handler": handler, "policies": { "inbound": [name] } });
        (format!("/{name}"), json!({ "get": { "x-zuplo-route": route } }))
    });
    let routes = json!({ "openapi": "3.1.0", "paths": Value::Object(paths.into_iter().collect()) });
    project(&[("policies.json", &json!(policies)), ("routes.oas.json", &routes)])
}

/// Two programs that count in one Redis, whose password nobody may read.
async fn two_gateways(redis: &RedisServer) -> (TempFolder, App, App) {
    let folder = shared_files();
    let url = redis.url().replace("redis://", "redis://default:very-secret@");
    let variables = [("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap()), ("RATE_LIMIT_REDIS_URL", &url)];
    let (one, two) = (App::start(&variables).await, App::start(&variables).await);
    for app in [&one, &two] {
        app.logged("connected to the shared counters").await;
    }
    (folder, one, two)
}

async fn status(app: &App, path: &str) -> u16 {
    app.get(&format!("/gateway{path}"), &[]).await.status
}

#[tokio::test]
async fn gateways_share_a_count_and_say_what_is_left() {
    let redis = RedisServer::start();
    let (_folder, one, two) = two_gateways(&redis).await;
    for (app, expected, remaining) in [(&one, 200, "2"), (&two, 200, "1"), (&one, 200, "0"), (&two, 429, "0")] {
        let page = app.get("/gateway/open", &[]).await;
        assert_eq!((page.status, page.header("ratelimit-remaining")), (expected, remaining));
        assert_eq!(page.header("ratelimit-limit"), "3");
        assert_eq!(page.header("retry-after").is_empty(), expected == 200);
        let reset: u64 = page.header("ratelimit-reset").parse().unwrap();
        assert!((1..=2 * 86_400).contains(&reset));
    }
    assert_eq!(status(&one, "/closed").await, 200, "every policy has a count of its own");
}

#[tokio::test]
async fn who_does_not_wait_for_the_count_is_held_to_it_soon() {
    let redis = RedisServer::start();
    let (_folder, one, two) = two_gateways(&redis).await;
    eventually("the limit", async || status(&one, "/eventual").await == 429).await;
    assert_eq!(status(&two, "/eventual").await, 200, "nobody has told this one yet");
    // Waits for the store, which answers in order.
    assert_eq!(status(&two, "/open").await, 200);
    // By itself it would let three pass.
    let next = [status(&two, "/eventual").await, status(&two, "/eventual").await];
    assert!(next.contains(&429), "{next:?}");
}

#[tokio::test]
async fn without_the_store_the_option_decides_and_with_it_requests_count_again() {
    let mut redis = RedisServer::start();
    let (_folder, app, _other) = two_gateways(&redis).await;
    assert_eq!((status(&app, "/open").await, status(&app, "/closed").await), (200, 200));
    redis.kill();
    for _ in 0..5 {
        assert_eq!((status(&app, "/open").await, status(&app, "/eventual").await), (200, 200));
        let page = app.get("/gateway/closed", &[]).await;
        assert_eq!((page.status, page.header("content-type")), (503, "application/problem+json"));
        assert_eq!((page.header("retry-after"), page.header("ratelimit-limit")), ("2", ""));
    }
    app.logged("requests cannot be counted").await;
    redis.restart();
    eventually("counting", async || status(&app, "/closed").await == 200).await;
    eventually("the limit", async || status(&app, "/open").await == 429).await;
    app.logged("requests are counted again").await;
    assert_eq!(app.log().matches("requests cannot be counted").count(), 1, "told once");
    assert!(!app.log().contains("very-secret"));
}

#[tokio::test]
async fn who_leaves_before_the_answer_does_not_dodge_the_quota() {
    let mut policies = serde_json::from_str::<Value>(include_str!("../../config/policies.json")).unwrap();
    let options = json!({ "period": "daily", "quotaBy": "user", "allowances": { "requests": 2 } });
    policies["policies"].as_array_mut().unwrap().push(json!({
        "name": "quota", "policyType": "quota-inbound",
        "handler": { "export": "QuotaInboundPolicy", "module": "$import(@zuplo/runtime)", "options": options },
    }));
    let handler = json!({
        "export": "urlRewriteHandler", "module": "$import(@zuplo/runtime)",
        "options": { "rewritePattern": "${env.UPSTREAM}/silence" },
    });
    let route = json!({ "handler": handler, "policies": { "inbound": ["clerk-jwt-auth-inbound", "quota"] } });
    let routes = json!({ "openapi": "3.1.0", "paths": { "/slow": { "get": { "x-zuplo-route": route } } } });
    let folder = project(&[("policies.json", &policies), ("routes.oas.json", &routes)]);
    let (issuer, upstream) = (Issuer::start().await, Upstream::start().await);
    let variables = [("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap()), ("UPSTREAM", &upstream.url)];
    let app = issuer.app(&variables).await;
    let bearer = format!("Bearer {}", issuer.key().sign(&issuer.claims(&app)));
    eventually("the refusal", async || {
        let request = app.request(Method::GET, "/gateway/slow").header("authorization", &bearer);
        // The upstream never answers: whoever is not refused gives up.
        let answer = request.timeout(std::time::Duration::from_millis(100)).send().await;
        answer.is_ok_and(|answer| answer.status() == 429)
    })
    .await;
}
