//! The embedded Clerk's Frontend API: signing in and out, spoken to as Clerk's own client speaks.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, Browser, backend, now, ok, refusal, refused};

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

#[tokio::test]
async fn both_at_once() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let fields = |identifier, password| [("strategy", "password"), ("identifier", identifier), ("password", password)];
    let wrong = browser.post("/client/sign_ins", &fields(EMAIL, "not-the-password")).await;
    assert_eq!(refusal(wrong), refused(422, "form_password_incorrect", "password"));
    let unknown = browser.post("/client/sign_ins", &fields("nobody@example.com", PASSWORD)).await;
    assert_eq!(refusal(unknown), refused(422, "form_identifier_not_found", "identifier"));
    assert_eq!(browser.cookies, "");
    let session = browser.sign_in(" Ada@Example.com ", PASSWORD).await;
    assert!(session.starts_with("sess_"));
    assert!(browser.cookies.contains("__client=") && browser.cookies.contains("__refresh_3_AN3zpR="));
    assert!(!browser.cookies.contains("__session="), "Clerk's client writes that one itself");
    let second = browser.post("/client/sign_ins", &fields(EMAIL, PASSWORD)).await;
    assert_eq!(refusal(second), refused(400, "session_exists", ""));
    let second = browser.post("/client/sign_ups", &[("email_address", "new@example.com")]).await;
    assert_eq!(refusal(second), refused(400, "session_exists", ""));
}

