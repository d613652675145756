//! The embedded Clerk's faults on demand: the key server, the keys, the clock, sessions that are revoked.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{ADA, App, GRACE, Page, cookie, part, sign_up};

async fn send(app: &App, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = app.request(method, path);
    let request = if let Some(body) = body { request.json(&body) } else { request };
    let page = Page::read(request.send().await.unwrap()).await;
    (page.status, serde_json::from_str(&page.body).unwrap())
}

async fn faults(app: &App, body: Value) -> (u16, Value) {
    send(app, Method::PUT, "/__clerk/test/faults", Some(body)).await
}

async fn sign_in(app: &App, user: &str) -> String {
    let request = app.request(Method::POST, "/__clerk/test/sign_in").json(&json!({ "user": user }));
    let page = Page::read(request.send().await.unwrap()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.cookies_after("")
}

async fn call_gateway(app: &App, cookies: &str) -> Page {
    let authorization = format!("Bearer {}", cookie(cookies, "__session"));
    app.get("/gateway/hello", &[("authorization", &authorization)]).await
}

#[tokio::test]
async fn the_key_server_fails_until_it_is_told_not_to() {
    let app = App::start(&[]).await;
    let (status, shown) = faults(&app, json!({ "jwks_status": 503, "for_seconds": 600 })).await;
    assert_eq!((status, &shown["faults"]), (200, &json!({ "jwks_status": 503, "for_seconds": 600 })));
    assert!((590..=600).contains(&shown["seconds_left"].as_u64().unwrap()), "{shown}");
    let page = app.get("/__clerk/.well-known/jwks.json", &[]).await;
    assert_eq!((page.status, page.body.contains("fault_on_demand")), (503, true), "{}", page.body);
    for path in ["/", "/__clerk/sign-in"] {
        let body = app.get(path, &[]).await.body;
        assert!(body.contains("A fault is on.") && body.contains("the key server answers 503"), "{path}: {body}");
    }
    let (status, shown) = send(&app, Method::DELETE, "/__clerk/test/faults", None).await;
    assert_eq!((status, shown), (200, json!({ "faults": null, "seconds_left": 0 })));
    assert_eq!(app.get("/__clerk/.well-known/jwks.json", &[]).await.status, 200);
    assert!(!app.get("/", &[]).await.body.contains("A fault is on."));
}

#[tokio::test]
async fn a_fault_that_is_forgotten_ends() {
    let app = App::start(&[]).await;
    assert_eq!(faults(&app, json!({ "jwks_status": 500, "for_seconds": 1 })).await.0, 200);
    let ended = async || app.get("/__clerk/.well-known/jwks.json", &[]).await.status == 200;
    super::support::eventually("the end of the fault", ended).await;
}

#[tokio::test]
async fn a_late_key_server_is_late() {
    let app = App::start(&[]).await;
    assert_eq!(faults(&app, json!({ "jwks_delay_ms": 300 })).await.0, 200);
    let begun = std::time::Instant::now();
    assert_eq!(app.get("/__clerk/.well-known/jwks.json", &[]).await.status, 200);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(300));
}

#[tokio::test]
async fn tokens_of_both_keys_count_while_both_are_published() {
    let app = App::start(&[]).await;
    let before = sign_in(&app, "ada").await;
    assert_eq!(call_gateway(&app, &before).await.status, 200);
    assert_eq!(faults(&app, json!({ "rotated_key": "published" })).await.0, 200);
    let after = sign_in(&app, "grace").await;
    let kid = |cookies: &str| part(&json!(cookie(cookies, "__session")), 0)["kid"].clone();
    assert_ne!(kid(&before), kid(&after));
    for cookies in [&after, &before] {
        assert_eq!(call_gateway(&app, cookies).await.status, 200);
    }
    send(&app, Method::DELETE, "/__clerk/test/faults", None).await;
    assert_eq!(kid(&sign_in(&app, "ada").await), kid(&before), "the old key signs again");
    assert_eq!(call_gateway(&app, &after).await.status, 200, "and whoever came in between stays");
    let jwks = app.get("/__clerk/.well-known/jwks.json", &[]).await.body;
    assert!(jwks.contains(kid(&after).as_str().unwrap()), "{jwks}");
}

#[tokio::test]
async fn a_withdrawn_key_is_published_no_more() {
    let app = App::start(&[]).await;
    let own = app.get("/__clerk/.well-known/jwks.json", &[]).await.body;
    assert_eq!(faults(&app, json!({ "rotated_key": "withdrawn" })).await.0, 200);
    let keys = |body: &str| serde_json::from_str::<Value>(body).unwrap()["keys"].as_array().unwrap().clone();
    let published = keys(&app.get("/__clerk/.well-known/jwks.json", &[]).await.body);
    assert_eq!(published.len(), 1);
    assert_ne!(published, keys(&own));
}

#[tokio::test]
async fn tokens_are_made_by_a_clock_that_is_off() {
    let app = App::start(&[]).await;
    for (offset, status) in [(-70, 401), (60, 401), (0, 200)] {
        assert_eq!(faults(&app, json!({ "clock_offset_seconds": offset })).await.0, 200);
        let page = call_gateway(&app, &sign_in(&app, "ada").await).await;
        assert_eq!(page.status, status, "{offset}: {}", page.body);
    }
}

