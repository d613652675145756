//! The embedded Clerk's Frontend API: signing up, spoken to as Clerk's own client speaks.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, Browser, backend, ok, refusal, refused};

const EMAIL: &str = "emilie@example.com";
const PASSWORD: &str = "long-enough";

fn path(sign_up: &Value, action: &str) -> String {
    format!("/client/sign_ups/{}/{action}", sign_up["id"].as_str().unwrap())
}

async fn begin(browser: &mut Browser<'_>, email: &str) -> Value {
    let fields = [
        ("email_address", email),
        ("password", PASSWORD),
        ("first_name", "Émilie"),
        ("last_name", ""),
        ("unsafe_metadata", r#"{"plan":"a"}"#),
        ("locale", "fr-FR"),
    ];
    ok(browser.post("/client/sign_ups", &fields).await)["response"].clone()
}

#[tokio::test]
async fn an_address_a_password_and_a_code() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let sign_up = begin(&mut browser, EMAIL).await;
    assert_eq!(sign_up["status"], "missing_requirements");
    assert_eq!((&sign_up["missing_fields"], &sign_up["unverified_fields"]), (&json!([]), &json!(["email_address"])));
    let before = json!({ "next_action": "needs_prepare", "supported_strategies": ["email_code"] });
    assert_eq!(sign_up["verifications"]["email_address"], before, "Clerk's components must see that none was sent");
    let unknown = backend(&app, Method::GET, "/v1/users?email_address=emilie@example.com", &json!({})).await;
    assert_eq!(ok(unknown), json!([]), "no user yet");

    let prepared = ok(browser.post(&path(&sign_up, "prepare_verification"), &[("strategy", "email_code")]).await);
    let verification = &prepared["response"]["verifications"]["email_address"];
    assert_eq!((&verification["status"], &verification["strategy"]), (&json!("unverified"), &json!("email_code")));
    assert_eq!(prepared["client"]["sign_up"]["id"], sign_up["id"]);
    let code = browser.code_sent_to(EMAIL).await;
    let attempt = path(&sign_up, "attempt_verification");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let answer = browser.post(&attempt, &[("strategy", "email_code"), ("code", wrong)]).await;
    assert_eq!(refusal(answer), refused(422, "form_code_incorrect", "code"));
    let answer = ok(browser.post(&attempt, &[("strategy", "email_code"), ("code", &code)]).await);
    let (response, client) = (&answer["response"], &answer["client"]);
    assert_eq!((&response["status"], &response["unverified_fields"]), (&json!("complete"), &json!([])));
    assert_eq!(client["last_active_session_id"], response["created_session_id"]);
    assert_eq!(client["sign_up"], Value::Null);
    let user = &client["sessions"][0]["user"];
    assert_eq!(
        (&user["id"], &user["first_name"], &user["last_name"]),
        (&response["created_user_id"], &json!("Émilie"), &Value::Null)
    );
    assert_eq!(user["unsafe_metadata"], json!({ "plan": "a" }));
    assert_eq!(user["email_addresses"][0]["verification"]["status"], "verified");
    let again = browser.post(&attempt, &[("code", &code)]).await;
    assert_eq!(refusal(again), refused(404, "resource_not_found", ""));

    Browser::open(&app).await.sign_in(EMAIL, PASSWORD).await;
}

