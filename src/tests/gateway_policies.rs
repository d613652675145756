//! Policies of `@zuplo/runtime` and Zuplo's samples, in the order a project gives them, through the real program.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::support::{App, Page, Upstream, chunks, project, testing::TempFolder};

fn policy(name: &str, policy_type: &str, export: &str, options: &Value) -> Value {
    let module = if export == "default" {
        format!("$import(./modules/{policy_type})")
    } else {
        "$import(@zuplo/runtime)".to_owned()
    };
    json!({ "name": name, "policyType": policy_type, "handler": { "export": export, "module": module, "options": options } })
}

fn policies() -> Value {
    json!({ "policies": [
        policy("basic", "basic-auth-inbound", "BasicAuthInboundPolicy", &json!({ "accounts": [
            { "username": "ada", "password": "$env(ADA_PASSWORD)", "data": { "roles": ["admin"] } },
            { "username": "bob", "password": "secret-of-bob", "data": {} },
        ] })),
        policy("admins", "rbac-policy-inbound", "default", &json!({ "allowedRoles": ["admin"] })),
        policy("audit", "audit-log-inbound", "AuditLogsInboundPolicy", &json!({ "tenant": "acme" })),
        policy("guarded", "composite-inbound", "CompositeInboundPolicy", &json!({ "policies": ["basic", "admins", "audit"] })),
        policy("small", "request-size-limit-inbound", "RequestSizeLimitInboundPolicy", &json!({ "maxSizeInBytes": 5 })),
        policy("query", "set-query-params-inbound", "SetQueryParamsInboundPolicy", &json!({ "params": [{ "name": "v", "value": "2" }] })),
        policy("post", "change-method-inbound", "ChangeMethodInboundPolicy", &json!({ "method": "POST" })),
        policy("body", "set-body-inbound", "SetBodyInboundPolicy", &json!({ "body": "fixed" })),
        policy("mock", "mock-api-inbound", "MockApiInboundPolicy", &json!({})),
        policy("local", "ip-restriction-inbound", "default", &json!({ "allowedIpAddresses": ["127.0.0.1"] })),
        policy("teapot", "set-status-outbound", "SetStatusOutboundPolicy", &json!({ "status": 418 })),
        policy("mark", "set-headers-outbound", "SetHeadersOutboundPolicy", &json!({ "headers": [{ "name": "x-mark", "value": "1" }] })),
    ] })
}

fn routes() -> Value {
    let route = |handler: Value, inbound: &[&str], outbound: &[&str]| json!({ "x-zuplo-route": { "handler": handler, "policies": { "inbound": inbound, "outbound": outbound } } });
    let forward = json!({
        "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "${env.UPSTREAM}" },
    });
    let hello = json!({ "export": "default", "module": "$import(./modules/hello-world)" });
    let mut mocked = route(hello.clone(), &["local", "mock"], &["mark"]);
    mocked["responses"] = json!({ "201": { "content": { "application/json": { "example": { "mocked": true } } } } });
    json!({ "openapi": "3.1.0", "paths": {
        "/guarded": { "get": route(hello, &["guarded"], &[]) },
        "/small": { "post": route(forward.clone(), &["small"], &[]) },
        "/changed": { "get": route(forward, &["query", "post", "body"], &["teapot", "mark"]) },
        "/mocked": { "get": mocked },
    } })
}

async fn app(upstream: &Upstream) -> (App, TempFolder) {
    let folder = project(&[("policies.json", &policies()), ("routes.oas.json", &routes())]);
    let path = folder.path().to_str().unwrap();
    let variables = [("GATEHOUSE_CONFIG_DIR", path), ("UPSTREAM", &upstream.url), ("ADA_PASSWORD", "secret-of-ada")];
    (App::start(&variables).await, folder)
}

#[tokio::test]
async fn groups_run_in_order() {
    let (app, _folder) = app(&Upstream::start().await).await;
    for (credentials, status) in [("ada:secret-of-ada", 200), ("bob:secret-of-bob", 403), ("ada:wrong", 401)] {
        let authorization = format!("Basic {}", STANDARD.encode(credentials));
        let page = app.get("/gateway/guarded?q=1", &[("authorization", &authorization)]).await;
        assert_eq!(page.status, status, "{credentials}: {}", page.body);
    }
    app.logged("\"tenant\":\"acme\"").await;
    let log = app.log();
    let audited: Vec<&str> = log.lines().filter(|line| line.contains("\"tenant\":\"acme\"")).collect();
    assert_eq!(audited.len(), 1, "only what got that far");
    assert!(audited[0].contains("\"sub\":\"ada\"") && audited[0].contains("127.0.0.1"), "{log}");
    assert!(!log.contains("secret-of-"), "{log}");
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused_however_they_come() {
    let upstream = Upstream::start().await;
    let (app, _folder) = app(&upstream).await;
    let post = || app.request(reqwest::Method::POST, "/gateway/small");
    assert_eq!(post().body("12345").send().await.unwrap().status(), 200);
    assert_eq!(post().body("123456").send().await.unwrap().status(), 413);
    let (writer, body) = chunks();
    writer.send("123").unwrap();
    writer.send("456").unwrap();
    drop(writer);
    let page = Page::read(post().body(reqwest::Body::wrap(body)).send().await.unwrap()).await;
    assert_eq!((page.status, page.header("content-type")), (413, "application/problem+json"), "{}", page.body);
}

#[tokio::test]
async fn requests_and_answers_are_changed_on_their_way() {
    let (app, _folder) = app(&Upstream::start().await).await;
    let page = app.get("/gateway/changed?v=1&w=1", &[]).await;
    assert_eq!((page.status, page.header("x-mark")), (418, "1"));
    let seen: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(
        (&seen["method"], &seen["uri"], &seen["body"]),
        (&json!("POST"), &json!("/changed?w=1&v=2"), &json!("fixed"))
    );
}

#[tokio::test]
async fn an_answer_before_the_handler_skips_outbound_policies() {
    let (app, _folder) = app(&Upstream::start().await).await;
    let page = app.get("/gateway/mocked", &[]).await;
    assert_eq!((page.status, page.body.as_str()), (201, "{\"mocked\":true}"));
    assert_eq!((page.header("content-type"), page.header("x-mark")), ("application/json", ""));
}
