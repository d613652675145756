//! Accounts at identity providers that somebody connects while signed in, and disconnects.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, Browser, GRACE, LOCAL_ID, backend, choose, ok, refusal, refused};

const PASSWORD: &str = "gatehouse-demo";

async fn connect(app: &App, browser: &mut Browser<'_>, person: Option<&str>) -> String {
    let page = format!("{}/account", app.origin);
    let answer = ok(browser.post("/me/external_accounts", &[("strategy", LOCAL_ID), ("redirect_url", &page)]).await);
    let account = &answer["response"];
    assert_eq!((&account["object"], &account["provider"]), (&json!("external_account"), &json!(LOCAL_ID)));
    let url = account["verification"]["external_verification_redirect_url"].as_str().unwrap();
    let back = choose(app, url, person).await;
    browser.visit(app, &back).await.header("location").to_owned()
}

async fn accounts(browser: &mut Browser<'_>) -> Value {
    ok(browser.get("/me").await)["response"]["external_accounts"].clone()
}

#[tokio::test]
async fn an_account_is_connected_and_disconnected() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let page = format!("{}/account", app.origin);
    let nobody = browser.post("/me/external_accounts", &[("strategy", LOCAL_ID), ("redirect_url", &page)]).await;
    assert_eq!(refusal(nobody), refused(401, "authentication_invalid", ""));
    browser.sign_in("grace@example.com", PASSWORD).await;
    let location = connect(&app, &mut browser, Some("local-sam")).await;
    assert!(location.starts_with(&page), "{location}");
    let connected = accounts(&mut browser).await;
    assert_eq!((connected.as_array().unwrap().len(), &connected[0]["provider_user_id"]), (1, &json!("local-sam")));
    // Again: nothing changes.
    connect(&app, &mut browser, Some("local-sam")).await;
    assert_eq!(accounts(&mut browser).await, connected);

    // It is Grace's: nobody else connects it, and it signs in as her.
    let mut ada = Browser::open(&app).await;
    ada.sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(connect(&app, &mut ada, Some("local-sam")).await, page);
    assert_eq!(accounts(&mut ada).await[0]["verification"]["error"]["code"], "oauth_identification_claimed");
    let path = format!("/me/external_accounts/{}", connected[0]["id"].as_str().unwrap());
    assert_eq!(refusal(ada.delete(&path).await), refused(404, "resource_not_found", ""));

    let answer = ok(browser.delete(&path).await);
    assert_eq!(
        (&answer["response"]["deleted"], &answer["response"]["object"]),
        (&json!(true), &json!("external_account"))
    );
    assert_eq!(accounts(&mut browser).await, json!([]));
    connect(&app, &mut ada, Some("local-sam")).await;
    let hers = accounts(&mut ada).await;
    assert_eq!(
        (hers.as_array().unwrap().len(), &hers[0]["provider_user_id"]),
        (1, &json!("local-sam")),
        "what failed is forgotten"
    );
}

#[tokio::test]
async fn nothing_is_connected_to_whoever_signs_in_meanwhile() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    browser.sign_in("grace@example.com", PASSWORD).await;
    let page = format!("{}/account", app.origin);
    let answer = ok(browser.post("/me/external_accounts", &[("strategy", LOCAL_ID), ("redirect_url", &page)]).await);
    let url = answer["response"]["verification"]["external_verification_redirect_url"].as_str().unwrap();
    let back = choose(&app, url, Some("local-sam")).await;
    ok(browser.delete("/client/sessions").await);
    browser.sign_in("ada@example.com", PASSWORD).await;
    browser.visit(&app, &back).await;
    assert_eq!(accounts(&mut browser).await, json!([]));
}

#[tokio::test]
async fn what_failed_is_told_until_it_is_waved_away() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    browser.sign_in("grace@example.com", PASSWORD).await;
    connect(&app, &mut browser, None).await;
    connect(&app, &mut browser, None).await;
    let failed = accounts(&mut browser).await;
    assert_eq!(failed.as_array().unwrap().len(), 1, "the last try");
    let (account, verification) = (&failed[0], &failed[0]["verification"]);
    assert_eq!((&account["provider"], &account["provider_user_id"]), (&json!(LOCAL_ID), &json!("")));
    assert_eq!((&verification["status"], &verification["strategy"]), (&json!("failed"), &json!(LOCAL_ID)));
    assert_eq!(verification["error"]["code"], "oauth_access_denied");
    assert!(verification["error"]["long_message"].as_str().unwrap().contains("You refused at the identity provider"));
    let client = ok(browser.get("/client").await)["response"].clone();
    assert_eq!(client["sessions"][0]["user"]["external_accounts"], failed, "clerk-js reads it here");
    let mut elsewhere = Browser::open(&app).await;
    elsewhere.sign_in("grace@example.com", PASSWORD).await;
    assert_eq!(accounts(&mut elsewhere).await, failed);

    // Waved away, by its owner or by a server.
    let path = format!("/me/external_accounts/{}", account["id"].as_str().unwrap());
    let mut ada = Browser::open(&app).await;
    ada.sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(refusal(ada.delete(&path).await), refused(404, "resource_not_found", ""));
    assert_eq!(ok(browser.delete(&path).await)["response"]["deleted"], true);
    assert_eq!(accounts(&mut browser).await, json!([]));
    connect(&app, &mut browser, None).await;
    let id = accounts(&mut browser).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/users/{GRACE}/external_accounts/{id}");
    assert_eq!(ok(backend(&app, Method::DELETE, &path, &Value::Null).await)["deleted"], true);
    assert_eq!(accounts(&mut browser).await, json!([]));
}

#[tokio::test]
async fn what_failed_is_forgotten_once_it_is_tried_again() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    browser.sign_in("grace@example.com", PASSWORD).await;
    connect(&app, &mut browser, None).await;
    assert_eq!(accounts(&mut browser).await.as_array().unwrap().len(), 1);
    let page = format!("{}/account", app.origin);
    ok(browser.post("/me/external_accounts", &[("strategy", LOCAL_ID), ("redirect_url", &page)]).await);
    assert_eq!(accounts(&mut browser).await, json!([]));
}

#[tokio::test]
async fn what_fails_in_a_strangers_session_is_not_told() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    browser.sign_in("grace@example.com", PASSWORD).await;
    let page = format!("{}/account", app.origin);
    let answer = ok(browser.post("/me/external_accounts", &[("strategy", LOCAL_ID), ("redirect_url", &page)]).await);
    let url = answer["response"]["verification"]["external_verification_redirect_url"].as_str().unwrap();
    let back = choose(&app, url, None).await;
    ok(browser.delete("/client/sessions").await);
    browser.sign_in("ada@example.com", PASSWORD).await;
    browser.visit(&app, &back).await;
    assert_eq!(accounts(&mut browser).await, json!([]));
    let grace = ok(backend(&app, Method::GET, &format!("/v1/users/{GRACE}"), &Value::Null).await);
    assert_eq!(grace["external_accounts"], json!([]));
}
