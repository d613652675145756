//! The lab's bad days: what is broken is broken for real, and nowhere else.

use reqwest::Method;
use serde_json::json;

use super::support::{App, Page};

/// The statuses that the lab shows, in order.
fn statuses(page: &Page) -> Vec<u16> {
    let tags = page.body.split("class=\"tag tag-").skip(1);
    let texts = tags.filter_map(|tag| tag.split('>').nth(1));
    texts.filter_map(|text| text.split('<').next()?.parse().ok()).collect()
}

async fn run(app: &App, experiment: &str) -> Page {
    let page = app.get(&format!("/lab?run={experiment}"), &[]).await;
    assert_eq!(page.status, 200, "{experiment}: {}\n{}", page.body, app.log());
    page
}

#[tokio::test]
async fn without_a_key_server_known_keys_serve_and_others_wait() {
    let app = App::start(&[]).await;
    let page = run(&app, "key-server-down").await;
    assert_eq!(statuses(&page), [200, 200, 200, 503]);
    for shown in ["retry-after", "refused: no_keys", "jwks_status", "async fn key(self"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
}

#[tokio::test]
async fn a_rotation_signs_nobody_out() {
    let app = App::start(&[]).await;
    let page = run(&app, "key-rotation").await;
    assert_eq!(statuses(&page), [200; 5]);
    let body = page.body.replace("&quot;", "\"");
    assert!(body.contains("\"keys\": 2") && body.contains("rotated_key"), "{body}");
}

#[tokio::test]
async fn a_revoked_session_ends_with_its_last_token() {
    let app = App::start(&[]).await;
    let page = run(&app, "revoked-session").await;
    assert_eq!(statuses(&page), [200, 200, 200, 200, 401, 401]);
    assert!(page.body.contains("refused: expired") && page.body.contains("authentication_invalid"), "{}", page.body);
}

#[tokio::test]
async fn a_clock_may_be_off_by_five_seconds() {
    let app = App::start(&[]).await;
    let page = run(&app, "clock-offset").await;
    assert_eq!(statuses(&page), [200, 200, 200, 401, 200, 200, 200, 401]);
    let (future, expired) = (page.body.find("refused: issued_in_future"), page.body.find("refused: expired"));
    assert!(future.is_some() && future < expired, "{}", page.body);
}

#[tokio::test]
async fn only_the_gateway_says_who_the_caller_is() {
    let app = App::start(&[]).await;
    let page = run(&app, "forged-identity").await;
    assert_eq!(statuses(&page), [200, 200]);
    let body = page.body.split("<script").next().unwrap().replace("&quot;", "\"");
    let arrived = "\"x-user-id\": \"user_lab0000000000000000000Nobody\"";
    assert_eq!(body.matches(arrived).count(), 2, "{body}");
    assert!(body.contains("x-user-id: user_admin") && body.contains("x_user_id: user_admin"), "{body}");
    assert_eq!(body.matches("user_admin").count(), 3, "it was sent, and did not arrive: {body}");
}

#[tokio::test]
async fn a_refusal_says_why_beside_its_status() {
    let app = App::start(&[]).await;
    let page = run(&app, "expired-6s").await;
    let (status, detail) = (page.body.find("tag-refuse\">401"), page.body.find("class=\"detail\""));
    assert!(status.is_some() && status < detail && detail < page.body.find("curl -i"), "{}", page.body);
}

#[tokio::test]
async fn nothing_is_broken_outside_or_afterwards() {
    let app = App::start(&[]).await;
    let sign_in = app.request(Method::POST, "/__clerk/test/sign_in").json(&json!({ "user": "ada" }));
    let cookies = Page::read(sign_in.send().await.unwrap()).await.cookies_after("");
    let all = ["key-server-down", "key-rotation", "revoked-session", "clock-offset"];
    let ([first, second, third, fourth], meanwhile) = tokio::join!(
        async {
            let pages = tokio::join!(run(&app, all[0]), run(&app, all[1]), run(&app, all[2]), run(&app, all[3]));
            <[Page; 4]>::from(pages)
        },
        app.navigate("/account", &cookies),
    );
    for page in [first, second, third, fourth] {
        assert!(!page.body.contains("A fault is on."), "{}", page.body);
    }
    let faults = app.get("/__clerk/test/faults", &[]).await;
    assert!(faults.body.contains("\"faults\":null"), "{}", faults.body);
    assert!(meanwhile.body.contains("Hello World"));
    assert!(app.navigate("/account", &cookies).await.body.contains("Hello World"), "the visitor is still signed in");
    assert_eq!(statuses(&run(&app, "unknown-key").await), [401], "the program's own gateway has its keys");
    let jwks = app.get("/__clerk/.well-known/jwks.json", &[]).await.body;
    assert_eq!(jwks.matches("\"kid\"").count(), 1, "{jwks}");
}
