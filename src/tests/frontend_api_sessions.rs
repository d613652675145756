//! The embedded Clerk's Frontend API: what a session is good for, and how it ends.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, Browser, Page, backend, ok, refusal, refused};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "gatehouse-demo";

async fn signed_in(app: &App) -> (Browser<'_>, String) {
    let mut browser = Browser::open(app).await;
    let session = browser.sign_in(EMAIL, PASSWORD).await;
    (browser, session)
}

fn claims(jwt: &Value) -> Value {
    let part = jwt.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn tokens_are_bare_and_for_the_page_that_asks() {
    let app = App::start(&[]).await;
    let (mut browser, session) = signed_in(&app).await;
    let fields = [("organization_id", ""), ("tab_state", "focused")];
    let token = ok(browser.post(&format!("/client/sessions/{session}/tokens?debug=skip_cache"), &fields).await);
    assert_eq!(token.as_object().unwrap().keys().collect::<Vec<_>>(), ["object", "jwt"]);
    let claims_of = claims(&token["jwt"]);
    assert_eq!((&claims_of["azp"], &claims_of["sid"]), (&json!(app.origin), &json!(session)));

    browser.origin = "http://localhost:5173".to_owned();
    let token = ok(browser.post(&format!("/client/sessions/{session}/tokens"), &fields).await);
    assert_eq!(claims(&token["jwt"])["azp"], "http://localhost:5173");
    // Browsers name no origin when they read from their own: the page's address says it.
    let client = ok(browser.get("/client").await);
    let token = &client["response"]["sessions"][0]["last_active_token"]["jwt"];
    assert_eq!(claims(token)["azp"], "http://localhost:5173");

    let template = ok(browser.post(&format!("/client/sessions/{session}/tokens/supabase"), &[]).await);
    assert_eq!(
        (&claims(&template["jwt"])["role"], &claims(&template["jwt"])["sid"]),
        (&json!("authenticated"), &Value::Null)
    );
    let unknown = browser.post(&format!("/client/sessions/{session}/tokens/unknown"), &[]).await;
    assert_eq!(refusal(unknown), refused(404, "resource_not_found", ""));
}

#[tokio::test]
async fn the_application_believes_these_tokens() {
    let app = App::start(&[]).await;
    let (mut browser, _) = signed_in(&app).await;
    let client = ok(browser.get("/client").await)["response"].clone();
    let token = client["sessions"][0]["last_active_token"]["jwt"].as_str().unwrap().to_owned();
    let updated = client["updated_at"].as_u64().unwrap() / 1000;
    // As Clerk's client would write them.
    let cookies = format!("{}; __session={token}; __client_uat={updated}; __clerk_db_jwt=x", browser.cookies);
    let page = app.navigate("/account", &cookies).await;
    assert!(page.body.contains("Hello World"), "{} {}", page.status, page.body);
}

#[tokio::test]
async fn a_touch_answers_the_session() {
    let app = App::start(&[]).await;
    let (mut browser, session) = signed_in(&app).await;
    let fields = [("active_organization_id", ""), ("intent", "select_session")];
    let touched = ok(browser.post(&format!("/client/sessions/{session}/touch"), &fields).await);
    assert_eq!((&touched["response"]["id"], &touched["response"]["status"]), (&json!(session), &json!("active")));
    assert_eq!(touched["response"]["last_active_organization_id"], Value::Null);
    assert_eq!(touched["client"]["sessions"][0], touched["response"]);
    assert_eq!(ok(browser.get(&format!("/client/sessions/{session}")).await)["response"]["id"], session);
}

#[tokio::test]
async fn nobody_uses_the_session_of_another_browser() {
    let app = App::start(&[]).await;
    let (_, session) = signed_in(&app).await;
    let mut other = Browser::open(&app).await;
    for action in ["touch", "tokens", "tokens/supabase", "end", "remove"] {
        let answer = other.post(&format!("/client/sessions/{session}/{action}"), &[]).await;
        assert_eq!(refusal(answer), refused(401, "authentication_invalid", ""), "{action}");
    }
    for (method, path) in [
        (Method::GET, "/me"),
        (Method::PATCH, "/me"),
        (Method::DELETE, "/me"),
        (Method::GET, "/me/sessions/active"),
        (Method::PATCH, "/me/metadata"),
    ] {
        let answer = other.call(method.clone(), path, &[]).await;
        assert_eq!(refusal(answer), refused(401, "authentication_invalid", ""), "{method} {path}");
    }
    let (mut grace, _) = (Browser::open(&app).await, ());
    grace.sign_in("grace@example.com", PASSWORD).await;
    let answer = grace.get(&format!("/me?_clerk_session_id={session}")).await;
    assert_eq!(refusal(answer), refused(401, "authentication_invalid", ""), "not the session that she means");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_renews_the_client() {
    let app = App::start(&[]).await;
    let (mut browser, session) = signed_in(&app).await;
    let before = browser.cookies.clone();
    let answer = ok(browser.delete("/client/sessions").await);
    assert_eq!((&answer["response"]["object"], &answer["response"]["sessions"]), (&json!("client"), &json!([])));
    assert_eq!(answer["response"], answer["client"]);
    assert!(browser.cookies.contains("__client=") && !browser.cookies.contains("__refresh"));
    let gone = browser.post(&format!("/client/sessions/{session}/tokens"), &[]).await;
    assert_eq!(refusal(gone), refused(401, "authentication_invalid", ""));
    let mut old = Browser::open(&app).await;
    old.cookies = before;
    assert_eq!(ok(old.get("/client").await)["response"], Value::Null, "the client's old token is worth nothing");
    assert_eq!(ok(Browser::open(&app).await.delete("/client/sessions").await)["response"], Value::Null);
}

#[tokio::test]
async fn a_session_is_ended_or_removed() {
    let app = App::start(&[]).await;
    for (action, status) in [("end", "ended"), ("remove", "removed")] {
        let (mut browser, session) = signed_in(&app).await;
        let answer = ok(browser.post(&format!("/client/sessions/{session}/{action}"), &[]).await);
        assert_eq!(
            (&answer["response"]["status"], &answer["response"]["last_active_token"]),
            (&json!(status), &Value::Null)
        );
        assert_eq!(
            (&answer["client"]["sessions"], &answer["client"]["last_active_session_id"]),
            (&json!([]), &Value::Null)
        );
        let kept = ok(backend(&app, Method::GET, &format!("/v1/sessions/{session}"), &json!({})).await);
        assert_eq!(kept["status"], "ended");
    }
}

#[tokio::test]
async fn a_client_is_forgotten() {
    let app = App::start(&[]).await;
    let (mut browser, session) = signed_in(&app).await;
    let answer = ok(browser.delete("/client").await);
    assert_eq!((&answer["response"]["deleted"], &answer["client"]), (&json!(true), &Value::Null));
    assert_eq!(browser.cookies, "");
    let gone = backend(&app, Method::GET, &format!("/v1/sessions/{session}"), &json!({})).await;
    assert_eq!(refusal(gone), refused(404, "resource_not_found", ""));
    let made = ok(browser.call(Method::PUT, "/client", &[]).await);
    assert!(made["response"]["id"].as_str().unwrap().starts_with("client_"));
    assert!(browser.cookies.starts_with("__client="));
}

#[tokio::test]
async fn portal_and_components_share_a_session() {
    let app = App::start(&[]).await;
    let (mut browser, session) = signed_in(&app).await;
    let page = app.navigate("/__clerk/sign-in", &browser.cookies).await;
    assert!(
        page.body.contains("You are signed in as <strong><span class=\"address\">ada<wbr>@example.com"),
        "{}",
        page.body
    );
    let handshake = format!("/__clerk/v1/client/handshake?format=nonce&redirect_url={}/account", app.origin);
    let page: Page = app.navigate(&handshake, &browser.cookies).await;
    assert_eq!((page.status, page.header("cache-control")), (307, "no-store"));
    assert_eq!(ok(browser.get("/client").await)["response"]["last_active_session_id"], session);
    for path in ["touch", "sync"] {
        let back = app.navigate(&format!("/__clerk/v1/client/{path}?redirect_url={}/a%3Fb", app.origin), "").await;
        assert_eq!((back.status, back.header("location")), (307, format!("{}/a?b", app.origin).as_str()));
        let foreign = app.navigate(&format!("/__clerk/v1/client/{path}?redirect_url=https://evil.example/"), "").await;
        assert_eq!(foreign.status, 400);
    }
    app.post_form("/__clerk/sign-out", &browser.cookies, &[]).await;
    assert_eq!(ok(browser.get("/client").await)["response"], Value::Null, "the portal renewed the client's token");
}
