//! Starting: what is refused, in which words.

use super::support::{
    App,
    testing::{TempFolder, TestKey},
};

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
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/config/policies.json"), folder.path().join("policies.json"))
        .unwrap();
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
    assert!(
        text.contains("the embedded Clerk serves this machine only, but LEPTOS_SITE_ADDR listens on 0.0.0.0:"),
        "{text}"
    );
    let allowed = [("LEPTOS_SITE_ADDR", "0.0.0.0:0"), ("GATEHOUSE_EMBEDDED_CLERK", "allow-non-loopback")];
    let app = App::start(&allowed).await;
    assert_eq!(app.get("/health/live", &[]).await.status, 200);
}

#[tokio::test]
async fn with_keys_there_is_no_embedded_clerk() {
    let app = App::start(&[
        ("CLERK_JWT_KEY", &TestKey::named("start").public_pem()),
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
    assert!(
        page.body.contains("https://sign-in.example/here/create?redirect_url="),
        "Clerk's rule for a missing sign-up page"
    );
    let page = app.get("/account", &[]).await;
    assert!(page.header("location").starts_with("https://sign-in.example/here?redirect_url=http%3A%2F%2Flocalhost%3A"));
    assert_eq!(page.header("x-clerk-redirect-to"), "true");
    let page = app.get("/account?a=b", &[("cookie", "__clerk_db_jwt=dvb_1")]).await;
    let location = page.header("location");
    assert!(location.ends_with("%2Faccount%3Fa%3Db&__clerk_db_jwt=dvb_1"), "{location}");
}

#[tokio::test]
async fn the_account_portal_follows_from_the_publishable_key() {
    let app = App::start(&[
        ("CLERK_API_URL", "http://127.0.0.1:9"),
        ("CLERK_JWT_KEY", &TestKey::named("start").public_pem()),
        ("CLERK_PUBLISHABLE_KEY", "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"),
        ("CLERK_SECRET_KEY", "sk_live_x"),
    ])
    .await;
    // A production handshake stays in the address; where to return to must not bring it along.
    let page = app.get("/account?a=b&__clerk_handshake_nonce=n", &[("cookie", "__clerk_db_jwt=dvb_1")]).await;
    let location = page.header("location");
    assert!(location.starts_with("https://accounts.example.com/sign-in?redirect_url="), "{location}");
    assert!(location.ends_with("%2Faccount%3Fa%3Db"), "{location}");
    assert!(app.get("/", &[]).await.body.contains("https://accounts.example.com/sign-up?redirect_url="));
}

#[tokio::test]
async fn dot_env_counts_where_the_environment_says_nothing() {
    let dot_env =
        "GATEHOUSE_LOG_FORMAT=json\nGATEWAY_URL=http://127.0.0.1:9\nGATEHOUSE_PUBLIC_URL=http://localhost:1\n";
    let app =
        App::start_with_dot_env(dot_env, &[("GATEWAY_URL", ""), ("GATEHOUSE_PUBLIC_URL", "http://localhost:2")]).await;
    assert_eq!(app.origin, "http://localhost:2");
    let address = app.address().await;
    assert!(app.log().starts_with('{'), "{}", app.log());
    let page = app.get(&format!("http://{address}/gateway/hello"), &[]).await;
    assert_eq!(page.status, 401, "an empty variable means the default, whatever .env says");
}

#[tokio::test]
async fn the_public_origin_is_pinned() {
    let text = refused(&[("GATEHOUSE_PUBLIC_URL", "https://app.example.com")]);
    assert!(text.contains("this machine only, but GATEHOUSE_PUBLIC_URL is https://app.example.com"), "{text}");
    let allowed = ("GATEHOUSE_EMBEDDED_CLERK", "allow-non-loopback");
    let app = App::start(&[("GATEHOUSE_PUBLIC_URL", "https://app.example.com"), allowed]).await;
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
