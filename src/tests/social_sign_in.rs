//! Signing in and up with an account at an identity provider, as Clerk's own client does it.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    ACME, ADA, App, Browser, FakeProvider, GRACE, LOCAL_ID, answer_of_acme, backend, choose, ok, parameter, refusal,
    refused,
};

/// Where Clerk's components go on when something is left to do.
fn sso_callback(app: &App) -> String {
    format!("{}/sign-in#/sso-callback", app.origin)
}

/// Begins with a sign-in or a sign-up. Returns it, and where the browser is sent.
async fn begin(app: &App, browser: &mut Browser<'_>, attempts: &str, strategy: &str) -> (Value, String) {
    let back = sso_callback(app);
    let fields = [("strategy", strategy), ("redirect_url", &back), ("action_complete_redirect_url", "/account")];
    let answer = ok(browser.post(attempts, &fields).await);
    let response = answer["response"].clone();
    let verification = verification(&response);
    assert_eq!((&verification["status"], &verification["strategy"]), (&json!("unverified"), &json!(strategy)));
    let kind = response["object"].as_str().unwrap();
    assert_eq!(answer["client"][kind]["id"], response["id"]);
    let url = verification["external_verification_redirect_url"].as_str().unwrap().to_owned();
    (response, url)
}

fn verification(attempt: &Value) -> &Value {
    match attempt["object"].as_str().unwrap() {
        "sign_in" => &attempt["first_factor_verification"],
        _ => &attempt["verifications"]["external_account"],
    }
}

/// Signs in or up as somebody made up. Returns where the browser ends up.
async fn go_as(app: &App, browser: &mut Browser<'_>, attempts: &str, person: Option<&str>) -> String {
    let (_, url) = begin(app, browser, attempts, LOCAL_ID).await;
    let back = choose(app, &url, person).await;
    let page = browser.visit(app, &back).await;
    assert_eq!(page.status, 303, "{}", page.body);
    page.header("location").to_owned()
}

/// Signs in as somebody at the provider on the other port. Returns where the browser ends up.
async fn go_as_acme(app: &App, browser: &mut Browser<'_>) -> String {
    let (_, url) = begin(app, browser, "/client/sign_ins", ACME).await;
    let page = browser.visit(app, &answer_of_acme(app, &url)).await;
    assert_eq!(page.status, 303, "{}", page.body);
    page.header("location").to_owned()
}

fn is_complete(app: &App, location: &str) -> bool {
    location.starts_with(&format!("{}/account?__clerk_db_jwt=dvb_", app.origin))
}

async fn attempt(browser: &mut Browser<'_>, kind: &str) -> Value {
    ok(browser.get("/client").await)["response"][kind].clone()
}

async fn user(app: &App, id: &str) -> Value {
    ok(backend(app, Method::GET, &format!("/v1/users/{id}"), &Value::Null).await)
}

const SIGN_INS: &str = "/client/sign_ins";
const SIGN_UPS: &str = "/client/sign_ups";

#[tokio::test]
async fn components_show_a_button() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let environment = ok(browser.get("/environment").await);
    let setting = &environment["user_settings"]["social"][LOCAL_ID];
    assert_eq!((&setting["enabled"], &setting["authenticatable"]), (&json!(true), &json!(true)));
    assert_eq!((&setting["strategy"], &setting["name"]), (&json!(LOCAL_ID), &json!("Local ID")));
}

