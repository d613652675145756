//! The embedded Clerk's Frontend API: which pages may use it, what it tells others, and what it counts.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, Browser, Page, ok, refusal, refused};

const PASSWORD: &str = "gatehouse-demo";

#[tokio::test]
async fn pages_of_this_machine_may_ask_with_their_cookies() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    browser.origin = "http://localhost:5173".to_owned();
    browser.sign_in("ada@example.com", PASSWORD).await;
    for origin in ["http://localhost:5173", "http://127.0.0.1:4000", "http://[::1]:1", app.origin.as_str()] {
        let request = app.request(Method::POST, "/__clerk/v1/environment?_method=PATCH").header("origin", origin);
        let page = Page::read(request.header("sec-fetch-site", "same-site").send().await.unwrap()).await;
        assert_eq!(page.status, 200, "{origin}: {}", page.body);
        assert_eq!(page.header("access-control-allow-origin"), origin);
        assert_eq!(page.header("access-control-allow-credentials"), "true");
        let varies = page.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("origin"));
        assert!(varies && page.header("cache-control") == "no-store", "{:?}", page.headers);
    }
    let page = app.get("/__clerk/v1/client", &[]).await;
    assert_eq!(page.header("access-control-allow-origin"), "", "nobody asked from elsewhere");
}

#[tokio::test]
async fn pages_of_other_sites_may_not() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    browser.sign_in("ada@example.com", PASSWORD).await;
    for origin in
        ["https://evil.example", "null", "http://localhost.evil.example", "file://", "http://192.168.0.1:3000"]
    {
        for (method, path) in [
            (Method::GET, "/client"),
            (Method::GET, "/nothing"),
            (Method::POST, "/client/sign_ins"),
            (Method::POST, "/client/sessions?_method=DELETE"),
            (Method::DELETE, "/client/sessions"),
        ] {
            let request = app.request(method.clone(), &format!("/__clerk/v1{path}")).header("origin", origin);
            let page = Page::read(request.header("cookie", &browser.cookies).send().await.unwrap()).await;
            assert_eq!(page.header("access-control-allow-origin"), "", "{origin} {method} {path}");
            let body: Value = serde_json::from_str(&page.body).unwrap();
            assert_eq!(refusal((page.status, body)), refused(403, "origin_invalid", ""), "{origin} {method} {path}");
        }
    }
    let request = app.request(Method::POST, "/__clerk/v1/client/sessions?_method=DELETE");
    let request = request.header("cookie", &browser.cookies).header("sec-fetch-site", "cross-site");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 403, "a browser that hides where it is");
    let host = app.get("/__clerk/v1/client", &[("host", "evil.example"), ("cookie", &browser.cookies)]).await;
    assert_eq!(host.status, 421, "another name that leads here");
    assert_eq!(
        ok(browser.get("/client").await)["response"]["sessions"].as_array().unwrap().len(),
        1,
        "still signed in"
    );
}

#[tokio::test]
async fn a_link_brings_no_browser_along() {
    let app = App::start(&[]).await;
    let mut stranger = Browser::open(&app).await;
    stranger.sign_in("ada@example.com", PASSWORD).await;
    // A page that was opened with the stranger's token in its address.
    let mut visitor = Browser::open(&app).await;
    visitor.dev_browser.clone_from(&stranger.dev_browser);
    assert_eq!(ok(visitor.get("/client").await)["response"], Value::Null);
    visitor.sign_in("grace@example.com", PASSWORD).await;
    let strangers = ok(stranger.get("/client").await)["response"].clone();
    assert_eq!(strangers["sessions"][0]["user"]["first_name"], "Ada", "and the stranger sees nothing of the visitor");
    // Nor does a client's token in the query.
    let token = stranger.cookies.split("__client=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let mut other = Browser::open(&app).await;
    other.dev_browser = token;
    assert_eq!(ok(other.get("/client").await), json!({ "response": null, "client": null }));
}

#[tokio::test]
async fn what_is_not_served_is_counted_and_named_without_its_query() {
    let app = App::start(&[("GATEHOUSE_METRICS_ADDR", "127.0.0.1:0"), ("GATEHOUSE_LOG_FORMAT", "json")]).await;
    let mut browser = Browser::open(&app).await;
    for (method, path, expected) in [
        (Method::GET, "/client/nothing?secret=s3cret", refused(404, "resource_not_found", "")),
        (Method::PATCH, "/waitlist", refused(404, "resource_not_found", "")),
        (Method::PUT, "/me", refused(405, "method_not_allowed", "")),
    ] {
        assert_eq!(refusal(browser.call(method, path, &[]).await), expected, "{path}");
    }
    let line = app.logged(r#""path":"/__clerk/v1/client/nothing""#).await;
    assert!(line.contains("unknown to the embedded Clerk") || app.log().contains("unknown to the embedded Clerk"));
    assert!(!app.log().contains("s3cret"));
    let line: Value = serde_json::from_str(&app.logged("serving metrics").await).unwrap();
    let page = app.get(&format!("http://{}/metrics", line["address"].as_str().unwrap()), &[]).await;
    assert!(page.body.contains("instance_unknown_requests_total 3"), "{}", page.body);
}

#[tokio::test]
async fn nothing_secret_is_logged() {
    let app = App::start(&[("GATEHOUSE_LOG", "debug")]).await;
    let mut browser = Browser::open(&app).await;
    ok(browser.post("/client/sign_ins", &[("strategy", "email_code"), ("identifier", "ada@example.com")]).await);
    let code = browser.code_sent_to("ada@example.com").await;
    let session = browser.sign_in("ada@example.com", PASSWORD).await;
    ok(browser.post(&format!("/client/sessions/{session}/tokens"), &[]).await);
    app.logged("signed in").await;
    let token = browser.cookies.split("__client=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let log = app.log();
    for secret in [PASSWORD, "eyJ", &token, &format!(" {code} "), "ada@example.com"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_as_everything_else_is() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    for (path, expected) in [
        ("/client/sessions/%FF", refused(404, "resource_not_found", "")),
        ("/client/handshake?redirect_url=a&redirect_url=b", refused(400, "request_query_invalid", "")),
    ] {
        assert_eq!(refusal(browser.get(path).await), expected, "{path}");
    }
    let page = app.get("/__clerk/test/sign_in", &[]).await;
    assert_eq!(page.header("content-type"), "application/json", "{}", page.body);
    let answer = serde_json::from_str(&page.body).unwrap();
    assert_eq!(refusal((page.status, answer)), refused(405, "method_not_allowed", ""));
    let page = app.navigate("/__clerk/sign-in/ticket", "").await;
    assert_eq!((page.status, page.header("content-type")), (405, "text/html; charset=utf-8"), "people get a page");
}
