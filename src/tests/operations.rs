//! Health, limits, headers, stopping.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use reqwest::Method;

use super::support::{App, Page, eventually};

#[tokio::test]
async fn health_is_told_and_named() {
    let app = App::start(&[]).await;
    let page = app.get("/health/live", &[]).await;
    assert_eq!((page.status, page.body.as_str()), (200, "ok\n"));
    eventually("readiness", async || app.get("/health/ready", &[]).await.status == 200).await;
    let page = app.get("/health/ready", &[]).await;
    for check in ["keys of https://local-dev-1.clerk.accounts.dev", "embedded Clerk"] {
        assert!(page.body.contains(check), "{}", page.body);
    }
}

#[tokio::test]
async fn every_answer_and_its_log_lines_carry_the_request_id() {
    let app = App::start(&[("GATEHOUSE_LOG_FORMAT", "json")]).await;
    for path in ["/", "/health/live", "/gateway/hello", "/__clerk/sign-in", "/nothing", "/pkg/nothing"] {
        let page = app.get(path, &[("x-request-id", "forged")]).await;
        let id = page.header("x-request-id");
        assert_eq!(id.len(), 36, "{path}");
        let logged = async || app.log().lines().any(|line| line.contains(id) && line.contains("\"answered\""));
        eventually("the log line", logged).await;
    }
    assert!(app.log().lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{}", app.log());
}

#[tokio::test]
async fn a_quiet_log_names_requests_too() {
    let app = App::start(&[("GATEHOUSE_LOG", "warn")]).await;
    let request = app.request(Method::POST, "/rpc/sign_out").header("origin", "https://evil.example");
    let page = Page::read(request.send().await.unwrap()).await;
    let id = page.header("x-request-id");
    let logged = async || app.log().lines().any(|line| line.contains(id) && line.contains("another site"));
    eventually("the warning", logged).await;
}

#[tokio::test]
async fn queries_stay_out_of_the_log() {
    let app = App::start(&[("GATEHOUSE_LOG", "debug")]).await;
    app.get("/nothing?__clerk_handshake=secret-in-query", &[]).await;
    app.get("/?token=secret-in-query", &[]).await;
    app.logged("/nothing").await;
    assert!(!app.log().contains("secret-in-query"), "{}", app.log());
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let app = App::start(&[]).await;
    for path in ["/", "/health/live", "/gateway/hello", "/__clerk/sign-in", "/nothing", "/favicon.svg", "/account"] {
        let page = app.get(path, &[]).await;
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn scripts_run_with_the_answers_own_nonce_only() {
    let app = App::start(&[]).await;
    let nonce = |page: &Page| {
        page.header("content-security-policy")
            .split("'nonce-")
            .nth(1)
            .map(|rest| rest.split('\'').next().unwrap().to_owned())
    };
    let (first, second) = (app.get("/", &[]).await, app.get("/", &[]).await);
    let (one, two) = (nonce(&first).unwrap(), nonce(&second).unwrap());
    assert_ne!(one, two);
    assert!(
        first.body.matches("<script").count() == first.body.matches(&format!("<script nonce=\"{one}\"")).count(),
        "{}",
        first.body
    );
    assert!(!first.body.contains(".wasm"), "the home page has no island and loads none");
}

#[tokio::test]
async fn unknown_pages_are_404() {
    let app = App::start(&[]).await;
    let page = app.get("/nothing/here", &[]).await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("There is no page here"));
    for path in [
        "/gateway/nothing",
        "/gateway",
        "/rpc/nothing",
        "/__clerk/nothing",
        "/pkg/../Cargo.toml",
        "/pkg/%2e%2e/Cargo.toml",
    ] {
        let status = app.get(path, &[]).await.status;
        assert!(matches!(status, 404 | 400), "{path}: {status}");
    }
    assert_eq!(app.get("/gateway/a/..%2fhello", &[]).await.status, 400);
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let app = App::start(&[]).await;
    let large = "a".repeat(100_000);
    for path in ["/__clerk/sign-in", "/rpc/sign_out"] {
        let request = app.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let status = request.body(format!("identifier={large}")).send().await.unwrap().status();
        assert_eq!(status.as_u16(), 413, "{path}");
    }
}

#[tokio::test]
async fn a_slow_head_does_not_hold_a_connection_for_ever() {
    let app = App::start(&[]).await;
    let address = app.origin.replace("http://localhost", "127.0.0.1");
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map(|_| String::from_utf8_lossy(&answer).into_owned())
    });
    let answer = answer.await.unwrap().expect("the server closes the connection");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn rubbish_is_answered_and_the_program_lives_on() {
    let app = App::start(&[]).await;
    for (cookie, query) in [
        ("__session=\u{fc}; __client_uat=-1; __clerk_db_jwt=%00", "?__clerk_handshake=%00"),
        ("__session=bnVsbA.bnVsbA.AA; __client_uat=99999999999999999999", "?__clerk_handshake_nonce=%F0"),
        ("=;=;;;a", "?redirect_url=%"),
    ] {
        for path in ["/", "/account", "/__clerk/sign-in", "/__clerk/v1/client/handshake"] {
            let page = app.navigate(&format!("{path}{query}"), cookie).await;
            assert!(
                page.status < 500 || page.body.contains("handshake failed"),
                "{path}{query}: {} {}",
                page.status,
                page.body
            );
        }
    }
    let address = app.origin.replace("http://localhost", "127.0.0.1");
    for head in [
        "CONNECT a.example:443 HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET http://a.example/account HTTP/1.1",
        "BREW / HTTP/1.1",
    ] {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 ") && !answer.starts_with("HTTP/1.1 500"), "{head}: {answer}");
    }
    assert_eq!(app.get("/health/live", &[]).await.status, 200);
    assert!(!app.log().contains("panicked"), "{}", app.log());
}

#[tokio::test]
async fn both_signals_stop_the_program_cleanly() {
    for signal in ["TERM", "INT"] {
        let app = App::start(&[]).await;
        app.get("/", &[]).await;
        app.signal(signal);
        assert!(app.wait().await.success(), "{signal}");
    }
}

#[tokio::test]
async fn every_page_that_is_not_public_asks_who_is_there() {
    let app = App::start(&[]).await;
    let routes = leptos_axum::generate_route_list(gatehouse::ui::routes::App);
    assert!(routes.len() >= 2);
    for route in routes {
        let page = app.get(route.path(), &[]).await;
        let expected = match (gatehouse::ui::routes::access(route.path()), route.path()) {
            // Without Clerk's components, the portal does the same.
            (_, "/sign-in" | "/sign-up") | (gatehouse::ui::routes::Access::SignedIn, _) => 307,
            (gatehouse::ui::routes::Access::Public, _) => 200,
        };
        assert_eq!(page.status, expected, "{}", route.path());
    }
    assert_eq!(app.get("/account", &[]).await.status, 307);
}