#[tokio::test]
async fn an_application_on_another_port_gets_its_people_back() {
    let app = App::start(&[]).await;
    for (person, expected) in [
        (Some("local-ada"), "http://localhost:5173/?__clerk_db_jwt=dvb_"),
        (None, "http://localhost:5173/sign-in#/sso-callback"),
    ] {
        let mut browser = Browser::open(&app).await;
        browser.origin = "http://localhost:5173".to_owned();
        // Clerk's components say where they are, and the page to go to as a path.
        let back = format!("{}/sign-in#/sso-callback", browser.origin);
        let fields = [("strategy", LOCAL_ID), ("redirect_url", &back), ("action_complete_redirect_url", "/")];
        let sign_in = ok(browser.post(SIGN_INS, &fields).await)["response"].take();
        let url = verification(&sign_in)["external_verification_redirect_url"].as_str().unwrap();
        let back = choose(&app, url, person).await;
        let location = browser.visit(&app, &back).await.header("location").to_owned();
        assert!(location.starts_with(expected), "{location}");
        let client = ok(browser.get("/client").await)["response"].clone();
        assert_eq!(client["sessions"].as_array().unwrap().len(), usize::from(person.is_some()));
    }
}

#[tokio::test]
async fn somebody_new_is_carried_over_to_a_sign_up_and_signs_in_from_then_on() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    assert_eq!(go_as(&app, &mut browser, SIGN_INS, Some("local-robin")).await, sso_callback(&app));
    let sign_in = attempt(&mut browser, "sign_in").await;
    let verification = verification(&sign_in);
    assert_eq!(
        (&verification["status"], &verification["error"]["code"]),
        (&json!("transferable"), &json!("external_account_not_found"))
    );
    let fields = [("transfer", "true"), ("unsafe_metadata", r#"{"plan":"a"}"#)];
    let answer = ok(browser.post(SIGN_UPS, &fields).await);
    let sign_up = &answer["response"];
    assert_eq!((&sign_up["status"], &sign_up["missing_fields"]), (&json!("complete"), &json!([])), "{sign_up}");
    let user = &answer["client"]["sessions"][0]["user"];
    assert_eq!((&user["first_name"], &user["password_enabled"]), (&json!("Robin"), &json!(false)));
    assert_eq!(user["unsafe_metadata"], json!({ "plan": "a" }));
    let email = &user["email_addresses"][0];
    assert_eq!(
        (&email["email_address"], &email["verification"]["strategy"]),
        (&json!("robin@people.example"), &json!("from_oauth_custom_local_id"))
    );
    let account = &user["external_accounts"][0];
    assert_eq!(
        (&account["provider"], &account["provider_user_id"], &account["verification"]["status"]),
        (&json!(LOCAL_ID), &json!("local-robin"), &json!("verified"))
    );
    assert_eq!(refusal(browser.post(SIGN_UPS, &fields).await).1, "session_exists", "it is carried over once");

    let mut browser = Browser::open(&app).await;
    let location = go_as(&app, &mut browser, SIGN_INS, Some("local-robin")).await;
    assert!(is_complete(&app, &location), "{location}");
    let client = ok(browser.get("/client").await)["response"].clone();
    assert_eq!((&client["sessions"][0]["user"]["id"], &client["sign_in"]), (&user["id"], &Value::Null));
    // The application's server knows, too, and its address is clean again.
    let (url, page) = browser.follow(&app, &location).await;
    assert_eq!((page.status, url), (200, format!("{}/account", app.origin)), "{}", page.body);
    assert!(page.body.contains(user["id"].as_str().unwrap()), "{}", page.body);
}

#[tokio::test]
async fn a_sign_up_makes_an_account_or_is_carried_over_to_a_sign_in() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let location = go_as(&app, &mut browser, SIGN_UPS, Some("local-robin")).await;
    assert!(is_complete(&app, &location), "{location}");
    let id = ok(browser.get("/me").await)["response"]["id"].clone();

    let mut browser = Browser::open(&app).await;
    assert_eq!(go_as(&app, &mut browser, SIGN_UPS, Some("local-robin")).await, sso_callback(&app));
    let sign_up = attempt(&mut browser, "sign_up").await;
    assert_eq!(
        (&verification(&sign_up)["status"], &verification(&sign_up)["error"]["code"]),
        (&json!("transferable"), &json!("external_account_exists"))
    );
    let answer = ok(browser.post(SIGN_INS, &[("transfer", "true")]).await);
    assert_eq!(answer["response"]["status"], "complete");
    assert_eq!(answer["response"]["first_factor_verification"]["strategy"], LOCAL_ID);
    assert_eq!(answer["client"]["sessions"][0]["user"]["id"], id);
    let mut stranger = Browser::open(&app).await;
    for attempts in [SIGN_INS, SIGN_UPS] {
        let answer = stranger.post(attempts, &[("transfer", "true")]).await;
        assert_eq!(refusal(answer), refused(422, "form_param_value_invalid", "transfer"));
    }
}

