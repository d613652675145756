//! The page of the embedded gateway's routes: for whom it is, and what never stands on it.

use serde_json::json;

use super::support::{App, Issuer, Page, project};

/// The page as somebody sees it whose session is good.
async fn page(issuer: &Issuer, more: &[(&str, &str)]) -> (App, Page) {
    let app = issuer.app(more).await;
    let token = issuer.key().sign(&issuer.claims(&app));
    let page = app.get("/gateway-routes", &[("authorization", &format!("Bearer {token}"))]).await;
    (app, page)
}

#[tokio::test]
async fn routes_are_shown_without_secrets() {
    let issuer = Issuer::start().await;
    let handler = json!({ "export": "ClerkJwtInboundPolicy", "module": "$import(@zuplo/runtime)", "options": {
        "frontendApiUrl": "$env(CLERK_FRONTEND_API_URL)", "audience": "$env(AUDIENCE)",
    } });
    let policies = json!([{ "name": "clerk", "policyType": "clerk-jwt-auth-inbound", "handler": handler }]);
    let route = |inbound: &[&str]| {
        let handler = json!({ "export": "default", "module": "$import(./modules/hello-world)" });
        json!({ "x-zuplo-route": { "handler": handler, "policies": { "inbound": inbound } } })
    };
    let paths = json!({ "/mine": { "get": route(&["clerk"]) }, "/open": { "get": route(&[]) } });
    let routes = json!({ "openapi": "3.1.0", "paths": paths });
    let folder = project(&[("policies.json", &policies), ("a.oas.json", &routes)]);
    let directory = folder.path().to_str().unwrap();
    let more = [("GATEHOUSE_CONFIG_DIR", directory), ("AUDIENCE", "value-of-the-variable")];
    let (app, page) = page(&issuer, &more).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for text in ["/mine", "/open", "open to everybody", "$env(AUDIENCE)", "clerk-jwt-auth-inbound"] {
        assert!(page.body.contains(text), "{text} is missing in {}", page.body);
    }
    for secret in ["value-of-the-variable", "sk_test_integration", ".wasm", directory] {
        assert!(!page.body.contains(secret), "{secret} stands in {}", page.body);
    }
    assert!(app.get("/", &[]).await.body.contains("href=\"/gateway-routes\""));
    assert_eq!(app.get("/gateway-routes", &[]).await.status, 307, "visitors are sent to sign in");
    let answer = app.post_form("/rpc/gateway_routes", "", &[]).await;
    assert!(answer.status != 200 && !answer.body.contains("/mine"), "{} {}", answer.status, answer.body);
}

#[tokio::test]
async fn there_is_no_page_where_the_gateway_is_elsewhere() {
    let issuer = Issuer::start().await;
    let (app, page) = page(&issuer, &[("GATEWAY_URL", "http://127.0.0.1:9")]).await;
    assert_eq!(page.status, 404, "{}", page.body);
    assert!(!app.get("/", &[]).await.body.contains("/gateway-routes"));
}

#[tokio::test]
async fn there_is_no_page_for_customers() {
    let issuer = Issuer::start().await;
    let own = issuer.variables();
    let publishable = own[0].1.replace("pk_test_", "pk_live_");
    let live = [("CLERK_PUBLISHABLE_KEY", publishable.as_str()), ("CLERK_SECRET_KEY", "sk_live_integration")];
    let (app, page) = page(&issuer, &live).await;
    assert_eq!(page.status, 404, "{}", page.body);
    assert!(!app.get("/", &[]).await.body.contains("/gateway-routes"));
}
