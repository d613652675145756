//! The account page and its gateway: what it sends, and what it says when the gateway fails.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;
use tokio::sync::Notify;

use super::support::{Answer, App, Behaviour, FakeBackend, FakeGateway, Issuer, Page, eventually};

/// The account page of a signed-in user, with this gateway.
async fn account_with(gateway_url: &str) -> (App, String, Page) {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[("GATEWAY_URL", gateway_url), ("GATEHOUSE_LOG", "debug")]).await;
    let token = issuer.key().sign(&issuer.claims(&app));
    let page = app.get("/account", &[("authorization", &format!("Bearer {token}"))]).await;
    (app, token, page)
}

#[tokio::test]
async fn the_gateway_gets_the_token_and_nobody_else_does() {
    let gateway = FakeGateway::start(Behaviour::Answer(200, "\"Hello from elsewhere\"")).await;
    let (app, token, page) = account_with(&gateway.url).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Hello from elsewhere"));
    assert_eq!(*gateway.authorizations.lock().unwrap(), [format!("Bearer {token}")]);
    assert!(!page.body.contains(&token) && !page.body.contains("eyJ"));
    assert!(!format!("{:?}", page.headers).contains("eyJ"));
    assert!(!app.log().contains("eyJ"), "{}", app.log());
    assert_eq!(app.get("/gateway/hello", &[]).await.status, 404, "the embedded gateway is not needed");
}

