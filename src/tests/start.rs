//! Starting: what is refused, in which words.

use super::support::{App, testing::TempFolder};

fn refused(variables: &[(&str, &str)]) -> String {
    let (status, text) = App::run_to_end(variables);
    assert_eq!(status.code(), Some(1), "{text}");
    assert!(text.contains("gatehouse cannot start: "), "{text}");
    text
}

#[test]
fn a_half_set_pair_stops_the_start() {
    let text = refused(&[("CLERK_SECRET_KEY", "sk_test_very-secret")]);
    assert!(text.contains("CLERK_SECRET_KEY is set but CLERK_PUBLISHABLE_KEY is not"), "{text}");
    assert!(!text.contains("very-secret"));
}

#[test]
fn a_malformed_value_stops_the_start() {
    let text = refused(&[("GATEHOUSE_PUBLIC_URL", "localhost")]);
    assert!(text.contains("GATEHOUSE_PUBLIC_URL: expected an origin, such as https://app.example.com"), "{text}");
}

#[test]
fn a_fault_in_the_gateway_project_stops_the_start() {
    let folder = TempFolder::new();
    std::fs::copy("config/policies.json", folder.path().join("policies.json")).unwrap();
    let routes = include_str!("../../config/routes.oas.json").replace("\"inbound\": [", "\"inbound\": [\"nothing\", ");
    std::fs::write(folder.path().join("routes.oas.json"), routes).unwrap();
    let text = refused(&[("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap())]);
    assert!(
        text.contains(
            "routes.oas.json at /paths/~1hello/get/x-zuplo-route/policies/inbound/0: expected the name of a policy"
        ),
        "{text}"
    );
}

#[test]
fn a_file_that_is_no_instance_stops_the_start() {
    let folder = TempFolder::new();
    let file = folder.path().join("instance.db");
    std::fs::write(&file, "not a database, but certainly longer than nothing at all").unwrap();
    let text = refused(&[("GATEHOUSE_INSTANCE_DB", file.to_str().unwrap())]);
    assert!(text.contains("the embedded Clerk's file"), "{text}");
}

#[test]
fn a_taken_address_stops_the_start() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let text = refused(&[("LEPTOS_SITE_ADDR", &address)]);
    assert!(text.contains(&format!("cannot listen on {address}")) && text.contains("LEPTOS_SITE_ADDR"), "{text}");
}

#[tokio::test]
async fn the_embedded_clerk_serves_this_machine_only() {
    let text = refused(&[("LEPTOS_SITE_ADDR", "0.0.0.0:0")]);
    assert!(text.contains("the embedded Clerk serves this machine only"), "{text}");
    let allowed = [("LEPTOS_SITE_ADDR", "0.0.0.0:0"), ("GATEHOUSE_EMBEDDED_CLERK", "allow-non-loopback")];
    let app = App::start(&allowed).await;
    assert_eq!(app.get("/health/ready", &[]).await.status, 200);
}

#[tokio::test]
async fn with_keys_there_is_no_embedded_clerk() {
    let app = App::start(&[
        ("CLERK_PUBLISHABLE_KEY", "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA"),
        ("CLERK_SECRET_KEY", "sk_test_x"),
        ("CLERK_SIGN_IN_URL", "https://sign-in.example/here"),
        ("LEPTOS_SITE_ADDR", "0.0.0.0:0"),
    ])
    .await;
    assert_eq!(app.get("/__clerk/sign-in", &[]).await.status, 404);
    let page = app.get("/", &[]).await;
    assert!(!page.body.contains("Embedded Clerk"));
    assert!(page.body.contains("https://sign-in.example/here?redirect_url="));
    assert!(page.body.contains("https://local-dev-1.accounts.dev/sign-up?redirect_url="));
    let page = app.get("/account", &[]).await;
    assert!(page.header("location").starts_with("https://sign-in.example/here?redirect_url=http%3A%2F%2Flocalhost%3A"));
    assert_eq!(page.header("x-clerk-redirect-to"), "true");
}

#[tokio::test]
async fn the_public_origin_is_pinned() {
    let app = App::start(&[("GATEHOUSE_PUBLIC_URL", "https://app.example.com")]).await;
    let address = app.address().await;
    let headers = [("accept", "text/html"), ("x-forwarded-host", "evil.example"), ("host", "evil.example")];
    let page = app.get(&format!("http://{address}/account"), &headers).await;
    let location = page.header("location");
    assert!(
        location.starts_with(
            "https://app.example.com/__clerk/v1/client/handshake?redirect_url=https%3A%2F%2Fapp.example.com%2Faccount&"
        ),
        "{location}"
    );
    assert!(page.header("strict-transport-security").starts_with("max-age="));
}