#[tokio::test]
async fn revoked_sessions_get_no_more_tokens() {
    let app = App::start(&[]).await;
    let (first, second, grace) = (sign_in(&app, "ada").await, sign_in(&app, "ada").await, sign_in(&app, "grace").await);
    let session = |cookies: &str| part(&json!(cookie(cookies, "__session")), 1)["sid"].clone();
    let revoke = async |body: Value| send(&app, Method::POST, "/__clerk/test/revoke", Some(body)).await;
    let renewed = async |cookies: &str| {
        let path = format!("/__clerk/v1/client/sessions/{}/tokens", session(cookies).as_str().unwrap());
        app.post_form(&path, cookies, &[]).await.status
    };
    assert_eq!(renewed(&first).await, 200);
    assert_eq!(revoke(json!({ "session": session(&first) })).await, (200, json!({ "revoked": [session(&first)] })));
    assert_ne!(renewed(&first).await, 200);
    assert_eq!(call_gateway(&app, &first).await.status, 200, "its token is good until it expires");
    assert_eq!(revoke(json!({ "user": "ada" })).await, (200, json!({ "revoked": [session(&second)] })));
    assert_ne!(renewed(&second).await, 200);
    assert_eq!(renewed(&grace).await, 200, "she is somebody else");
    assert_eq!(revoke(json!({ "user": "ada" })).await, (200, json!({ "revoked": [] })));
    assert_eq!(revoke(json!({ "user": "nobody" })).await.0, 404);
}

#[tokio::test]
async fn what_cannot_go_wrong_is_refused_and_changes_nothing() {
    let app = App::start(&[]).await;
    assert_eq!(faults(&app, json!({ "jwks_status": 500 })).await.0, 200);
    for (body, status, words) in [
        (json!({ "jwks_status": 200 }), 422, "jwks_status must be 400 to 599"),
        (json!({ "clock_offset_seconds": 4000 }), 422, "clock_offset_seconds must be -3600 to 3600"),
        (json!({ "for_seconds": 601 }), 422, "for_seconds must be 1 to 600"),
        (json!({ "moon": "full" }), 400, "unknown field `moon`"),
    ] {
        let (answered, error) = faults(&app, body.clone()).await;
        assert_eq!(answered, status, "{body}: {error}");
        assert!(error["errors"][0]["message"].as_str().unwrap().contains(words), "{body}: {error}");
    }
    let (_, shown) = send(&app, Method::GET, "/__clerk/test/faults", None).await;
    assert_eq!(shown["faults"]["jwks_status"], 500);
    let request = app.request(Method::DELETE, "/__clerk/test/faults").header("origin", "https://evil.example");
    assert_eq!(request.send().await.unwrap().status(), 403, "other sites switch nothing");
    let form = app.post_form("/__clerk/test/revoke", "", &[("user", "ada")]).await;
    assert_eq!(form.status, 400, "other sites can send forms");
}

#[tokio::test]
async fn a_seeded_person_signs_in_with_one_click() {
    let app = App::start(&[]).await;
    let page = app.get("/__clerk/sign-in?redirect_url=/account", &[]).await;
    assert!(page.body.contains(&format!("name=\"user\" value=\"{ADA}\"")), "{}", page.body);
    let target = format!("{}/account", app.origin);
    let fields = [("user", GRACE), ("redirect_url", target.as_str())];
    let answer = app.post_form("/__clerk/sign-in/as", "", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, target.as_str()), "{}", answer.body);
    let account = app.navigate("/account", &answer.cookies_after("")).await;
    assert!(account.body.contains("Hello World") && account.body.contains(GRACE), "{}", account.body);
}

/// To the sign-in page, and from there to where they wanted to go.
fn assert_leads_back(page: &Page, app: &App) {
    let target = format!("{}/account?a=b", app.origin);
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect_url", &target).finish();
    let link = format!(r#"href="/__clerk/sign-in?{query}">Back to sign in"#);
    assert!(page.body.contains(&link), "{link}: {}", page.body);
}

#[tokio::test]
async fn nobody_else_does() {
    let app = App::start(&[]).await;
    let signed_up = sign_up(&app, "jane+clerk_test@example.com", "long-enough-word").await;
    assert_eq!(signed_up.status, 303, "{}", signed_up.body);
    let jane = part(&json!(cookie(&signed_up.cookies_after(""), "__session")), 1)["sub"].clone();
    for (user, words) in [
        (jane.as_str().unwrap(), "Only somebody who was seeded"),
        ("ada", "Only somebody who was seeded"),
        ("user_seed0000000000000000Mallory", "This account is banned"),
    ] {
        let fields = [("user", user), ("redirect_url", "/account?a=b")];
        let page = app.post_form("/__clerk/sign-in/as", "", &fields).await;
        assert_eq!((page.status, page.cookies_after("")), (403, String::new()), "{user}: {}", page.body);
        assert!(page.body.contains(words), "{user}: {}", page.body);
        assert_leads_back(&page, &app);
    }
    let elsewhere = [("user", ADA), ("redirect_url", "https://evil.example")];
    let page = app.post_form("/__clerk/sign-in/as", "", &elsewhere).await;
    assert_eq!((page.status, page.cookies_after("")), (400, String::new()));
    let form = app.request(Method::POST, "/__clerk/sign-in/as").header("origin", "https://evil.example");
    let form = form.header("content-type", "application/x-www-form-urlencoded").body(format!("user={ADA}"));
    let page = Page::read(form.send().await.unwrap()).await;
    assert_eq!((page.status, page.cookies_after("")), (403, String::new()), "other sites sign nobody in");
}

#[tokio::test]
async fn an_instance_that_others_reach_has_no_buttons() {
    let app = App::start(&[("GATEHOUSE_EMBEDDED_CLERK", "allow-non-loopback")]).await;
    let page = app.get("/__clerk/sign-in", &[]).await;
    assert!(page.body.contains("ada<wbr>@example.com") && !page.body.contains("sign-in/as"), "{}", page.body);
    let page = app.post_form("/__clerk/sign-in/as", "", &[("user", ADA)]).await;
    assert_eq!((page.status, page.cookies_after("")), (403, String::new()));
}
