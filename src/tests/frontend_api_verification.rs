//! The embedded Clerk's Frontend API: showing once more who one is, and living without a password.

use serde_json::{Value, json};

use super::support::{App, Browser, ok, part, refusal, refused};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "gatehouse-demo";

/// Ada's page, and the path of her session, who signed in ten minutes ago.
async fn signed_in(app: &App) -> (Browser<'_>, String) {
    let mut browser = Browser::open(app).await;
    let session = browser.sign_in(EMAIL, PASSWORD).await;
    let file = rusqlite::Connection::open(app.database()).unwrap();
    file.execute("UPDATE sessions SET created_at = created_at - 600000", []).unwrap();
    (browser, format!("/client/sessions/{session}"))
}

async fn age(browser: &mut Browser<'_>, session: &str) -> Value {
    part(&ok(browser.post(&format!("{session}/tokens"), &[]).await)["jwt"], 1)["fva"].clone()
}

#[tokio::test]
async fn a_password_or_a_code_shows_once_more_who_somebody_is() {
    let app = App::start(&[]).await;
    let (mut browser, session) = signed_in(&app).await;
    assert_eq!(age(&mut browser, &session).await, json!([10, -1]));
    let begun = ok(browser.post(&format!("{session}/verify"), &[("level", "second_factor")]).await)["response"].take();
    assert_eq!((&begun["status"], &begun["level"]), (&json!("needs_first_factor"), &json!("second_factor")));
    assert_eq!(
        (&begun["session"]["user"]["first_name"], &begun["first_factor_verification"]),
        (&json!("Ada"), &json!(null))
    );
    let factors = begun["supported_first_factors"].as_array().unwrap();
    assert_eq!(
        (&factors[0]["strategy"], &factors[1]["strategy"], factors.len()),
        (&json!("password"), &json!("email_code"), 2)
    );
    let address = factors[1]["email_address_id"].as_str().unwrap();

    let attempt = format!("{session}/verify/attempt_first_factor");
    let password = |password| [("strategy", "password"), ("password", password)];
    let wrong = browser.post(&attempt, &password("wrong")).await;
    assert_eq!(refusal(wrong), refused(422, "form_password_incorrect", "password"));
    assert_eq!(age(&mut browser, &session).await, json!([10, -1]));
    let done = ok(browser.post(&attempt, &password(PASSWORD)).await);
    assert_eq!(
        (&done["response"]["status"], &done["response"]["session"]["factor_verification_age"]),
        (&json!("complete"), &json!([0, -1]))
    );
    let token = &done["client"]["sessions"][0]["last_active_token"]["jwt"];
    assert_eq!(part(token, 1)["fva"], json!([0, -1]), "the new token comes along");

    let file = rusqlite::Connection::open(app.database()).unwrap();
    file.execute("UPDATE sessions SET verified_at = verified_at - 300000", []).unwrap();
    let code = [("strategy", "email_code"), ("code", "123456")];
    assert_eq!(
        refusal(browser.post(&attempt, &code).await),
        refused(422, "verification_expired", "code"),
        "none was sent"
    );
    let prepare = [("strategy", "email_code"), ("email_address_id", address)];
    let sent = ok(browser.post(&format!("{session}/verify/prepare_first_factor"), &prepare).await);
    assert_eq!(sent["response"]["first_factor_verification"]["status"], "unverified");
    assert_eq!(age(&mut browser, &session).await, json!([5, -1]));
    let code = browser.code_sent_to(EMAIL).await;
    let done = ok(browser.post(&attempt, &[("strategy", "email_code"), ("code", &code)]).await);
    assert_eq!(done["response"]["first_factor_verification"]["strategy"], "email_code");
    assert_eq!(age(&mut browser, &session).await, json!([0, -1]));
}

#[tokio::test]
async fn showing_who_one_is_has_its_limits() {
    let app = App::start(&[("GATEHOUSE_LOCKOUT_ATTEMPTS", "2")]).await;
    let (mut browser, session) = signed_in(&app).await;
    let mut other = Browser::open(&app).await;
    other.sign_in("grace@example.com", PASSWORD).await;
    let attempt = format!("{session}/verify/attempt_first_factor");
    let password = |password| [("strategy", "password"), ("password", password)];
    let unauthenticated = refused(401, "authentication_invalid", "");
    assert_eq!(refusal(other.post(&attempt, &password(PASSWORD)).await), unauthenticated, "somebody else's session");
    assert_eq!(refusal(other.post(&format!("{session}/verify"), &[]).await), unauthenticated);
    for (path, fields, expected) in [
        ("verify", vec![("level", "third_factor")], refused(422, "form_param_value_invalid", "level")),
        ("verify/attempt_first_factor", vec![], refused(422, "form_param_nil", "strategy")),
        (
            "verify/attempt_first_factor",
            vec![("strategy", "passkey")],
            refused(422, "strategy_for_user_invalid", "strategy"),
        ),
        (
            "verify/prepare_first_factor",
            vec![("strategy", "password")],
            refused(422, "strategy_for_user_invalid", "strategy"),
        ),
        (
            "verify/prepare_second_factor",
            vec![("strategy", "totp")],
            refused(422, "strategy_for_user_invalid", "strategy"),
        ),
        (
            "verify/attempt_second_factor",
            vec![("strategy", "totp")],
            refused(422, "strategy_for_user_invalid", "strategy"),
        ),
    ] {
        assert_eq!(refusal(browser.post(&format!("{session}/{path}"), &fields).await), expected, "{path} {fields:?}");
    }
    assert_eq!(refusal(browser.post(&attempt, &password("one")).await).1, "form_password_incorrect");
    assert_eq!(refusal(browser.post(&attempt, &password("two")).await), refused(403, "user_locked", ""));
    assert_eq!(refusal(browser.post(&attempt, &password(PASSWORD)).await), refused(403, "user_locked", ""));
    let prepare = format!("{session}/verify/prepare_first_factor");
    assert_eq!(refusal(browser.post(&prepare, &[("strategy", "email_code")]).await), refused(403, "user_locked", ""));
}

#[tokio::test]
async fn a_password_is_removed_by_who_knows_it() {
    let app = App::start(&[]).await;
    let (mut browser, session) = signed_in(&app).await;
    let remove = async |browser: &mut Browser<'_>, current: &str| {
        browser.post("/me/remove_password", &[("current_password", current)]).await
    };
    assert_eq!(refusal(remove(&mut browser, "").await), refused(422, "form_param_nil", "current_password"));
    let wrong = refused(422, "form_password_incorrect", "current_password");
    assert_eq!(refusal(remove(&mut browser, "wrong").await), wrong);
    assert_eq!(ok(remove(&mut browser, PASSWORD).await)["response"]["password_enabled"], false);
    let none = refused(422, "strategy_for_user_invalid", "strategy");
    assert_eq!(refusal(remove(&mut browser, PASSWORD).await), none);
    let begun = ok(browser.post(&format!("{session}/verify"), &[]).await);
    assert_eq!(begun["response"]["supported_first_factors"][0]["strategy"], "email_code", "a code is left");
    let fields = [("strategy", "password"), ("identifier", EMAIL), ("password", PASSWORD)];
    assert_eq!(refusal(Browser::open(&app).await.post("/client/sign_ins", &fields).await), none);
}
