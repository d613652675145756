//! The embedded Clerk's Frontend API: what whoever is signed in changes of themselves.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, Browser, Page, backend, ok, picture, refusal, refused, with_file};

const ADA: &str = "user_seed00000000000000000000Ada";
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "gatehouse-demo";

async fn signed_in(app: &App) -> Browser<'_> {
    let mut browser = Browser::open(app).await;
    browser.sign_in(EMAIL, PASSWORD).await;
    browser
}

#[tokio::test]
async fn a_profile_is_read_and_changed() {
    let app = App::start(&[]).await;
    let mut browser = signed_in(&app).await;
    let user = ok(browser.get("/me").await);
    assert_eq!((&user["response"]["id"], &user["response"]["passkeys"]), (&json!(ADA), &json!([])));
    assert!(user["client"]["sessions"][0]["last_active_token"]["jwt"].is_string(), "the token is renewed, too");
    assert!(!user.to_string().contains("private_metadata"));
    let user = ok(browser.patch("/me", &[("first_name", " Augusta "), ("last_name", "")]).await);
    let names = (&user["response"]["first_name"], &user["response"]["last_name"]);
    assert_eq!(names, (&json!("Augusta"), &Value::Null));
    assert_eq!(user["client"]["sessions"][0]["user"], user["response"]);
    let user = ok(browser.patch("/me", &[("unsafe_metadata", r#"{"a":1}"#)]).await);
    assert_eq!(
        (&user["response"]["unsafe_metadata"], &user["response"]["first_name"]),
        (&json!({ "a": 1 }), &json!("Augusta"))
    );
    let long = "x".repeat(101);
    for (field, value, code) in [
        ("first_name", long.as_str(), "form_param_max_length_exceeded"),
        ("unsafe_metadata", "no json", "form_param_value_invalid"),
        ("primary_email_address_id", "idn_unknown", "form_param_value_invalid"),
    ] {
        assert_eq!(refusal(browser.patch("/me", &[(field, value)]).await), refused(422, code, field));
    }
}

#[tokio::test]
async fn metadata_is_merged_and_only_the_unsafe_kind() {
    let app = App::start(&[]).await;
    let mut browser = signed_in(&app).await;
    let merge = async |browser: &mut Browser<'_>, patch: &str| {
        let fields = [("unsafe_metadata", patch), ("public_metadata", r#"{"role":"owner"}"#)];
        ok(browser.patch("/me/metadata", &fields).await)["response"].clone()
    };
    merge(&mut browser, r#"{"a":{"b":1,"c":2},"d":3}"#).await;
    let user = merge(&mut browser, r#"{"a":{"b":null},"d":4}"#).await;
    assert_eq!(user["unsafe_metadata"], json!({ "a": { "c": 2 }, "d": 4 }));
    assert_eq!(user["public_metadata"], json!({ "role": "admin" }), "that is for servers to change");
    let large = format!("{{\"e\":\"{}\"}}", "x".repeat(8192));
    let answer = browser.patch("/me/metadata", &[("unsafe_metadata", &large)]).await;
    assert_eq!(refusal(answer), refused(422, "form_param_exceeds_allowed_size", "unsafe_metadata"));
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let app = App::start(&[]).await;
    let (mut browser, mut elsewhere) = (signed_in(&app).await, signed_in(&app).await);
    let fields = |current, new| [("current_password", current), ("new_password", new)];
    for (current, new, code, field) in [
        ("", "long-enough", "form_param_nil", "current_password"),
        (PASSWORD, "", "form_param_nil", "new_password"),
        ("wrong", "long-enough", "form_password_incorrect", "current_password"),
        (PASSWORD, "short", "form_password_length_too_short", "new_password"),
        (PASSWORD, "ada@Example.com", "form_password_not_strong_enough", "new_password"),
        (PASSWORD, PASSWORD, "form_new_password_matches_current", "new_password"),
    ] {
        let answer = browser.post("/me/change_password", &fields(current, new)).await;
        assert_eq!(refusal(answer), refused(422, code, field), "{current} {new}");
    }
    ok(browser.post("/me/change_password", &fields(PASSWORD, "another-password")).await);
    assert_eq!(ok(elsewhere.get("/me").await)["response"]["id"], ADA, "only if that is asked for");
    let all =
        [fields("another-password", "a-third-password").as_slice(), &[("sign_out_of_other_sessions", "true")]].concat();
    ok(browser.post("/me/change_password", &all).await);
    assert_eq!(refusal(elsewhere.get("/me").await), refused(401, "authentication_invalid", ""));
    assert_eq!(ok(browser.get("/me").await)["response"]["id"], ADA);
    Browser::open(&app).await.sign_in(EMAIL, "a-third-password").await;
}

#[tokio::test]
async fn an_address_is_added_verified_made_primary_and_deleted() {
    let app = App::start(&[]).await;
    let mut browser = signed_in(&app).await;
    let add = "/me/email_addresses/";
    for (address, code) in
        [("", "form_param_nil"), ("ada", "form_param_format_invalid"), ("grace@example.com", "form_identifier_exists")]
    {
        assert_eq!(
            refusal(browser.post(add, &[("email_address", address)]).await),
            refused(422, code, "email_address")
        );
    }
    let added = ok(browser.post(add, &[("email_address", "Countess@example.com")]).await);
    let (id, address) = (added["response"]["id"].as_str().unwrap().to_owned(), "countess@example.com");
    assert_eq!(
        (&added["response"]["email_address"], &added["response"]["verification"]),
        (&json!(address), &Value::Null)
    );
    let one = format!("/me/email_addresses/{id}");
    let primary = [("primary_email_address_id", id.as_str())];
    assert_eq!(
        refusal(browser.patch("/me", &primary).await),
        refused(422, "form_param_value_invalid", "primary_email_address_id")
    );

    let prepared = ok(browser.post(&format!("{one}/prepare_verification"), &[("strategy", "email_code")]).await);
    assert_eq!(prepared["response"]["verification"]["status"], "unverified");
    let code = browser.code_sent_to(address).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let attempt = format!("{one}/attempt_verification");
    assert_eq!(refusal(browser.post(&attempt, &[("code", wrong)]).await), refused(422, "form_code_incorrect", "code"));
    let verified = ok(browser.post(&attempt, &[("code", &code)]).await);
    assert_eq!(verified["response"]["verification"]["status"], "verified");
    assert_eq!(
        refusal(browser.post(&attempt, &[("code", &code)]).await),
        refused(400, "verification_already_verified", "")
    );
    assert_eq!(ok(browser.get(&one).await)["response"]["id"], id);

    let user = ok(browser.patch("/me", &primary).await);
    assert_eq!(
        (&user["response"]["primary_email_address_id"], &user["response"]["email_addresses"][0]["id"]),
        (&json!(id), &json!(id))
    );
    assert_eq!(refusal(browser.delete(&one).await), refused(400, "last_identification_deletion_failed", ""));
    let old = user["response"]["email_addresses"][1]["id"].as_str().unwrap().to_owned();
    let deleted = ok(browser.delete(&format!("/me/email_addresses/{old}")).await);
    assert_eq!(deleted["response"], json!({ "object": "email_address", "id": old, "deleted": true }));
    assert_eq!(
        refusal(browser.delete(&format!("/me/email_addresses/{old}")).await),
        refused(404, "resource_not_found", "")
    );
    let mut other = Browser::open(&app).await;
    let unknown = other.post("/client/sign_ins", &[("identifier", EMAIL)]).await;
    assert_eq!(refusal(unknown), refused(422, "form_identifier_not_found", "identifier"));
    other.sign_in(address, PASSWORD).await;
}

#[tokio::test]
async fn sessions_elsewhere_are_listed_and_revoked() {
    let app = App::start(&[]).await;
    let (mut browser, mut elsewhere) = (signed_in(&app).await, signed_in(&app).await);
    let other = ok(elsewhere.get("/client").await)["response"]["last_active_session_id"].as_str().unwrap().to_owned();
    let sessions = ok(browser.get("/me/sessions/active").await);
    assert_eq!(sessions.as_array().unwrap().len(), 2, "a bare array: {sessions}");
    assert_eq!(sessions[0]["latest_activity"]["browser_name"], "Chrome");
    let revoke = format!("/me/sessions/{other}/revoke");
    assert_eq!(ok(browser.post(&revoke, &[]).await)["response"]["status"], "revoked");
    assert_eq!(refusal(browser.post(&revoke, &[]).await), refused(404, "resource_not_found", ""));
    assert_eq!(ok(browser.get("/me/sessions/active").await).as_array().unwrap().len(), 1);
    let gone = elsewhere.post(&format!("/client/sessions/{other}/tokens"), &[]).await;
    assert_eq!(refusal(gone), refused(401, "authentication_invalid", ""));
    let mut grace = Browser::open(&app).await;
    let session = grace.sign_in("grace@example.com", PASSWORD).await;
    let foreign = browser.post(&format!("/me/sessions/{session}/revoke"), &[]).await;
    assert_eq!(refusal(foreign), refused(404, "resource_not_found", ""), "somebody else's");
}

#[tokio::test]
async fn an_address_that_was_merely_typed_is_nobodys() {
    let app = App::start(&[]).await;
    let mut browser = signed_in(&app).await;
    let (add, typed) = ("/me/email_addresses", [("email_address", "grace.hopper@example.com")]);
    let first = ok(browser.post(add, &typed).await)["response"]["id"].clone();
    let mut other = Browser::open(&app).await;
    let unknown = other.post("/client/sign_ins", &[("identifier", "grace.hopper@example.com")]).await;
    assert_eq!(refusal(unknown), refused(422, "form_identifier_not_found", "identifier"));
    let sign_in = ok(other.post("/client/sign_ins", &[("identifier", EMAIL)]).await)["response"].clone();
    assert_eq!(sign_in["supported_first_factors"].as_array().unwrap().len(), 3, "no code is sent there");
    // Whoever shows that it is theirs has it.
    other.sign_in("grace@example.com", PASSWORD).await;
    let second = ok(other.post(add, &typed).await)["response"]["id"].as_str().unwrap().to_owned();
    ok(other.post(&format!("{add}/{second}/prepare_verification"), &[]).await);
    let code = other.code_sent_to("grace.hopper@example.com").await;
    ok(other.post(&format!("{add}/{second}/attempt_verification"), &[("code", &code)]).await);
    let gone = browser.get(&format!("{add}/{}", first.as_str().unwrap())).await;
    assert_eq!(refusal(gone), refused(404, "resource_not_found", ""));
    let taken = browser.post(add, &typed).await;
    assert_eq!(refusal(taken), refused(422, "form_identifier_exists", "email_address"));
}

/// Sends a picture as Clerk's client does.
async fn upload(app: &App, cookies: &str, bytes: &[u8]) -> (u16, Value) {
    let request = app.request(Method::POST, "/__clerk/v1/me/profile_image").header("cookie", cookies);
    let page = Page::read(with_file(request, bytes).send().await.unwrap()).await;
    (page.status, serde_json::from_str(&page.body).unwrap())
}

#[tokio::test]
async fn a_picture_is_kept_and_served() {
    let app = App::start(&[]).await;
    let mut browser = signed_in(&app).await;
    let sent = picture(100_000);
    let image = ok(upload(&app, &browser.cookies, &sent).await);
    let user = &image["client"]["sessions"][0]["user"];
    assert_eq!((&user["has_image"], &user["image_url"]), (&json!(true), &image["response"]["public_url"]));
    let served = app.request(Method::GET, user["image_url"].as_str().unwrap()).send().await.unwrap();
    let header = |name: &str| served.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-type"), header("x-content-type-options")), ("image/png".into(), "nosniff".into()));
    assert_eq!(header("cross-origin-resource-policy"), "cross-origin", "pages on other ports may show it");
    assert_eq!(header("access-control-allow-origin"), "*", "Clerk's components ask for it with crossorigin=anonymous");
    assert_eq!((served.status().as_u16(), served.bytes().await.unwrap().to_vec()), (200, sent));

    assert_eq!(
        refusal(upload(&app, &browser.cookies, b"<svg onload=alert(1)>").await),
        refused(400, "image_type_not_supported", "")
    );
    let large = picture(1024 * 1024);
    assert_eq!(refusal(upload(&app, &browser.cookies, &large).await), refused(413, "image_too_large", ""));
    assert_eq!(refusal(upload(&app, "", b"\x89PNG\r\n\x1a\n").await), refused(401, "authentication_invalid", ""));
    let no_form = browser.post("/me/profile_image", &[("file", "x")]).await;
    assert_eq!(refusal(no_form), refused(400, "request_body_invalid", ""));

    let deleted = ok(browser.delete("/me/profile_image").await);
    assert_eq!(
        (&deleted["response"]["deleted"], &deleted["client"]["sessions"][0]["user"]["has_image"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(refusal(browser.delete("/me/profile_image").await), refused(404, "resource_not_found", ""));
    let gone = app.get(image["response"]["public_url"].as_str().unwrap(), &[]).await;
    assert_eq!(gone.status, 404);
    // Clerk's components make a picture of a name, and of nothing else.
    let nameless = ok(browser.patch("/me", &[("first_name", ""), ("last_name", "")]).await);
    let nobody = app.get(nameless["response"]["image_url"].as_str().unwrap(), &[]).await;
    assert_eq!((nobody.status, nobody.header("content-type")), (200, "image/svg+xml"));
}

#[tokio::test]
async fn an_account_is_deleted_by_its_owner() {
    let app = App::start(&[]).await;
    let (mut browser, mut elsewhere) = (signed_in(&app).await, signed_in(&app).await);
    let deleted = ok(browser.delete("/me").await);
    assert_eq!(deleted["response"], json!({ "object": "user", "id": ADA, "deleted": true }));
    assert_eq!(deleted["client"]["sessions"], json!([]));
    assert_eq!(refusal(elsewhere.get("/me").await), refused(401, "authentication_invalid", ""));
    let gone = backend(&app, Method::GET, &format!("/v1/users/{ADA}"), &json!({})).await;
    assert_eq!(refusal(gone), refused(404, "resource_not_found", ""));
    let unknown = browser.post("/client/sign_ins", &[("identifier", EMAIL)]).await;
    assert_eq!(refusal(unknown), refused(422, "form_identifier_not_found", "identifier"));
}

#[tokio::test]
async fn a_profile_is_changed_as_a_whole_or_not_at_all() {
    let app = App::start(&[]).await;
    let mut browser = signed_in(&app).await;
    let added = ok(browser.post("/me/email_addresses", &[("email_address", "a+clerk_test@example.com")]).await);
    let id = added["response"]["id"].as_str().unwrap().to_owned();
    ok(browser.post(&format!("/me/email_addresses/{id}/prepare_verification"), &[]).await);
    ok(browser.post(&format!("/me/email_addresses/{id}/attempt_verification"), &[("code", "424242")]).await);
    let before = ok(browser.get("/me").await)["response"].clone();
    let large = format!("{{\"e\":\"{}\"}}", "x".repeat(8192));
    for (primary, metadata, code, field) in [
        (id.as_str(), large.as_str(), "form_param_exceeds_allowed_size", "unsafe_metadata"),
        ("idn_unknown", r#"{"a":1}"#, "form_param_value_invalid", "primary_email_address_id"),
    ] {
        let fields = [("first_name", "X"), ("primary_email_address_id", primary), ("unsafe_metadata", metadata)];
        assert_eq!(refusal(browser.patch("/me", &fields).await), refused(422, code, field));
        assert_eq!(ok(browser.get("/me").await)["response"], before, "{code}");
    }
    let fields = [("primary_email_address_id", id.as_str()), ("unsafe_metadata", r#"{"a":1}"#)];
    assert_eq!(ok(browser.patch("/me", &fields).await)["response"]["primary_email_address_id"], id);
}

#[tokio::test]
async fn whoever_is_signed_in_guesses_no_faster_than_others() {
    let app = App::start(&[("GATEHOUSE_SIGN_IN_RATE", "1")]).await;
    let mut browser = signed_in(&app).await;
    let added = ok(browser.post("/me/email_addresses", &[("email_address", "a@example.com")]).await);
    let address = format!("/me/email_addresses/{}", added["response"]["id"].as_str().unwrap());
    for path in [
        &*format!("{address}/prepare_verification"),
        &format!("{address}/attempt_verification"),
        "/me/change_password",
        "/me/remove_password",
    ] {
        let fields = [("code", "12345"), ("current_password", "wrong"), ("new_password", "long-enough")];
        assert_eq!(refusal(browser.post(path, &fields).await), refused(429, "too_many_requests", ""), "{path}");
    }
    ok(browser.patch("/me", &[("first_name", "Augusta")]).await);
}
