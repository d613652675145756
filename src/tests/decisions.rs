//! Every decision says why: on a page where nothing else helps, in the log, in a counter.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    App, Issuer, Page, cookie, eventually, now, part,
    testing::{TempFolder, with},
};

/// A page that a browser asks for after it was redirected `count` times.
async fn after_redirects(app: &App, count: u64, cookies: &str) -> Page {
    app.navigate("/account", &format!("__clerk_redirect_count={count}; {cookies}")).await
}

#[tokio::test]
async fn a_redirect_loop_ends_at_a_page_that_names_the_likely_cause() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    let expired = issuer.key().sign(&with(issuer.claims(&app), "exp", json!(now() - 60.0)));
    let expired = format!("__clerk_db_jwt=dvb_1; __client_uat=1; __session={expired}");
    for (cookies, cause) in [
        ("", "The browser keeps no cookies"),
        ("__clerk_db_jwt=dvb_1; __client_uat=1", "The session cookie is too large"),
        (expired.as_str(), "A clock is wrong"),
    ] {
        assert_eq!(after_redirects(&app, 2, cookies).await.status, 307, "{cookies}");
        for count in [3, 4, u64::MAX] {
            let page = after_redirects(&app, count, cookies).await;
            assert_eq!(page.status, 401, "{cookies}");
            let first = page.body.split("<li>").nth(1).unwrap();
            assert!(first.contains(cause), "{cookies}: {first}");
            assert!(page.body.contains(page.header("x-clerk-auth-reason")), "{}", page.body);
            assert!(page.body.contains(page.header("x-request-id")), "{}", page.body);
        }
    }
    assert_eq!(app.navigate("/", "__clerk_redirect_count=3").await.status, 200, "who need not be known is not stopped");
}

#[tokio::test]
async fn a_session_that_was_renewed_on_the_way_is_in_no_cache() {
    let site = TempFolder::new();
    std::fs::write(site.path().join("favicon.svg"), "<svg/>").unwrap();
    let site_root = site.path().to_str().unwrap();
    let app = App::start(&[("LEPTOS_SITE_ROOT", site_root)]).await;
    let form = [("identifier", "grace@example.com"), ("password", "gatehouse-demo")];
    let cookies = app.post_form("/__clerk/sign-in", "", &form).await.cookies_after("");
    let page = app.get("/favicon.svg", &[("cookie", &with_expired_token(&app, &cookies).await)]).await;
    assert_eq!((page.status, page.body.as_str()), (200, "<svg/>"));
    assert!(page.headers.contains_key("set-cookie"), "{:?}", page.headers);
    assert_eq!(page.header("cache-control"), "no-store");
}

/// The cookies of a browser that has been away: its token is an hour old.
async fn with_expired_token(app: &App, cookies: &str) -> String {
    let behind = app.request(Method::PUT, "/__clerk/test/faults").json(&json!({ "clock_offset_seconds": -3600 }));
    assert_eq!(behind.send().await.unwrap().status(), 200);
    let session = part(&json!(cookie(cookies, "__session")), 1)["sid"].clone();
    let path = format!("/__clerk/v1/client/sessions/{}/tokens", session.as_str().unwrap());
    let token: Value = serde_json::from_str(&app.post_form(&path, cookies, &[]).await.body).unwrap();
    assert_eq!(app.request(Method::DELETE, "/__clerk/test/faults").send().await.unwrap().status(), 200);
    let older = |pair: &str| match pair.split_once('=').unwrap().0 {
        name if name.starts_with("__session") => format!("{name}={}", token["jwt"].as_str().unwrap()),
        // Its session is older still, or the token would be one from before it.
        name if name.starts_with("__client_uat") => format!("{name}=1"),
        _ => pair.to_owned(),
    };
    cookies.split("; ").map(older).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_handshake_of_another_instance_is_told_as_such() {
    let app = App::start(&[]).await;
    let page = app.navigate("/?__clerk_handshake=rubbish", "").await;
    assert_eq!(page.status, 500);
    assert!(page.body.contains("session of another Clerk instance"), "{}", page.body);
    app.logged("a request could not be decided").await;
}

#[tokio::test]
async fn decisions_are_logged_and_counted() {
    let app = App::start(&[("GATEHOUSE_METRICS_ADDR", "127.0.0.1:0"), ("GATEHOUSE_LOG_FORMAT", "json")]).await;
    app.navigate("/account", "").await;
    app.get("/api/route", &[]).await;
    app.get("/api/route", &[("authorization", "Bearer secret-token")]).await;
    let logged = async || {
        app.log().lines().any(|line| {
            line.contains(r#""answered""#)
                && line.contains(r#""clerk.status":"handshake""#)
                && line.contains(r#""clerk.reason":"dev-browser-missing""#)
        })
    };
    eventually("the log line", logged).await;
    assert!(!app.log().contains("secret-token"));

    let metrics = app.metrics().await;
    for line in [
        r#"clerk_requests_total{status="handshake",reason="dev-browser-missing"} 1"#,
        r#"clerk_requests_total{status="signed-out",reason="dev-browser-missing"} 1"#,
        r#"clerk_requests_total{status="signed-out",reason="token-invalid"} 1"#,
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    assert_eq!(app.get("/metrics", &[]).await.status, 404, "they are nobody's business on the public listener");
}
