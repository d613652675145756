//! The embedded Clerk's accounts: locked after too many failures, banned, throttled.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, Browser, LOCAL_ID, backend, ok, refusal, refused};

const ADA: &str = "user_seed00000000000000000000Ada";
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "gatehouse-demo";

const fn password<'a>(identifier: &'a str, password: &'a str) -> [(&'a str, &'a str); 3] {
    [("strategy", "password"), ("identifier", identifier), ("password", password)]
}

#[tokio::test]
async fn too_many_failures_lock_an_account() {
    let app = App::start(&[("GATEHOUSE_LOCKOUT_ATTEMPTS", "3"), ("GATEHOUSE_LOCKOUT_SECONDS", "600")]).await;
    let mut browser = Browser::open(&app).await;
    // Failures before one that works do not count.
    for wrong in ["one", "two"] {
        let answer = browser.post("/client/sign_ins", &password(EMAIL, wrong)).await;
        assert_eq!(refusal(answer), refused(422, "form_password_incorrect", "password"));
    }
    browser.sign_in(EMAIL, PASSWORD).await;
    ok(browser.delete("/client/sessions").await);

    // However they come: in one go, in two, in the portal.
    let sign_in = ok(browser.post("/client/sign_ins", &[("identifier", EMAIL)]).await)["response"].clone();
    let attempt = format!("/client/sign_ins/{}/attempt_first_factor", sign_in["id"].as_str().unwrap());
    let wrong = [("strategy", "password"), ("password", "wrong")];
    assert_eq!(refusal(browser.post(&attempt, &wrong).await), refused(422, "form_password_incorrect", "password"));
    let user = ok(backend(&app, Method::GET, &format!("/v1/users/{ADA}"), &json!({})).await);
    assert_eq!((&user["locked"], &user["verification_attempts_remaining"]), (&json!(false), &json!(2)));
    let portal = async |password: &str| {
        app.post_form("/__clerk/sign-in", "", &[("identifier", EMAIL), ("password", password)]).await
    };
    let before = portal("wrong").await;
    assert_eq!(before.status, 422);
    let (status, answer) = browser.post(&attempt, &wrong).await;
    let seconds = answer["errors"][0]["meta"]["lockout_expires_in_seconds"].as_u64().unwrap();
    assert!((590..=600).contains(&seconds), "{answer}");
    assert_eq!(refusal((status, answer)), refused(403, "user_locked", ""));

    // The right password does not open it, nor does a code.
    let right = [("strategy", "password"), ("password", PASSWORD)];
    assert_eq!(refusal(browser.post(&attempt, &right).await), refused(403, "user_locked", ""));
    let prepare = attempt.replace("attempt", "prepare");
    let code = browser.post(&prepare, &[("strategy", "email_code")]).await;
    assert_eq!(refusal(code), refused(403, "user_locked", ""));
    let answer = browser.post("/client/sign_ins", &password(EMAIL, PASSWORD)).await;
    assert_eq!(refusal(answer), refused(403, "user_locked", ""));
    // The portal tells nobody what exists: right, wrong and unknown are one answer.
    let locked = portal(PASSWORD).await;
    assert_eq!((locked.status, &locked.body), (422, &before.body));
    assert!(locked.body.contains("After 3 failed attempts in a row an account is locked for 10 minutes."));
    let user = ok(backend(&app, Method::GET, &format!("/v1/users/{ADA}"), &json!({})).await);
    assert_eq!((&user["locked"], &user["verification_attempts_remaining"]), (&json!(true), &json!(0)));
    assert!(user["lockout_expires_in_seconds"].as_u64().is_some_and(|seconds| seconds > 590), "{user}");
    // Others are not locked.
    Browser::open(&app).await.sign_in("grace@example.com", PASSWORD).await;
}