#[tokio::test]
async fn what_a_provider_does_not_tell_is_asked_for() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    assert_eq!(go_as(&app, &mut browser, SIGN_UPS, Some("local-sam")).await, sso_callback(&app));
    let sign_up = attempt(&mut browser, "sign_up").await;
    assert_eq!(
        (&sign_up["status"], &sign_up["missing_fields"], &sign_up["first_name"]),
        (&json!("missing_requirements"), &json!(["email_address"]), &json!("Sam"))
    );
    let path = format!("{SIGN_UPS}/{}", sign_up["id"].as_str().unwrap());
    ok(browser.patch(&path, &[("email_address", "sam@example.com")]).await);
    ok(browser.post(&format!("{path}/prepare_verification"), &[]).await);
    let code = browser.code_sent_to("sam@example.com").await;
    let answer = ok(browser.post(&format!("{path}/attempt_verification"), &[("code", &code)]).await);
    assert_eq!(answer["response"]["status"], "complete", "without a password");
    let user = &answer["client"]["sessions"][0]["user"];
    assert_eq!(user["email_addresses"][0]["verification"]["strategy"], "email_code");
    assert_eq!(user["external_accounts"][0]["provider_user_id"], "local-sam");
}

#[tokio::test]
async fn an_address_links_an_account_if_both_sides_know_that_it_is_theirs() {
    let provider = FakeProvider::start().await;
    let app = provider.app().await;
    // Both know.
    let mut browser = Browser::open(&app).await;
    let location = go_as(&app, &mut browser, SIGN_INS, Some("local-ada")).await;
    assert!(is_complete(&app, &location), "{location}");
    assert_eq!(user(&app, ADA).await["external_accounts"][0]["provider_user_id"], "local-ada");
    // The provider does not.
    let mut browser = Browser::open(&app).await;
    assert_eq!(go_as(&app, &mut browser, SIGN_INS, Some("local-grace")).await, sso_callback(&app));
    let sign_in = attempt(&mut browser, "sign_in").await;
    assert_eq!(
        (&sign_in["status"], &sign_in["identifier"], &sign_in["first_factor_verification"]),
        (&json!("needs_first_factor"), &json!("grace@example.com"), &Value::Null)
    );
    assert_eq!(user(&app, GRACE).await["external_accounts"], json!([]));
    // This instance does not: whoever typed the address first may not be who has it, and an account of its own is due.
    let typed = json!({ "user_id": GRACE, "email_address": "typed@example.com", "verified": false });
    ok(backend(&app, Method::POST, "/v1/email_addresses", &typed).await);
    provider.now_is(json!({ "sub": "1", "email": "typed@example.com", "email_verified": true }));
    let mut browser = Browser::open(&app).await;
    assert_eq!(go_as_acme(&app, &mut browser).await, sso_callback(&app));
    assert_eq!(verification(&attempt(&mut browser, "sign_in").await)["status"], "transferable");
    assert_eq!(user(&app, GRACE).await["external_accounts"], json!([]));
    assert_eq!(ok(browser.get("/client").await)["response"]["sessions"], json!([]));
    // The same subject at another provider is somebody else.
    provider.now_is(json!({ "sub": "local-ada", "email": "other@example.com", "email_verified": true }));
    let mut browser = Browser::open(&app).await;
    assert_eq!(go_as_acme(&app, &mut browser).await, sso_callback(&app));
    assert_eq!(verification(&attempt(&mut browser, "sign_in").await)["status"], "transferable");
}