#[tokio::test]
async fn what_is_missing_comes_later() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let sign_up = ok(browser.post("/client/sign_ups", &[("first_name", "Émilie")]).await)["response"].clone();
    assert_eq!(sign_up["missing_fields"], json!(["email_address", "password"]));
    assert_eq!(sign_up["verifications"]["email_address"], Value::Null);
    let prepare = path(&sign_up, "prepare_verification");
    assert_eq!(refusal(browser.post(&prepare, &[]).await), refused(422, "form_param_nil", "email_address"));
    let id = format!("/client/sign_ups/{}", sign_up["id"].as_str().unwrap());
    ok(browser.patch(&id, &[("email_address", "first@example.com")]).await);
    ok(browser.post(&prepare, &[]).await);
    let first_code = browser.code_sent_to("first@example.com").await;
    // Another address: the code that was sent to the first proves nothing.
    ok(browser.patch(&id, &[("email_address", EMAIL)]).await);
    let attempt = path(&sign_up, "attempt_verification");
    let answer = browser.post(&attempt, &[("code", &first_code)]).await;
    assert_eq!(refusal(answer), refused(422, "verification_expired", "code"));
    ok(browser.post(&prepare, &[("strategy", "email_code")]).await);
    let code = browser.code_sent_to(EMAIL).await;
    let answer = ok(browser.post(&attempt, &[("code", &code)]).await);
    assert_eq!(answer["response"]["status"], "missing_requirements");
    assert_eq!(answer["response"]["verifications"]["email_address"]["status"], "verified");
    let answer = ok(browser.patch(&id, &[("password", PASSWORD)]).await);
    assert_eq!(
        (&answer["response"]["status"], &answer["response"]["has_password"]),
        (&json!("complete"), &json!(true))
    );
    assert_eq!(ok(browser.get(&id).await)["response"]["status"], "complete");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let long = "x".repeat(101);
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(9000));
    for (field, value, code) in [
        ("email_address", "Ada@example.com", "form_identifier_exists"),
        ("email_address", "emilie", "form_param_format_invalid"),
        ("password", "short", "form_password_length_too_short"),
        ("password", &*"x".repeat(73), "form_password_length_too_long"),
        ("first_name", &long, "form_param_max_length_exceeded"),
        ("last_name", &long, "form_param_max_length_exceeded"),
        ("unsafe_metadata", "[]", "form_param_value_invalid"),
        ("unsafe_metadata", &large, "form_param_value_invalid"),
    ] {
        let answer = browser.post("/client/sign_ups", &[(field, value)]).await;
        assert_eq!(refusal(answer), refused(422, code, field), "{field} {code}");
    }
    let same = browser.post("/client/sign_ups", &[("email_address", EMAIL), ("password", "EMILIE@example.com")]).await;
    assert_eq!(refusal(same), refused(422, "form_password_not_strong_enough", "password"));
    let sign_up = begin(&mut browser, EMAIL).await;
    let strategy = browser.post(&path(&sign_up, "prepare_verification"), &[("strategy", "phone_code")]).await;
    assert_eq!(refusal(strategy), refused(422, "strategy_for_user_invalid", "strategy"));
    let id = format!("/client/sign_ups/{}", sign_up["id"].as_str().unwrap());
    let mut other = Browser::open(&app).await;
    assert_eq!(refusal(other.patch(&id, &[("first_name", "Eve")]).await), refused(404, "resource_not_found", ""));
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_makes_no_second_user() {
    let app = App::start(&[]).await;
    let (mut first, mut second) = (Browser::open(&app).await, Browser::open(&app).await);
    let slow = begin(&mut first, EMAIL).await;
    let quick = begin(&mut second, EMAIL).await;
    ok(first.post(&path(&slow, "prepare_verification"), &[]).await);
    let old = first.code_sent_to(EMAIL).await;
    ok(second.post(&path(&quick, "prepare_verification"), &[]).await);
    let code = second.code_sent_to(EMAIL).await;
    let answer = first.post(&path(&slow, "attempt_verification"), &[("code", &old)]).await;
    assert_eq!(refusal(answer), refused(422, "verification_expired", "code"), "one code works per address");
    ok(second.post(&path(&quick, "attempt_verification"), &[("code", &code)]).await);
    ok(first.post(&path(&slow, "prepare_verification"), &[]).await);
    let code = first.code_sent_to(EMAIL).await;
    let answer = first.post(&path(&slow, "attempt_verification"), &[("code", &code)]).await;
    assert_eq!(refusal(answer), refused(422, "form_identifier_exists", "email_address"));
    let users = ok(backend(&app, Method::GET, "/v1/users?email_address=emilie@example.com", &json!({})).await);
    assert_eq!(users.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn test_addresses_get_no_mail_and_a_known_code() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let sign_up = begin(&mut browser, "jane+clerk_test@example.com").await;
    ok(browser.post(&path(&sign_up, "prepare_verification"), &[]).await);
    let outbox: Value = serde_json::from_str(&app.get("/__clerk/outbox.json", &[]).await.body).unwrap();
    assert_eq!(outbox, json!({ "total_count": 0, "data": [] }));
    let answer = ok(browser.post(&path(&sign_up, "attempt_verification"), &[("code", "424242")]).await);
    assert_eq!(answer["response"]["status"], "complete");
    // Others are not tests.
    let mut other = Browser::open(&app).await;
    let sign_up = begin(&mut other, "clerk_test@example.com").await;
    ok(other.post(&path(&sign_up, "prepare_verification"), &[]).await);
    if other.code_sent_to("clerk_test@example.com").await != "424242" {
        let answer = other.post(&path(&sign_up, "attempt_verification"), &[("code", "424242")]).await;
        assert_eq!(refusal(answer), refused(422, "form_code_incorrect", "code"));
    }
    let page = app.get("/__clerk/outbox", &[("accept", "text/html")]).await;
    assert!(page.status == 200 && page.body.contains("clerk_test<wbr>@example.com"), "{}", page.body);
    let home = format!(r#"href="{}/">Back"#, app.origin);
    assert!(page.body.contains(&home), "{}", page.body);
    let verify = format!("{}/__clerk/sign-up/verify?redirect_url=x", app.origin);
    for (referer, back) in [(verify.as_str(), format!(r#"href="{verify}">Back"#)), ("https://evil.example/", home)] {
        let page = app.get("/__clerk/outbox", &[("accept", "text/html"), ("referer", referer)]).await;
        assert!(page.body.contains(&back), "{referer}: {}", page.body);
    }
}