#[tokio::test]
async fn the_answer_is_text_and_never_markup() {
    let gateway = FakeGateway::start(Behaviour::Answer(200, r#""<script>alert(1)</script>""#)).await;
    let (_, _, page) = account_with(&gateway.url).await;
    assert!(page.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", page.body);
}

#[tokio::test]
async fn each_failure_has_its_words_and_its_status() {
    for (behaviour, status, words) in [
        (Behaviour::Answer(401, "{}"), 502, "The gateway refused your session token"),
        (Behaviour::Answer(403, "{}"), 403, "The gateway does not let you in"),
        (Behaviour::Answer(429, "{}"), 429, "Too many requests"),
        (Behaviour::Answer(503, "{}"), 503, "The gateway is not ready"),
        (Behaviour::Answer(500, "boom"), 502, "The gateway&#x27;s answer makes no sense"),
        (Behaviour::Answer(404, "{}"), 502, "The gateway&#x27;s answer makes no sense"),
        (Behaviour::Answer(302, "\"Hello World\""), 502, "The gateway&#x27;s answer makes no sense"),
        (Behaviour::Answer(200, "Hello World"), 502, "The gateway&#x27;s answer makes no sense"),
        (Behaviour::Answer(200, "{\"a\":1}"), 502, "The gateway&#x27;s answer makes no sense"),
        (Behaviour::Silence, 504, "The gateway is too slow"),
    ] {
        let gateway = FakeGateway::start(behaviour).await;
        let (_, _, page) = account_with(&gateway.url).await;
        assert_failure(&page, status, words);
    }
    // A greeting in every respect but its size.
    let large: &'static str = Box::leak(format!("\"{}\"", "a".repeat(70_000)).into_boxed_str());
    let gateway = FakeGateway::start(Behaviour::Answer(200, large)).await;
    let (_, _, page) = account_with(&gateway.url).await;
    assert_failure(&page, 502, "The gateway&#x27;s answer makes no sense");
    let nowhere = "http://127.0.0.1:9";
    let (_, _, page) = account_with(nowhere).await;
    assert_failure(&page, 502, "The gateway is down");
}

/// The page says what is wrong, offers what can help, and keeps the rest.
fn assert_failure(page: &Page, status: u16, words: &str) {
    let body = page.body.replace("&#39;", "&#x27;").replace('\'', "&#x27;");
    assert!(body.contains(words), "{words}: {body}");
    assert_eq!(page.status, status, "{words}");
    let next = if status == 403 { "Sign in as somebody else" } else { "Try again" };
    let offered: Vec<&str> =
        ["Sign in as somebody else", "Try again"].into_iter().filter(|one| body.contains(one)).collect();
    assert_eq!(offered, [next], "{body}");
    assert!(body.contains("Your session</h2>") && body.contains("user_1") && body.contains("none active"), "{body}");
    assert!(body.contains(page.header("x-request-id")), "the page names the request");
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_program_stops() {
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gateway =
        FakeGateway::start(Behaviour::Wait { arrived: Arc::clone(&arrived), go_on: Arc::clone(&go_on) }).await;
    let issuer = Issuer::start().await;
    let app = issuer.app(&[("GATEWAY_URL", &gateway.url)]).await;
    let authorization = format!("Bearer {}", issuer.key().sign(&issuer.claims(&app)));
    let headers = [("authorization", authorization.as_str())];
    let (page, ()) = tokio::join!(app.get("/account", &headers), async {
        arrived.notified().await;
        app.signal("TERM");
        eventually("the stop", async || app.log().contains("stopping")).await;
        go_on.notify_one();
    });
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Hello World"));
    assert!(app.wait().await.success());
}

#[tokio::test]
async fn the_server_function_answers_scripts_too() {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[]).await;
    let post = |authorization: String| {
        app.request(reqwest::Method::POST, "/rpc/account_data").header("authorization", authorization)
    };
    let page = Page::read(post(String::new()).send().await.unwrap()).await;
    assert_eq!((page.status, page.body.as_str()), (401, "\"SignedOut\""));
    let token = issuer.key().sign(&issuer.claims(&app));
    let page = Page::read(post(format!("Bearer {token}")).send().await.unwrap()).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("\"greeting\":{\"Ok\":\"Hello World\"}"), "{}", page.body);
}

#[tokio::test]
async fn the_page_names_who_is_signed_in_and_where() {
    let app = App::start(&[]).await;
    let request = app.request(Method::POST, "/__clerk/test/sign_in");
    let request = request.json(&json!({ "user": "grace", "organization": "acme" }));
    let cookies = Page::read(request.send().await.unwrap()).await.cookies_after("");
    let page = app.navigate("/account", &cookies).await;
    for shown in ["Grace Hopper", "grace@example.com", ">GH<", "<dd>Acme<"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    let change = app.request(Method::POST, "/api/user").header("cookie", &cookies).header("origin", &app.origin);
    let change = change.json(&json!({ "firstName": "Amazing" })).send().await.unwrap();
    assert_eq!(change.status(), 200);
    let page = app.navigate("/account", &cookies).await;
    assert!(page.body.contains("Amazing Hopper") && page.body.contains(">AH<"), "at once: {}", page.body);
}

/// The account page of `user_1` at a hosted Clerk, twice.
async fn account_twice(backend: &FakeBackend) -> [Page; 2] {
    let issuer = Issuer::start().await;
    let app = issuer.app(&[("CLERK_API_URL", &backend.url)]).await;
    let authorization = format!("Bearer {}", issuer.key().sign(&issuer.claims(&app)));
    let headers = [("authorization", authorization.as_str())];
    [app.get("/account", &headers).await, app.get("/account", &headers).await]
}

#[tokio::test]
async fn a_second_visit_asks_nobody() {
    let user = json!({
        "id": "user_1", "first_name": "<b>Ada</b>", "last_name": "King", "has_image": true,
        "image_url": "https://img.clerk.com/portrait", "email_addresses": [],
    });
    let backend = FakeBackend::answering(Answer::json(200, user)).await;
    for page in account_twice(&backend).await {
        assert!(page.status == 200 && page.body.contains("&lt;b&gt;Ada&lt;/b&gt; King"), "{}", page.body);
        assert!(!page.body.contains("img.clerk.com"), "initials tell nobody of the visit");
    }
    assert_eq!(backend.lines(), ["GET /v1/users/user_1"]);
}

#[tokio::test]
async fn a_clerk_that_fails_or_is_silent_costs_the_name_only() {
    for answer in [Answer::text(400, "boom"), Answer::text(200, "boom"), Answer::silence()] {
        let backend = FakeBackend::answering(answer).await;
        for page in account_twice(&backend).await {
            let whole = page.body.contains("Hello World") && page.body.contains("user_1");
            assert!(page.status == 200 && whole && !page.body.contains("class=\"identity\""), "{}", page.body);
        }
        assert_eq!(backend.lines(), ["GET /v1/users/user_1"], "and for a while nobody asks again");
    }
}
