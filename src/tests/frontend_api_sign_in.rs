//! The embedded Clerk's Frontend API: signing in and out, spoken to as Clerk's own client speaks.

use serde_json::{Value, json};

use super::support::{App, Browser, now, ok, refusal, refused};

const ADA: &str = "user_seed00000000000000000000Ada";
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "gatehouse-demo";

/// Begins to sign in as Ada. Returns the sign-in.
async fn begin(browser: &mut Browser<'_>) -> Value {
    let fields = [("identifier", EMAIL), ("locale", "en-US"), ("timezone", "UTC")];
    ok(browser.post("/client/sign_ins", &fields).await)["response"].clone()
}

fn path(sign_in: &Value, action: &str) -> String {
    format!("/client/sign_ins/{}/{action}", sign_in["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_page_begins_without_a_client() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    assert_eq!(ok(browser.get("/client").await), json!({ "response": null, "client": null }));
    let patched = ok(browser.patch("/environment", &[]).await);
    assert_eq!(patched, ok(browser.get("/environment").await));
    assert_eq!(patched["auth_config"]["single_session_mode"], true);
    assert_eq!(patched["display_config"]["captcha_public_key"], Value::Null);
    assert_eq!(patched["user_settings"]["attributes"]["password"]["required"], true);
    assert_eq!(browser.cookies, "", "nothing is remembered of a browser that only looks");
}

#[tokio::test]
async fn identifier_first_then_the_password() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let sign_in = begin(&mut browser).await;
    assert_eq!((&sign_in["status"], &sign_in["identifier"]), (&json!("needs_first_factor"), &json!(EMAIL)));
    assert_eq!(sign_in["user_data"]["first_name"], "Ada");
    let factors: Vec<&str> = sign_in["supported_first_factors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|factor| factor["strategy"].as_str().unwrap())
        .collect();
    assert_eq!(factors, ["password", "email_code", "reset_password_email_code"]);
    assert_eq!(sign_in["supported_first_factors"][1]["safe_identifier"], EMAIL);
    let client = ok(browser.get("/client").await)["response"].clone();
    assert_eq!((&client["sign_in"]["id"], &client["sessions"]), (&sign_in["id"], &json!([])));

    let before = browser.cookies.clone();
    let fields = [("strategy", "password"), ("password", PASSWORD)];
    let answer = ok(browser.post(&path(&sign_in, "attempt_first_factor"), &fields).await);
    let (response, client) = (&answer["response"], &answer["client"]);
    assert_eq!(response["status"], "complete");
    assert_eq!(response["first_factor_verification"]["status"], "verified");
    assert_eq!(client["last_active_session_id"], response["created_session_id"]);
    assert_eq!((&client["sign_in"], &client["sign_up"]), (&Value::Null, &Value::Null));
    let session = &client["sessions"][0];
    assert_eq!((&session["id"], &session["user"]["id"]), (&response["created_session_id"], &json!(ADA)));
    assert!(session["last_active_token"]["jwt"].as_str().unwrap().starts_with("eyJ"));
    assert!(!answer.to_string().contains("private_metadata"));
    assert!((client["updated_at"].as_f64().unwrap() / 1000.0 - now()).abs() < 60.0, "milliseconds");
    assert_ne!(before, browser.cookies, "the client's token is another one now");

    let mut fixed = Browser::open(&app).await;
    fixed.cookies = before;
    assert_eq!(ok(fixed.get("/client").await)["response"], Value::Null, "the token from before is worth nothing");
    assert_eq!(ok(browser.get("/client").await)["response"]["sessions"][0]["id"], response["created_session_id"]);
}

#[tokio::test]
async fn a_code_signs_in_once() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let sign_in = begin(&mut browser).await;
    let address = sign_in["supported_first_factors"][1]["email_address_id"].as_str().unwrap();
    let attempt = path(&sign_in, "attempt_first_factor");
    let code = [("strategy", "email_code"), ("code", "123456")];
    assert_eq!(refusal(browser.post(&attempt, &code).await), refused(422, "verification_expired", "code"));
    let prepare = [("strategy", "email_code"), ("email_address_id", address)];
    let answer = ok(browser.post(&path(&sign_in, "prepare_first_factor"), &prepare).await);
    assert_eq!(answer["response"]["first_factor_verification"]["status"], "unverified");
    assert_eq!(answer["response"]["first_factor_verification"]["strategy"], "email_code");

    let sent = browser.code_sent_to(EMAIL).await;
    let wrong = if sent == "000000" { "000001" } else { "000000" };
    let answer = browser.post(&attempt, &[("strategy", "email_code"), ("code", wrong)]).await;
    assert_eq!(refusal(answer), refused(422, "form_code_incorrect", "code"));
    let answer = ok(browser.post(&attempt, &[("strategy", "email_code"), ("code", &sent)]).await);
    assert_eq!(answer["response"]["status"], "complete");
    let answer = browser.post(&attempt, &[("strategy", "email_code"), ("code", &sent)]).await;
    assert_eq!(refusal(answer), refused(404, "resource_not_found", ""));
}
