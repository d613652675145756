//! Signing in and up with an account at an identity provider on the portal's pages, without a script.

use serde_json::{Value, json};

use super::support::{ACME, App, Browser, FakeProvider, LOCAL_ID, answer_of_acme, choose, ok};

const CONTINUE_WITH: &str = "/__clerk/continue-with";

/// Presses the button. Returns where the page leads.
async fn leave(app: &App, browser: &mut Browser<'_>, strategy: &str, target: &str) -> String {
    let fields = [("strategy", strategy), ("redirect_url", target)];
    let page = app.post_form(CONTINUE_WITH, &browser.cookies, &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser.cookies = page.cookies_after(&browser.cookies);
    let refresh = page.body.split(r#"content="0;url="#).nth(1).unwrap().split('"').next().unwrap();
    refresh.replace("&amp;", "&")
}

/// The address of whoever is signed in.
async fn whoami(browser: &mut Browser<'_>) -> Value {
    ok(browser.get("/me").await)["response"]["email_addresses"][0]["email_address"].clone()
}

#[tokio::test]
async fn a_button_leads_there_and_back_to_the_target() {
    let app = App::start(&[]).await;
    let target = format!("{}/account", app.origin);
    for page in ["sign-in", "sign-up"] {
        let page = app.navigate(&format!("/__clerk/{page}?redirect_url={target}"), "").await;
        assert!(page.body.contains("Continue with Local ID"), "{}", page.body);
    }
    for (person, email) in [("local-robin", "robin@people.example"), ("local-ada", "ada@example.com")] {
        let mut browser = Browser::open(&app).await;
        let url = leave(&app, &mut browser, LOCAL_ID, &target).await;
        let back = choose(&app, &url, Some(person)).await;
        let (url, page) = browser.follow(&app, &back).await;
        assert_eq!((page.status, url.as_str()), (200, target.as_str()), "{}", page.body);
        assert_eq!(whoami(&mut browser).await, email);
    }
    // Whoever came once comes again, and into the same account.
    let mut browser = Browser::open(&app).await;
    let url = leave(&app, &mut browser, LOCAL_ID, "/account").await;
    let back = choose(&app, &url, Some("local-robin")).await;
    browser.follow(&app, &back).await;
    assert_eq!(whoami(&mut browser).await, "robin@people.example");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why_and_led_back() {
    let app = App::start(&[]).await;
    for (person, words) in [
        (None, "You refused at the identity provider"),
        (Some("local-grace"), "Somebody has an account with this address"),
        (Some("local-sam"), "told no email address"),
    ] {
        let mut browser = Browser::open(&app).await;
        let url = leave(&app, &mut browser, LOCAL_ID, "/account").await;
        let back = choose(&app, &url, person).await;
        let page = browser.visit(&app, &back).await;
        assert_eq!(page.status, 403, "{}", page.body);
        assert!(page.body.contains(words), "{}", page.body);
        assert!(page.body.contains("/__clerk/sign-in?redirect_url="), "{}", page.body);
        assert!(page.body.contains(page.header("x-request-id")), "the page names the request: {}", page.body);
    }
}

#[tokio::test]
async fn who_comes_back_too_late_begins_again_with_the_same_target() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let url = leave(&app, &mut browser, LOCAL_ID, "/account?a=b").await;
    let back = choose(&app, &url, Some("local-robin")).await;
    // Ten minutes later.
    let file = rusqlite::Connection::open(app.database()).unwrap();
    let later = "UPDATE external_verifications SET expire_at = expire_at - 600000";
    assert_eq!(file.execute(later, []).unwrap(), 1);
    let page = app.navigate(&back, &browser.cookies).await;
    assert!(page.status == 400 && page.body.contains("This sign-in cannot continue here"), "{}", page.body);
    let begin = format!(r#"href="{}/__clerk/sign-in?redirect_url="#, app.origin);
    assert!(page.body.contains(&begin) && page.body.contains("account%3Fa%3Db"), "{}", page.body);

    let url = leave(&app, &mut browser, LOCAL_ID, "/account?a=b").await;
    let back = choose(&app, &url, Some("local-robin")).await;
    browser.follow(&app, &back).await;
    let page = app.navigate(&back, &browser.cookies).await;
    assert_eq!(page.status, 400, "what comes back counts once");
    assert!(page.body.contains(r#"href="/">To the home page"#), "whoever is in goes on: {}", page.body);
    let stranger = app.navigate(&back, "").await;
    assert!(stranger.status == 400 && !stranger.body.contains("/account"), "{}", stranger.body);
}

#[tokio::test]
async fn nobody_leaves_for_nowhere() {
    let mut provider = FakeProvider::start().await;
    let app = provider.app().await;
    let answer = async |strategy: &str, target: &str| {
        app.post_form(CONTINUE_WITH, "", &[("strategy", strategy), ("redirect_url", target)]).await.status
    };
    assert_eq!(answer(LOCAL_ID, "https://evil.example/").await, 400);
    assert_eq!(answer("oauth_custom_unknown", "/account").await, 404);
    provider.go_down().await;
    assert_eq!(answer(ACME, "/account").await, 502);
    provider.come_up().await;
    provider.now_is(json!({ "sub": "1", "email": "new@example.com", "email_verified": false, "name": "New" }));
    let mut browser = Browser::open(&app).await;
    let url = leave(&app, &mut browser, ACME, "/account").await;
    browser.follow(&app, &answer_of_acme(&app, &url)).await;
    assert_eq!(whoami(&mut browser).await, "new@example.com");
}
