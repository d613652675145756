//! Limits, through the real program: who counts as one caller, and what a refusal brings along.

use serde_json::{Value, json};

use super::support::{
    App, Issuer, Page, project,
    testing::{TempFolder, with},
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
    assert!((1..=1440 * 60).contains(&page.header("retry-after").parse::<u64>().unwrap()), "within the window");
    assert_eq!(page.header("access-control-allow-origin"), "https://app.example");
    let problem: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(
        (&problem["title"], &problem["type"]),
        (&json!("Too Many Requests"), &json!("https://httpproblems.com/http-status/429"))
    );
    assert_eq!(hello(&issuer, &app, "user_2", "one").await.status, 200, "another user");
    assert_eq!(app.get("/gateway/hello", &[]).await.status, 401, "who is not known is not counted");
}