#[tokio::test]
async fn what_has_no_meaning_is_refused() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let unknown = browser.post("/client/sign_ins", &[("identifier", "nobody@example.com")]).await;
    assert_eq!(refusal(unknown), refused(422, "form_identifier_not_found", "identifier"));
    let strategy = browser.post("/client/sign_ins", &[("strategy", "oauth_google")]).await;
    assert_eq!(refusal(strategy), refused(422, "strategy_for_user_invalid", "strategy"));
    let ticket = browser.post("/client/sign_ins", &[("strategy", "ticket")]).await;
    assert_eq!(refusal(ticket), refused(422, "form_param_nil", "ticket"));
    let empty = ok(browser.post("/client/sign_ins", &[("identifier", "")]).await);
    assert_eq!(empty["response"]["status"], "needs_identifier");

    let sign_in = begin(&mut browser).await;
    for (action, fields, expected) in [
        ("attempt_first_factor", vec![], refused(422, "form_param_nil", "strategy")),
        ("attempt_first_factor", vec![("strategy", "password")], refused(422, "form_param_nil", "password")),
        ("attempt_first_factor", vec![("strategy", "email_code")], refused(422, "form_param_nil", "code")),
        ("attempt_first_factor", vec![("strategy", "passkey")], refused(422, "strategy_for_user_invalid", "strategy")),
        ("prepare_first_factor", vec![("strategy", "password")], refused(422, "strategy_for_user_invalid", "strategy")),
        (
            "prepare_first_factor",
            vec![("strategy", "email_code"), ("email_address_id", "idn_unknown")],
            refused(422, "form_param_value_invalid", "email_address_id"),
        ),
        ("reset_password", vec![("password", "long-enough")], refused(404, "resource_not_found", "")),
    ] {
        let answer = browser.post(&path(&sign_in, action), &fields).await;
        assert_eq!(refusal(answer), expected, "{action} {fields:?}");
    }
    let mut other = Browser::open(&app).await;
    let show = format!("/client/sign_ins/{}", sign_in["id"].as_str().unwrap());
    assert_eq!(refusal(other.get(&show).await), refused(404, "resource_not_found", ""), "another browser's");
    assert_eq!(ok(browser.get(&show).await)["response"]["id"], sign_in["id"]);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let app = App::start(&[]).await;
    let mut elsewhere = Browser::open(&app).await;
    elsewhere.sign_in(EMAIL, PASSWORD).await;
    let mut browser = Browser::open(&app).await;
    let sign_in = begin(&mut browser).await;
    let strategy = ("strategy", "reset_password_email_code");
    ok(browser.post(&path(&sign_in, "prepare_first_factor"), &[strategy]).await);
    let code = browser.code_sent_to(EMAIL).await;
    let attempt = path(&sign_in, "attempt_first_factor");
    let other = browser.post(&attempt, &[("strategy", "email_code"), ("code", &code)]).await;
    assert_eq!(refusal(other), refused(422, "verification_expired", "code"), "it was sent for something else");
    let answer = ok(browser.post(&attempt, &[strategy, ("code", &code)]).await);
    assert_eq!(answer["response"]["status"], "needs_new_password");
    assert_eq!(answer["client"]["sessions"], json!([]));

    let reset = path(&sign_in, "reset_password");
    for (password, code) in [
        ("", "form_param_nil"),
        ("short", "form_password_length_too_short"),
        (&*"x".repeat(73), "form_password_length_too_long"),
        ("ADA@example.com", "form_password_not_strong_enough"),
    ] {
        let answer = browser.post(&reset, &[("password", password)]).await;
        assert_eq!(refusal(answer), refused(422, code, "password"), "{password}");
    }
    let fields = [("password", "another-password"), ("sign_out_of_other_sessions", "true")];
    let answer = ok(browser.post(&reset, &fields).await);
    assert_eq!(
        (&answer["response"]["status"], answer["client"]["sessions"].as_array().unwrap().len()),
        (&json!("complete"), 1)
    );
    assert_eq!(ok(elsewhere.get("/client").await)["response"]["sessions"], json!([]), "signed out elsewhere");
    let old =
        Browser::open(&app).await.post("/client/sign_ins", &[("identifier", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(refusal(old), refused(422, "form_password_incorrect", "password"));
    Browser::open(&app).await.sign_in(EMAIL, "another-password").await;
}

#[tokio::test]
async fn a_ticket_signs_in_once() {
    let app = App::start(&[]).await;
    let asked = json!({ "user_id": ADA });
    let made = ok(backend(&app, Method::POST, "/v1/sign_in_tokens", &asked).await);
    assert_eq!(
        (&made["object"], &made["status"], &made["user_id"]),
        (&json!("sign_in_token"), &json!("pending"), &json!(ADA))
    );
    let ticket = made["token"].as_str().unwrap().to_owned();
    let fields = [("strategy", "ticket"), ("ticket", ticket.as_str())];
    let mut browser = Browser::open(&app).await;
    let answer = ok(browser.post("/client/sign_ins", &fields).await);
    assert_eq!(answer["response"]["status"], "complete");
    assert_eq!(answer["client"]["sessions"][0]["user"]["id"], ADA);
    let mut other = Browser::open(&app).await;
    let again = other.post("/client/sign_ins", &fields).await;
    assert_eq!(refusal(again), refused(400, "sign_in_token_already_used_code", ""));
    let unknown = other.post("/client/sign_ins", &[("strategy", "ticket"), ("ticket", "x")]).await;
    assert_eq!(refusal(unknown), refused(400, "ticket_invalid_code", ""));

    let made = ok(backend(&app, Method::POST, "/v1/sign_in_tokens", &asked).await);
    let revoke = format!("/v1/sign_in_tokens/{}/revoke", made["id"].as_str().unwrap());
    let revoked = ok(backend(&app, Method::POST, &revoke, &json!({})).await);
    assert_eq!((&revoked["status"], &revoked["token"]), (&json!("revoked"), &Value::Null));
    let answer =
        other.post("/client/sign_ins", &[("strategy", "ticket"), ("ticket", made["token"].as_str().unwrap())]).await;
    assert_eq!(refusal(answer), refused(400, "sign_in_token_revoked_code", ""));
    let unknown = backend(&app, Method::POST, "/v1/sign_in_tokens", &json!({ "user_id": "user_unknown" })).await;
    assert_eq!(refusal(unknown), refused(404, "resource_not_found", ""));
    assert!(!app.log().contains(&ticket));
}

#[tokio::test]
async fn a_ticket_lets_nobody_in_who_may_not_come_in_and_stays_good() {
    let app = App::start(&[]).await;
    let made = ok(backend(&app, Method::POST, "/v1/sign_in_tokens", &json!({ "user_id": ADA })).await);
    let fields = [("strategy", "ticket"), ("ticket", made["token"].as_str().unwrap())];
    for (verb, undo, code) in [("ban", "unban", "user_banned"), ("lock", "unlock", "user_locked")] {
        ok(backend(&app, Method::POST, &format!("/v1/users/{ADA}/{verb}"), &json!({})).await);
        let mut browser = Browser::open(&app).await;
        let (status, answer) = browser.post("/client/sign_ins", &fields).await;
        assert_eq!(refusal((status, answer.clone())), refused(403, code, ""));
        assert_eq!(answer["errors"][0]["meta"]["lockout_expires_in_seconds"].is_u64(), verb == "lock");
        let client = ok(browser.get("/client").await)["response"].clone();
        assert!(client["sessions"].as_array().is_none_or(Vec::is_empty), "{client}");
        ok(backend(&app, Method::POST, &format!("/v1/users/{ADA}/{undo}"), &json!({})).await);
    }
    let answer = ok(Browser::open(&app).await.post("/client/sign_ins", &fields).await);
    assert_eq!(answer["response"]["status"], "complete");
}