#[tokio::test]
async fn five_wrong_codes_are_enough() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let fields = [("strategy", "email_code"), ("identifier", EMAIL)];
    let sign_in = ok(browser.post("/client/sign_ins", &fields).await)["response"].clone();
    assert_eq!(sign_in["first_factor_verification"]["status"], "unverified", "sent at once");
    let code = browser.code_sent_to(EMAIL).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let attempt = format!("/client/sign_ins/{}/attempt_first_factor", sign_in["id"].as_str().unwrap());
    for _ in 0..5 {
        let answer = browser.post(&attempt, &[("strategy", "email_code"), ("code", wrong)]).await;
        assert_eq!(refusal(answer), refused(422, "form_code_incorrect", "code"));
    }
    let answer = browser.post(&attempt, &[("strategy", "email_code"), ("code", &code)]).await;
    assert_eq!(refusal(answer), refused(422, "verification_failed", "code"), "not even the right one");
    let client = ok(browser.get("/client").await)["response"].clone();
    assert_eq!(client["sign_in"]["first_factor_verification"]["status"], "failed");
    ok(browser.post(&attempt.replace("attempt", "prepare"), &[("strategy", "email_code")]).await);
    let code = browser.code_sent_to(EMAIL).await;
    ok(browser.post(&attempt, &[("strategy", "email_code"), ("code", &code)]).await);
}

#[tokio::test]
async fn a_ban_keeps_its_owner_out() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let banned = browser.post("/client/sign_ins", &password("mallory@example.com", PASSWORD)).await;
    assert_eq!(refusal(banned), refused(403, "user_banned", ""));
    let wrong = browser.post("/client/sign_ins", &password("mallory@example.com", "wrong")).await;
    assert_eq!(refusal(wrong), refused(422, "form_password_incorrect", "password"), "only the owner learns of the ban");

    browser.sign_in(EMAIL, PASSWORD).await;
    let file = rusqlite::Connection::open(app.database()).unwrap();
    file.execute("UPDATE users SET banned = 1 WHERE id = ?1", [ADA]).unwrap();
    assert_eq!(ok(browser.get("/client").await)["response"]["sessions"], json!([]), "a ban ends every session");
    assert_eq!(refusal(browser.get("/me").await), refused(401, "authentication_invalid", ""));
}

#[tokio::test]
async fn attempts_are_counted_per_address() {
    let app = App::start(&[("GATEHOUSE_SIGN_IN_RATE", "2")]).await;
    let mut browser = Browser::open(&app).await;
    let sign_in = ok(browser.post("/client/sign_ins", &[("identifier", EMAIL)]).await)["response"].clone();
    ok(browser.post("/client/sign_ups", &[("first_name", "Ada")]).await);
    let page = browser.send(Method::POST, "/client/sign_ins", &password(EMAIL, PASSWORD)).await;
    let seconds: u64 = page.header("retry-after").parse().unwrap();
    assert!((1..=10).contains(&seconds), "{seconds}");
    let body: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(refusal((page.status, body)), refused(429, "too_many_requests", ""));
    // Looking is no attempt.
    ok(browser.get(&format!("/client/sign_ins/{}", sign_in["id"].as_str().unwrap())).await);
    ok(browser.get("/client").await);
}

#[tokio::test]
async fn asking_an_identity_provider_is_an_attempt_however_it_is_asked() {
    let app = App::start(&[("GATEHOUSE_SIGN_IN_RATE", "2")]).await;
    let mut browser = Browser::open(&app).await;
    browser.sign_in(EMAIL, PASSWORD).await;
    let back = format!("{}/account", app.origin);
    let provider = [("strategy", LOCAL_ID), ("redirect_url", back.as_str())];
    ok(browser.post("/me/external_accounts", &provider).await);
    for path in ["/me/external_accounts", "/client/sign_ins", "/client/sign_ups"] {
        assert_eq!(refusal(browser.post(path, &provider).await), refused(429, "too_many_requests", ""), "{path}");
    }
    let page = app.post_form("/__clerk/continue-with", "", &provider).await;
    assert_eq!(page.status, 429, "{}", page.body);
    assert!((1..=10).contains(&page.header("retry-after").parse::<u64>().unwrap()));
}