#[tokio::test]
async fn whoever_is_banned_or_locked_stays_out() {
    let app = App::start(&[]).await;
    for (verb, undo, code) in [("ban", "unban", "user_banned"), ("lock", "unlock", "user_locked")] {
        ok(backend(&app, Method::POST, &format!("/v1/users/{ADA}/{verb}"), &json!({})).await);
        let mut browser = Browser::open(&app).await;
        assert_eq!(go_as(&app, &mut browser, SIGN_INS, Some("local-ada")).await, sso_callback(&app));
        let sign_in = attempt(&mut browser, "sign_in").await;
        assert_eq!(
            (&verification(&sign_in)["status"], &verification(&sign_in)["error"]["code"]),
            (&json!("failed"), &json!(code))
        );
        assert_eq!(user(&app, ADA).await["external_accounts"], json!([]), "nothing is linked either");
        ok(backend(&app, Method::POST, &format!("/v1/users/{ADA}/{undo}"), &json!({})).await);
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_the_way_is_free_again() {
    let app = App::start(&[]).await;
    for (attempts, kind) in [(SIGN_INS, "sign_in"), (SIGN_UPS, "sign_up")] {
        let mut browser = Browser::open(&app).await;
        assert_eq!(go_as(&app, &mut browser, attempts, None).await, sso_callback(&app));
        let found = attempt(&mut browser, kind).await;
        assert_eq!(
            (&verification(&found)["status"], &verification(&found)["error"]["code"]),
            (&json!("failed"), &json!("oauth_access_denied"))
        );
        // As Clerk's components do when they have shown it.
        let fresh = ok(browser.post(attempts, &[]).await)["response"].clone();
        assert_eq!(verification(&fresh), &Value::Null);
        let location = go_as(&app, &mut browser, attempts, Some("local-ada")).await;
        assert_eq!(is_complete(&app, &location), kind == "sign_in", "{location}");
    }
}

#[tokio::test]
async fn what_comes_back_counts_once_and_in_the_browser_that_was_sent() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let (_, url) = begin(&app, &mut browser, SIGN_INS, LOCAL_ID).await;
    let back = choose(&app, &url, Some("local-ada")).await;
    let (state, code) = (parameter(&back, "state"), parameter(&back, "code"));

    // Somebody else's browser, which would be signed in as Ada: one that knows nothing, and one that has its own way.
    let mut stranger = Browser::open(&app).await;
    assert_eq!(stranger.visit(&app, &back).await.status, 400);
    begin(&app, &mut stranger, SIGN_INS, LOCAL_ID).await;
    assert_eq!(stranger.visit(&app, &back).await.status, 400);
    for wrong in [back.replace(&state, "wrong"), back.replace("state=", "x="), back.replace(&state, "")] {
        assert_eq!(browser.visit(&app, &wrong).await.status, 400, "{wrong}");
    }
    let location = browser.visit(&app, &back).await.header("location").to_owned();
    assert!(is_complete(&app, &location), "{location}");
    let again = browser.visit(&app, &back).await;
    assert_eq!(again.status, 400, "{}", again.body);
    assert_eq!(stranger.visit(&app, &back).await.status, 400);

    // A code that was used is worth nothing on another way either.
    let (_, url) = begin(&app, &mut stranger, SIGN_INS, LOCAL_ID).await;
    let other_state = parameter(&url, "state");
    let page = stranger.visit(&app, &back.replace(&state, &other_state)).await;
    assert_eq!(page.header("location"), sso_callback(&app));
    let sign_in = attempt(&mut stranger, "sign_in").await;
    assert_eq!(verification(&sign_in)["error"]["code"], "oauth_token_exchange_error");
    app.logged("the identity provider failed").await;
    for secret in [&state, &code, &other_state] {
        assert!(!app.log().contains(secret.as_str()), "{}", app.log());
    }
}

#[tokio::test]
async fn an_answer_of_another_provider_is_none() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let (_, url) = begin(&app, &mut browser, SIGN_INS, LOCAL_ID).await;
    let back = choose(&app, &url, Some("local-ada")).await;
    let issuer = parameter(&back, "iss");
    assert_eq!(issuer, format!("{}/__clerk/provider", app.origin));
    let mut foreign = url::Url::parse(&back).unwrap();
    let pairs: Vec<(String, String)> = foreign.query_pairs().into_owned().filter(|(name, _)| name != "iss").collect();
    foreign.query_pairs_mut().clear().extend_pairs(pairs).append_pair("iss", "https://evil.example");
    browser.visit(&app, foreign.as_str()).await;
    let sign_in = attempt(&mut browser, "sign_in").await;
    assert_eq!(verification(&sign_in)["error"]["code"], "oauth_token_exchange_error");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let app = App::start(&[]).await;
    let mut browser = Browser::open(&app).await;
    let own = format!("{}/sso-callback", app.origin);
    for target in ["https://evil.example/", "/relative", "javascript:alert(1)", "http://localhost.evil.example/"] {
        for attempts in [SIGN_INS, SIGN_UPS] {
            let answer = browser.post(attempts, &[("strategy", LOCAL_ID), ("redirect_url", target)]).await;
            assert_eq!(refusal(answer), refused(422, "form_param_value_invalid", "redirect_url"), "{target}");
        }
    }
    for target in ["https://evil.example/", "//evil.example/", "javascript:alert(1)"] {
        let fields = [("strategy", LOCAL_ID), ("redirect_url", &own), ("action_complete_redirect_url", target)];
        let answer = browser.post(SIGN_INS, &fields).await;
        let expected = refused(422, "form_param_value_invalid", "action_complete_redirect_url");
        assert_eq!(refusal(answer), expected, "{target}");
    }
    let missing = browser.post(SIGN_INS, &[("strategy", LOCAL_ID)]).await;
    assert_eq!(refusal(missing), refused(422, "form_param_nil", "redirect_url"));
    let unknown = browser.post(SIGN_INS, &[("strategy", "oauth_google"), ("redirect_url", &own)]).await;
    assert_eq!(refusal(unknown), refused(422, "strategy_for_user_invalid", "strategy"));
    let elsewhere = [("strategy", LOCAL_ID), ("redirect_url", "http://localhost:5173/#/sso-callback")];
    ok(browser.post(SIGN_INS, &elsewhere).await);
}

