//! Requests that are held to their operation's schemas, through the real program.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, Page, Upstream, project, testing::TempFolder};

fn files() -> TempFolder {
    let policies = json!([{ "name": "validate", "policyType": "request-validation-inbound", "handler": {
        "export": "RequestValidationInboundPolicy", "module": "$import(@zuplo/runtime)",
        "options": { "validateBody": "reject-and-log", "validateQueryParameters": "reject-only" },
    } }]);
    let routes = json!({
        "openapi": "3.0.3",
        "paths": { "/pets": {
            "parameters": [{ "name": "dry", "in": "query", "schema": { "type": "boolean" } }],
            "post": {
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } } },
                "x-zuplo-route": {
                    "corsPolicy": "anything-goes",
                    "handler": { "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "${env.UPSTREAM}" } },
                    "policies": { "inbound": ["validate"] },
                },
            },
        } },
        "components": { "schemas": { "Pet": {
            "type": "object", "required": ["name"],
            "properties": { "name": { "type": "string", "nullable": true }, "age": { "type": "integer", "minimum": 0 } },
        } } },
    });
    project(&[("policies.json", &policies), ("routes.oas.json", &routes)])
}

async fn post(app: &App, path: &str, content_type: &str, body: &str) -> Page {
    let request = app.request(Method::POST, &format!("/gateway{path}"));
    let request = request.header("content-type", content_type).header("origin", "https://app.example");
    Page::read(request.body(body.to_owned()).send().await.unwrap()).await
}

#[tokio::test]
async fn what_fits_goes_on_and_what_does_not_is_told_why() {
    let (upstream, folder) = (Upstream::start().await, files());
    let folder = folder.path().to_str().unwrap();
    let app = App::start(&[("GATEHOUSE_CONFIG_DIR", folder), ("UPSTREAM", &upstream.url)]).await;
    let body = "{ \"name\": null,\n\"age\": 7 }";
    let page = post(&app, "/pets?dry=true", "application/json", body).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let seen: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!((&seen["body"], &seen["uri"]), (&json!(body), &json!("/pets?dry=true")));

    let page = post(&app, "/pets", "application/json", r#"{"age": -1, "name": "very secret"}"#).await;
    assert_eq!((page.status, page.header("content-type")), (400, "application/problem+json"));
    assert_eq!(page.header("access-control-allow-origin"), "https://app.example");
    let problem: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(problem["title"], "Bad Request");
    let message = "value is less than the minimum of 0";
    assert_eq!(problem["errors"], json!([{ "in": "body", "pointer": "/age", "message": message }]));
    let line = app.logged("a request does not fit its schema").await;
    assert!(line.contains(message), "{line}");

    assert_eq!(post(&app, "/pets?dry=maybe", "application/json", body).await.status, 400);
    assert_eq!(post(&app, "/pets", "text/plain", body).await.status, 415);
    let long = format!(r#"{{"name": "{}"}}"#, "x".repeat(1024 * 1024));
    assert_eq!(post(&app, "/pets", "application/json", &long).await.status, 413);
    assert!(!app.log().contains("very secret"));
}
