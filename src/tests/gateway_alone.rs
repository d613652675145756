//! The gateway alone, as a process of its own.

use std::fs;

use serde_json::{Value, json};

use super::support::{App, Issuer, eventually, now, project, testing::session_claims};

fn policies() -> Value {
    let policies: Value = serde_json::from_str(include_str!("../../config/policies.json")).unwrap();
    let mut clerk = policies["policies"][0].clone();
    clerk["handler"]["options"]["oAuthResourceMetadataEnabled"] = json!(true);
    json!([clerk])
}

fn routes(paths: &[&str]) -> Value {
    let route = json!({ "get": { "x-zuplo-route": {
        "handler": { "export": "default", "module": "$import(./modules/hello-world)" },
        "policies": { "inbound": ["clerk-jwt-auth-inbound"] },
    } } });
    let items = paths.iter().map(|path| ((*path).to_owned(), route.clone()));
    json!({ "openapi": "3.1.0", "paths": Value::Object(items.collect()) })
}

#[tokio::test]
async fn it_serves_a_project_and_nothing_else() {
    let mut issuer = Issuer::start().await;
    issuer.go_down().await;
    let folder = project(&[("policies.json", &policies()), ("a.oas.json", &routes(&["/hello"]))]);
    let variables = [("CLERK_FRONTEND_API_URL", issuer.url.as_str()), ("GATEHOUSE_METRICS_ADDR", "127.0.0.1:0")];
    let app = App::start_gateway(folder.path(), &variables).await;
    assert_eq!(app.get("/__zuplo/ping", &[]).await.status, 200);
    let page = app.get("/__gateway/ready", &[]).await;
    assert_eq!((page.status, page.body.as_str()), (503, r#"{"status":"not ready","issuers":1,"issuersReady":0}"#));
    let details = app.metrics_url("/ready").await;
    let told = async || {
        let page = app.get(&details, &[]).await;
        page.status == 503 && page.body.contains("cannot be reached") && page.body.contains(&issuer.url)
    };
    eventually("the cause", told).await;
    issuer.come_up().await;
    eventually("readiness", async || app.get("/__gateway/ready", &[]).await.status == 200).await;
    assert_eq!(app.get(&details, &[]).await.status, 200);

    let bearer = format!("Bearer {}", issuer.key().sign(&session_claims(&issuer.url, &app.origin, now())));
    let status = async |path: &str| app.get(path, &[("authorization", &bearer)]).await.status;
    assert_eq!(status("/hello").await, 200);
    for path in ["/", "/account", "/health/live", "/__clerk/sign-in", "/gateway/hello", "/rpc/account_data"] {
        let page = app.get(path, &[]).await;
        assert_eq!((page.status, page.header("content-type")), (404, "application/problem+json"), "{path}");
        assert_eq!(page.header("x-request-id").len(), 36);
    }
    let challenge = app.get("/hello", &[]).await.header("www-authenticate").to_owned();
    let document = challenge.split("resource_metadata=\"").nth(1).unwrap().trim_end_matches('"');
    let document: Value = serde_json::from_str(&app.get(document, &[]).await.body).unwrap();
    assert_eq!(document["resource"], format!("{}/hello", app.origin));
    assert_eq!(document["authorization_servers"], json!([issuer.url]));

    fs::write(folder.path().join("a.oas.json"), routes(&["/hello", "/new"]).to_string()).unwrap();
    eventually("the new route", async || status("/new").await == 200).await;
    assert!(app.metrics().await.contains(r#"gateway_requests_total{route="/new",method="GET",status="200"} 1"#));
    assert!(!app.database().exists(), "there is no embedded Clerk");
    app.signal("TERM");
    assert!(app.wait().await.success());
}

#[tokio::test]
async fn inside_the_application_the_metadata_is_where_clients_look() {
    let issuer = Issuer::start().await;
    let folder = project(&[("policies.json", &policies()), ("a.oas.json", &routes(&["/hello"]))]);
    let app = issuer.app(&[("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap())]).await;
    let challenge = app.get("/gateway/hello", &[]).await.header("www-authenticate").to_owned();
    let document = challenge.split("resource_metadata=\"").nth(1).unwrap().trim_end_matches('"').to_owned();
    assert_eq!(document, format!("{}/.well-known/oauth-protected-resource/gateway/hello", app.origin));
    for (url, resource) in [
        (document, format!("{}/gateway/hello", app.origin)),
        (format!("{}/.well-known/oauth-protected-resource/gateway", app.origin), format!("{}/gateway", app.origin)),
    ] {
        let page = app.get(&url, &[]).await;
        assert_eq!((page.status, page.header("access-control-allow-origin")), (200, "*"), "{url}");
        assert_eq!(serde_json::from_str::<Value>(&page.body).unwrap()["resource"], resource);
    }
}

#[tokio::test]
async fn a_project_that_names_the_issuer_needs_one() {
    let folder = project(&[("policies.json", &policies()), ("a.oas.json", &routes(&["/hello"]))]);
    let (status, text) = App::run_gateway_to_end(folder.path());
    assert!(!status.success());
    assert!(
        text.contains("frontendApiUrl: expected the environment variable CLERK_FRONTEND_API_URL to be set"),
        "{text}"
    );
}
