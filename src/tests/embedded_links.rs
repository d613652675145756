//! Links of the embedded Clerk that hold a sign-in token: what they do, once, and what they say afterwards.

use serde_json::json;

use super::support::{ADA, Api, App, GRACE, cookie, part, sign_in};

/// A link that signs somebody in, as an application's server hands it out, with a target. Returns the token, too.
async fn link(app: &App, user: &str) -> (String, String) {
    let made = Api::of(app).post("/v1/sign_in_tokens", &json!({ "user_id": user })).await;
    let url = made["url"].as_str().unwrap();
    (format!("{url}&redirect_url=/account%3Fa%3Db"), made["token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_link_signs_in_once_and_only_who_presses_its_button() {
    let app = App::start(&[]).await;
    let (url, ticket) = link(&app, GRACE).await;
    for _ in 0..2 {
        let page = app.navigate(&url, "").await;
        assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
        assert!(page.body.contains("Sign in as Grace Hopper?") && !page.body.contains("That session ends"));
    }
    let fields = [("ticket", ticket.as_str()), ("redirect_url", "/account?a=b")];
    let before = sign_in(&app).await;
    assert!(app.navigate(&url, &before).await.body.contains("That session ends"), "somebody else is told");
    let page = app.post_form("/__clerk/sign-in/ticket", &before, &fields).await;
    assert_eq!((page.status, page.header("location")), (303, format!("{}/account?a=b", app.origin).as_str()));
    let cookies = page.cookies_after(&before);
    assert!(app.navigate("/account", &cookies).await.body.contains(GRACE));
    assert!(!app.log().contains(&ticket));

    for (cookies, next) in [(cookies.as_str(), "Continue"), ("", "/__clerk/sign-in?redirect_url=")] {
        for page in
            [app.navigate(&url, cookies).await, app.post_form("/__clerk/sign-in/ticket", cookies, &fields).await]
        {
            assert_eq!(page.status, 410, "{}", page.body);
            assert!(page.body.contains("This link was used") && page.body.contains(next), "{}", page.body);
            assert!(page.body.contains("account?a=b") || page.body.contains("account%3Fa%3Db"), "{}", page.body);
            assert!(page.headers.get("set-cookie").is_none());
        }
    }
}

#[tokio::test]
async fn a_link_that_is_worth_nothing_says_why() {
    let app = App::start(&[]).await;
    let (url, _) = link(&app, ADA).await;
    let file = rusqlite::Connection::open(app.database()).unwrap();
    assert_eq!(file.execute("UPDATE sign_in_tokens SET expire_at = 1", []).unwrap(), 1);
    let page = app.navigate(&url, "").await;
    assert!(page.status == 410 && page.body.contains("This link has expired"), "{}", page.body);

    let made = Api::of(&app).post("/v1/sign_in_tokens", &json!({ "user_id": ADA })).await;
    let id = made["id"].as_str().unwrap();
    Api::of(&app).post(&format!("/v1/sign_in_tokens/{id}/revoke"), &json!({})).await;
    let page = app.navigate(made["url"].as_str().unwrap(), "").await;
    assert!(page.status == 410 && page.body.contains("This link was revoked"), "{}", page.body);

    for unknown in ["", "nonsense"] {
        let page = app.navigate(&format!("/__clerk/sign-in?__clerk_ticket={unknown}"), "").await;
        assert!(page.status == 404 && page.body.contains("This link signs nobody in"), "{}", page.body);
    }
    let foreign =
        app.navigate(&format!("{}&redirect_url=https://evil.example/", made["url"].as_str().unwrap()), "").await;
    assert_eq!(foreign.status, 400);

    let (url, ticket) = link(&app, "user_seed0000000000000000Mallory").await;
    assert_eq!(app.navigate(&url, "").await.status, 200);
    let fields = [("ticket", ticket.as_str()), ("redirect_url", "/account?a=b")];
    let banned = app.post_form("/__clerk/sign-in/ticket", "", &fields).await;
    assert!(banned.status == 403 && banned.body.contains("banned"), "{}", banned.body);
    let next = "account%3Fa%3Db\">Back to sign in";
    assert!(banned.body.contains(next), "{}", banned.body);

    let (_, ticket) = link(&app, ADA).await;
    Api::of(&app).post(&format!("/v1/users/{ADA}/lock"), &json!({})).await;
    let locked = app.post_form("/__clerk/sign-in/ticket", "", &[("ticket", &ticket)]).await;
    assert!(locked.status == 403 && locked.body.contains("This account is locked"), "{}", locked.body);
    assert!(locked.headers.get("set-cookie").is_none());
    Api::of(&app).post(&format!("/v1/users/{ADA}/unlock"), &json!({})).await;
    let later = app.post_form("/__clerk/sign-in/ticket", "", &[("ticket", &ticket)]).await;
    assert_eq!(later.status, 303, "the link was not used: {}", later.body);
}

#[tokio::test]
async fn whoever_acts_as_somebody_is_told_so_and_their_tokens_say_it() {
    let app = App::start(&[]).await;
    let wish = json!({ "user_id": GRACE, "actor": { "sub": ADA }, "expires_in_seconds": 600 });
    let made = Api::of(&app).post("/v1/actor_tokens", &wish).await;
    let page = app.navigate(made["url"].as_str().unwrap(), "").await;
    assert!(page.body.contains("You act as somebody else"), "{}", page.body);
    let fields = [("ticket", made["token"].as_str().unwrap())];
    let page = app.post_form("/__clerk/sign-in/ticket", "", &fields).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let token = json!(cookie(&page.cookies_after(""), "__session"));
    assert_eq!((&part(&token, 1)["sub"], &part(&token, 1)["act"]["sub"]), (&json!(GRACE), &json!(ADA)));
}