#[tokio::test]
async fn an_identity_that_was_taken_meanwhile_makes_no_account_by_half() {
    let app = App::start(&[]).await;
    let address = "late+clerk_test@example.com";
    let (mut late, mut early) = (Browser::open(&app).await, Browser::open(&app).await);
    for (browser, email) in [(&mut late, address), (&mut early, "early+clerk_test@example.com")] {
        go_as(&app, browser, SIGN_UPS, Some("local-sam")).await;
        let sign_up = attempt(browser, "sign_up").await;
        let path = format!("{SIGN_UPS}/{}", sign_up["id"].as_str().unwrap());
        ok(browser.patch(&path, &[("email_address", email)]).await);
        ok(browser.post(&format!("{path}/prepare_verification"), &[]).await);
    }
    let answer = async |browser: &mut Browser<'_>| {
        let sign_up = attempt(browser, "sign_up").await;
        let path = format!("{SIGN_UPS}/{}/attempt_verification", sign_up["id"].as_str().unwrap());
        browser.post(&path, &[("code", "424242")]).await
    };
    assert_eq!(ok(answer(&mut early).await)["response"]["status"], "complete");
    assert_eq!(refusal(answer(&mut late).await), refused(422, "external_account_exists", ""));
    let users =
        ok(backend(&app, Method::GET, "/v1/users?email_address=late%2Bclerk_test@example.com", &Value::Null).await);
    assert_eq!(users, json!([]));
    let known = late.post(SIGN_INS, &[("identifier", address)]).await;
    assert_eq!(refusal(known), refused(422, "form_identifier_not_found", "identifier"));
}
