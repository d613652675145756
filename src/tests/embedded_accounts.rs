//! The embedded Clerk's Backend API: accounts, their addresses and passwords, browsers, and what tests ask.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    ADA, Api, App, Browser, GRACE, LOCAL_ID, choose, cookie, ok, part, picture, refusal, refused, sign_in,
};

const PASSWORD: &str = "long-enough";

/// Whether somebody can sign in.
async fn can_sign_in(app: &App, email: &str, password: &str) -> bool {
    app.post_form("/__clerk/sign-in", "", &[("identifier", email), ("password", password)]).await.status == 303
}

#[tokio::test]
async fn an_account_is_made_and_deleted() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let new = json!({
        "email_address": ["Jane@Example.com", "jane@work.example"], "password": PASSWORD, "first_name": "Jane",
        "public_metadata": { "plan": "pro" }, "private_metadata": { "crm": 7 },
    });
    let user = api.post("/v1/users", &new).await;
    let addresses = user["email_addresses"].as_array().unwrap();
    assert_eq!((&addresses[0]["email_address"], addresses.len()), (&json!("jane@example.com"), 2));
    assert_eq!((&user["first_name"], &user["private_metadata"]), (&json!("Jane"), &json!({ "crm": 7 })));
    assert!(can_sign_in(&app, "jane@example.com", PASSWORD).await);
    assert!(can_sign_in(&app, "jane@work.example", PASSWORD).await);
    let bare = json!({ "email_address": ["bare@example.com"], "skip_password_requirement": true });
    assert_eq!(api.post("/v1/users", &bare).await["password_enabled"], false);
    assert!(!can_sign_in(&app, "bare@example.com", "").await);

    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    assert_eq!(api.delete(&path).await, json!({ "object": "user", "id": user["id"], "deleted": true }));
    assert_eq!(api.refusal(Method::DELETE, &path, "").await, refused(404, "resource_not_found", ""));
    assert!(!can_sign_in(&app, "jane@example.com", PASSWORD).await);
    let email = |email: &str| json!({ "email_address": [email], "password": PASSWORD });
    for (body, code, param) in [
        (json!({ "password": PASSWORD }), "form_param_missing", "email_address"),
        (json!({ "email_address": ["a@example.com"] }), "form_param_missing", "password"),
        (json!({ "email_address": "a@example.com" }), "form_param_value_invalid", "email_address"),
        (email("nobody"), "form_param_value_invalid", "email_address"),
        (email("ADA@example.com"), "form_identifier_exists", "email_address"),
        (
            json!({ "email_address": ["a@example.com"], "password": "short" }),
            "form_password_length_too_short",
            "password",
        ),
        (
            json!({ "email_address": ["a@example.com"], "password": PASSWORD, "phone_number": "1" }),
            "form_param_unknown",
            "phone_number",
        ),
    ] {
        assert_eq!(
            api.refusal(Method::POST, "/v1/users", &body.to_string()).await,
            refused(422, code, param),
            "{body}"
        );
    }
    assert_eq!(api.get("/v1/users/count").await["total_count"], 4);
}

#[tokio::test]
async fn an_account_is_banned_locked_and_let_in_again() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let cookies = sign_in(&app).await;
    let path = format!("/v1/users/{ADA}");
    let verb = |verb: &str| format!("{path}/{verb}");
    assert_eq!(api.post(&verb("lock"), &json!({})).await["locked"], true);
    assert!(!can_sign_in(&app, "ada@example.com", "gatehouse-demo").await);
    assert_eq!(api.session().await["status"], "active", "a lock ends no session");
    assert_eq!(api.post(&verb("unlock"), &json!({})).await["locked"], false);
    assert!(can_sign_in(&app, "ada@example.com", "gatehouse-demo").await);

    assert_eq!(api.post(&verb("ban"), &json!({})).await["banned"], true);
    assert!(!can_sign_in(&app, "ada@example.com", "gatehouse-demo").await);
    assert_eq!(api.get(&format!("/v1/sessions?user_id={ADA}&status=active")).await["total_count"], 0);
    let token =
        format!("/v1/sessions/{}/tokens", api.get("/v1/sessions?limit=1").await["data"][0]["id"].as_str().unwrap());
    assert_eq!(api.refusal(Method::POST, &token, "").await.0, 404);
    assert_eq!(api.post(&verb("unban"), &json!({})).await["banned"], false);
    assert!(can_sign_in(&app, "ada@example.com", "gatehouse-demo").await);
    assert!(!app.navigate("/__clerk/sign-in", &cookies).await.body.contains("You are signed in as"));
    for verb in ["ban", "unban", "lock", "unlock"] {
        let unknown = api.refusal(Method::POST, &format!("/v1/users/user_x/{verb}"), "").await;
        assert_eq!(unknown, refused(404, "resource_not_found", ""), "{verb}");
    }
}

#[tokio::test]
async fn a_password_is_verified_and_replaced() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = format!("/v1/users/{ADA}");
    let verify = format!("{path}/verify_password");
    assert_eq!(api.post(&verify, &json!({ "password": "gatehouse-demo" })).await, json!({ "verified": true }));
    let wrong = json!({ "password": "wrong-password" }).to_string();
    assert_eq!(api.refusal(Method::POST, &verify, &wrong).await, refused(422, "incorrect_password", "password"));
    sign_in(&app).await;
    api.patch(&path, &json!({ "password": PASSWORD })).await;
    assert_eq!(api.session().await["status"], "active");
    api.patch(&path, &json!({ "password": "another-one", "sign_out_of_other_sessions": true })).await;
    assert_eq!(api.session().await["status"], "revoked");
    assert!(can_sign_in(&app, "ada@example.com", "another-one").await);
    for (password, code) in
        [("short", "form_password_length_too_short"), ("ada@example.com", "form_password_not_strong_enough")]
    {
        let body = json!({ "password": password }).to_string();
        assert_eq!(api.refusal(Method::PATCH, &path, &body).await, refused(422, code, "password"));
    }
    api.patch(&path, &json!({ "password": "short", "skip_password_checks": true })).await;
    assert_eq!(api.post(&verify, &json!({ "password": "short" })).await["verified"], true);
}

#[tokio::test]
async fn nobody_has_an_authenticator_or_a_providers_token() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let verify = format!("/v1/users/{ADA}/verify_totp");
    assert_eq!(api.refusal(Method::POST, &verify, "{}").await, refused(422, "form_param_missing", "code"));
    let code = json!({ "code": "123456" }).to_string();
    assert_eq!(api.refusal(Method::POST, &verify, &code).await, refused(422, "form_code_incorrect", "code"));
    let nobody = api.refusal(Method::POST, "/v1/users/user_nobody/verify_totp", &code).await;
    assert_eq!(nobody, refused(404, "resource_not_found", ""));

    let tokens = format!("/v1/users/{ADA}/oauth_access_tokens/oauth_custom_local_id");
    let none = json!({ "data": [], "total_count": 0 });
    assert_eq!(api.get(&format!("{tokens}?paginated=true")).await, none);
    let scopes = api.refusal(Method::GET, &format!("{tokens}?scopes=email"), "").await;
    assert_eq!(scopes, refused(422, "form_param_unknown", "scopes"));
    let nobody = api.refusal(Method::GET, "/v1/users/user_nobody/oauth_access_tokens/oauth_google", "").await;
    assert_eq!(nobody, refused(404, "resource_not_found", ""));
}

#[tokio::test]
async fn addresses_come_change_and_go() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let new = |email: &str, more: Value| {
        let mut body = json!({ "user_id": ADA, "email_address": email });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let made = api.post("/v1/email_addresses", &new("Ada@work.example", json!({}))).await;
    assert_eq!((&made["email_address"], &made["verification"]), (&json!("ada@work.example"), &Value::Null));
    let path = format!("/v1/email_addresses/{}", made["id"].as_str().unwrap());
    let primary = json!({ "primary": true }).to_string();
    let unfit = refused(422, "form_param_value_invalid", "primary_email_address_id");
    assert_eq!(api.refusal(Method::PATCH, &path, &primary).await, unfit, "nobody has verified it");
    let changed = api.patch(&path, &json!({ "verified": true, "primary": true })).await;
    assert_eq!((&changed["verification"]["status"], &api.get(&path).await), (&json!("verified"), &changed));
    let user = api.get(&format!("/v1/users/{ADA}")).await;
    assert_eq!(user["primary_email_address_id"], made["id"]);
    let other = user["email_addresses"][1]["id"].as_str().unwrap();
    assert_eq!(api.refusal(Method::DELETE, &path, "").await, refused(422, "form_param_value_invalid", "email_address"));
    api.patch(&format!("/v1/users/{ADA}"), &json!({ "primary_email_address_id": other })).await;
    assert_eq!(api.delete(&path).await["deleted"], true);
    for (method, path, body, expected) in [
        (Method::GET, path.as_str(), json!({}), refused(404, "resource_not_found", "")),
        (
            Method::POST,
            "/v1/email_addresses",
            new("grace@example.com", json!({})),
            refused(422, "form_identifier_exists", "email_address"),
        ),
        (
            Method::POST,
            "/v1/email_addresses",
            new("x", json!({})),
            refused(422, "form_param_value_invalid", "email_address"),
        ),
        (
            Method::POST,
            "/v1/email_addresses",
            new("x@example.com", json!({ "primary": true })),
            refused(422, "form_param_value_invalid", "primary"),
        ),
        (
            Method::POST,
            "/v1/email_addresses",
            json!({ "user_id": "user_x", "email_address": "x@example.com" }),
            refused(404, "resource_not_found", ""),
        ),
    ] {
        assert_eq!(api.refusal(method.clone(), path, &body.to_string()).await, expected, "{method} {path} {body}");
    }
}

#[tokio::test]
async fn browsers_and_sessions_are_shown_made_and_verified() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let cookies = sign_in(&app).await;
    let (session, token) = (api.session().await, cookie(&cookies, "__session"));
    let client = api.get(&format!("/v1/clients/{}", session["client_id"].as_str().unwrap())).await;
    assert_eq!((&client["object"], &client["sessions"]), (&json!("client"), &json!([session])));
    assert_eq!((&client["session_ids"], &client["last_active_session_id"]), (&json!([session["id"]]), &session["id"]));
    assert_eq!(api.get("/v1/clients?paginated=true").await, json!({ "data": [client], "total_count": 1 }));
    assert_eq!(api.post("/v1/clients/verify", &json!({ "token": token })).await, client);
    let path = format!("/v1/sessions/{}", session["id"].as_str().unwrap());
    assert_eq!(api.post(&format!("{path}/verify"), &json!({ "token": token })).await, session);

    let made = api.post("/v1/sessions", &json!({ "user_id": GRACE })).await;
    assert_eq!((&made["status"], &made["user_id"]), (&json!("active"), &json!(GRACE)));
    let others = format!("/v1/sessions/{}/verify", made["id"].as_str().unwrap());
    api.post(&format!("{path}/revoke"), &json!({})).await;
    let body = json!({ "token": token }).to_string();
    for (method, path, body, expected) in [
        (Method::POST, others.as_str(), body.as_str(), refused(404, "resource_not_found", "")),
        (Method::POST, &format!("{path}/verify"), &body, refused(404, "resource_not_found", "")),
        (Method::POST, "/v1/clients/verify", &body, refused(404, "resource_not_found", "")),
        (Method::POST, "/v1/clients/verify", "{}", refused(422, "form_param_missing", "token")),
        (Method::GET, "/v1/clients/client_x", "", refused(404, "resource_not_found", "")),
        (Method::POST, "/v1/sessions", r#"{"user_id":"user_x"}"#, refused(404, "resource_not_found", "")),
        (
            Method::POST,
            "/v1/sessions",
            r#"{"user_id":"user_seed0000000000000000Mallory"}"#,
            refused(422, "user_banned", "user_id"),
        ),
        (Method::POST, "/api_keys/verify", r#"{"secret":"ak_x"}"#, refused(404, "resource_not_found", "")),
        (Method::POST, "/m2m_tokens/verify", r#"{"token":"mt_x"}"#, refused(404, "resource_not_found", "")),
        (Method::POST, "/oauth_applications/access_tokens/verify", "{}", refused(404, "resource_not_found", "")),
    ] {
        assert_eq!(api.refusal(method.clone(), path, body).await, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn metadata_is_replaced_as_a_whole() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = format!("/v1/users/{ADA}/metadata");
    api.patch(&path, &json!({ "private_metadata": { "crm": 7 } })).await;
    let body = json!({ "public_metadata": { "plan": "pro" } }).to_string();
    let (status, user) = api.call(Method::PUT, &path, &body).await;
    assert_eq!((status, &user["public_metadata"]), (200, &json!({ "plan": "pro" })));
    assert_eq!(user["private_metadata"], json!({ "crm": 7 }), "what is left out stays");
}

#[tokio::test]
async fn a_testing_token_is_accepted_and_changes_nothing() {
    let app = App::start(&[]).await;
    let token = Api::of(&app).post("/v1/testing_tokens", &json!({})).await;
    assert_eq!(token["object"], "testing_token");
    let mut page = Browser::open(&app).await;
    let query = format!("/client/sign_ins?__clerk_testing_token={}", token["token"].as_str().unwrap());
    let wrong =
        page.post(&query, &[("strategy", "password"), ("identifier", "ada@example.com"), ("password", "x")]).await;
    assert_eq!(refusal(wrong).1, "form_password_incorrect");
    ok(page.get("/client").await);
}

#[tokio::test]
async fn applications_call_a_user_what_they_like() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let new = json!({
        "email_address": ["jane@example.com"], "password": PASSWORD, "external_id": "crm-7", "username": "Jane_Doe",
        "locale": "fr-FR",
    });
    let user = api.post("/v1/users", &new).await;
    assert_eq!(
        (&user["external_id"], &user["username"], &user["locale"]),
        (&json!("crm-7"), &json!("jane_doe"), &json!("fr-FR"))
    );
    for (query, expected) in [
        ("external_id=crm-7&external_id=crm-8", 1),
        ("username=JANE_DOE", 1),
        ("organization_id=org_seed0000000000000000000Acme", 2),
        ("created_at_after=0", 4),
        ("created_at_before=1", 0),
        ("last_active_at_since=0", 0),
        ("last_active_at_before=9999999999999&last_active_at_after=0", 0),
        ("last_sign_in_at_after=0", 0),
        ("last_sign_in_at_before=1", 0),
    ] {
        let found = api.get(&format!("/v1/users?{query}")).await;
        assert_eq!(found.as_array().unwrap().len(), expected, "{query}");
        assert_eq!(api.get(&format!("/v1/users/count?{query}")).await["total_count"], expected, "{query}");
    }
    assert_eq!(api.get("/v1/users?order_by=-username&limit=1").await[0]["id"], user["id"]);
    let refused_param = refused(422, "form_param_value_invalid", "created_at_after");
    assert_eq!(api.refusal(Method::GET, "/v1/users?created_at_after=yesterday", "").await, refused_param);

    let (path, ada) = (format!("/v1/users/{}", user["id"].as_str().unwrap()), format!("/v1/users/{ADA}"));
    let other =
        |name: &str, value: &str| json!({ "email_address": ["x@example.com"], "password": PASSWORD, name: value });
    for (method, path, body, code, field) in [
        (Method::PATCH, ada.as_str(), json!({ "external_id": "crm-7" }), "form_identifier_exists", "external_id"),
        (Method::PATCH, &ada, json!({ "username": "JANE_doe" }), "form_identifier_exists", "username"),
        (Method::POST, "/v1/users", other("external_id", "crm-7"), "form_identifier_exists", "external_id"),
        (Method::POST, "/v1/users", other("username", "jane_doe"), "form_identifier_exists", "username"),
        (Method::PATCH, &path, json!({ "username": "abc" }), "form_username_invalid_character", "username"),
        (Method::PATCH, &path, json!({ "username": "a b c d" }), "form_username_invalid_character", "username"),
        (Method::PATCH, &path, json!({ "locale": "fr_FR" }), "form_param_value_invalid", "locale"),
        (
            Method::PATCH,
            &path,
            json!({ "external_id": "x".repeat(129) }),
            "form_param_max_length_exceeded",
            "external_id",
        ),
    ] {
        assert_eq!(api.refusal(method, path, &body.to_string()).await, refused(422, code, field), "{body}");
    }
    let same = api.patch(&path, &json!({ "external_id": "crm-7", "first_name": "Jane" })).await;
    assert_eq!(
        (&same["external_id"], &same["username"]),
        (&json!("crm-7"), &json!("jane_doe")),
        "what is left out stays"
    );
    let none = api.patch(&path, &json!({ "external_id": null, "username": null, "locale": null })).await;
    assert_eq!((&none["external_id"], &none["username"], &none["locale"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(api.patch(&ada, &json!({ "external_id": "crm-7" })).await["external_id"], "crm-7", "it is free again");
}

#[tokio::test]
async fn an_actor_token_lets_somebody_act_as_a_user_for_a_while() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let wanted = json!({ "user_id": ADA, "actor": { "sub": GRACE }, "session_max_duration_in_seconds": 600 });
    let made = api.post("/v1/actor_tokens", &wanted).await;
    assert_eq!(
        (&made["object"], &made["status"], &made["actor"]),
        (&json!("actor_token"), &json!("pending"), &json!({ "sub": GRACE }))
    );
    let ticket = made["token"].as_str().unwrap();
    assert!(made["url"].as_str().unwrap().ends_with(&format!("?__clerk_ticket={ticket}")));
    let mut page = Browser::open(&app).await;
    let fields = [("strategy", "ticket"), ("ticket", ticket)];
    let answer = ok(page.post("/client/sign_ins", &fields).await);
    let session = &answer["client"]["sessions"][0];
    assert_eq!((&session["user"]["id"], &session["actor"]), (&json!(ADA), &json!({ "sub": GRACE })));
    let lifetime = session["expire_at"].as_u64().unwrap() - session["created_at"].as_u64().unwrap();
    assert_eq!(lifetime, 600_000);
    let claims = part(&session["last_active_token"]["jwt"], 1);
    assert_eq!((&claims["sub"], &claims["act"]), (&json!(ADA), &json!({ "sub": GRACE })));
    assert_eq!(api.session().await["actor"], json!({ "sub": GRACE }));
    let again = Browser::open(&app).await.post("/client/sign_ins", &fields).await;
    assert_eq!(refusal(again), refused(400, "sign_in_token_already_used_code", ""));
    assert!(!app.log().contains(ticket));

    let other = api.post("/v1/actor_tokens", &wanted).await;
    let own = format!("/v1/actor_tokens/{}/revoke", other["id"].as_str().unwrap());
    let unknown = refused(404, "resource_not_found", "");
    assert_eq!(api.refusal(Method::POST, &own.replace("actor_tokens", "sign_in_tokens"), "").await, unknown);
    let revoked = api.post(&own, &json!({})).await;
    assert_eq!((&revoked["status"], &revoked["token"]), (&json!("revoked"), &Value::Null));
    let sign_in_token = api.post("/v1/sign_in_tokens", &json!({ "user_id": ADA })).await;
    let crossed = format!("/v1/actor_tokens/{}/revoke", sign_in_token["id"].as_str().unwrap());
    assert_eq!(api.refusal(Method::POST, &crossed, "").await, unknown);
    let fields = [("strategy", "ticket"), ("ticket", sign_in_token["token"].as_str().unwrap())];
    let mut herself = Browser::open(&app).await;
    assert_eq!(ok(herself.post("/client/sign_ins", &fields).await)["client"]["sessions"][0]["actor"], Value::Null);
    for (body, expected) in [
        (json!({ "user_id": ADA }), refused(422, "form_param_missing", "actor")),
        (json!({ "user_id": ADA, "actor": {} }), refused(422, "form_param_value_invalid", "actor")),
        (json!({ "user_id": ADA, "actor": { "sub": 7 } }), refused(422, "form_param_value_invalid", "actor")),
        (json!({ "actor": { "sub": "x" } }), refused(422, "form_param_missing", "user_id")),
        (json!({ "user_id": "user_x", "actor": { "sub": "x" } }), unknown.clone()),
        (
            json!({ "user_id": ADA, "actor": { "sub": "x" }, "expires_in_seconds": 0 }),
            refused(422, "form_param_value_invalid", "expires_in_seconds"),
        ),
    ] {
        assert_eq!(api.refusal(Method::POST, "/v1/actor_tokens", &body.to_string()).await, expected, "{body}");
    }
}

#[tokio::test]
async fn a_server_gives_a_user_a_picture_and_takes_it() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = format!("/v1/users/{ADA}/profile_image");
    let sent = picture(300_000);
    let user = ok(api.upload(Method::POST, &path, &sent).await);
    assert_eq!((&user["object"], &user["has_image"]), (&json!("user"), &json!(true)));
    let url = user["image_url"].as_str().unwrap().to_owned();
    let served = app.request(Method::GET, &url).send().await.unwrap();
    assert_eq!((served.status().as_u16(), served.bytes().await.unwrap().to_vec()), (200, sent));
    // Whoever is in an organization with her sees it, too.
    let members = api.get("/v1/organizations/acme/memberships?query=ada").await;
    let seen = &members["data"][0]["public_user_data"];
    assert_eq!((&seen["image_url"], &seen["has_image"]), (&json!(url), &json!(true)));

    let other = ok(api.upload(Method::POST, &path, &picture(1)).await);
    assert_ne!(other["image_url"], json!(url), "another picture is found under another name");
    assert_eq!(app.get(&url, &[]).await.status, 404);
    assert_eq!(refusal(api.upload(Method::POST, &path, b"<svg>").await), refused(400, "image_type_not_supported", ""));
    let large = api.upload(Method::POST, &path, &picture(1024 * 1024)).await;
    assert_eq!(refusal(large), refused(413, "image_too_large", ""));
    let unknown = api.upload(Method::POST, "/v1/users/user_x/profile_image", &picture(1)).await;
    assert_eq!(refusal(unknown), refused(404, "resource_not_found", ""));
    assert_eq!(api.refusal(Method::POST, &path, "{}").await, refused(400, "request_body_invalid", ""), "no form");

    let bare = api.delete(&path).await;
    assert_eq!((&bare["has_image"], &bare["image_url"]), (&json!(false), &json!("")));
    assert_eq!(api.refusal(Method::DELETE, &path, "").await, refused(404, "resource_not_found", ""));
    assert_eq!(app.get(other["image_url"].as_str().unwrap(), &[]).await.status, 404);
}

#[tokio::test]
async fn a_server_disconnects_an_account_elsewhere() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let mut browser = Browser::open(&app).await;
    let back = format!("{}/sso-callback", app.origin);
    let fields = [("strategy", LOCAL_ID), ("redirect_url", &back)];
    let sign_in = ok(browser.post("/client/sign_ins", &fields).await)["response"].clone();
    let url = sign_in["first_factor_verification"]["external_verification_redirect_url"].as_str().unwrap().to_owned();
    browser.visit(&app, &choose(&app, &url, Some("local-ada")).await).await;
    let account = api.get(&format!("/v1/users/{ADA}")).await["external_accounts"][0].clone();
    assert_eq!(account["provider_user_id"], "local-ada");

    let path = |user: &str| format!("/v1/users/{user}/external_accounts/{}", account["id"].as_str().unwrap());
    let unknown = refused(404, "resource_not_found", "");
    assert_eq!(api.refusal(Method::DELETE, &path(GRACE), "").await, unknown, "it is Ada's");
    assert_eq!(api.refusal(Method::DELETE, &path("user_x"), "").await, unknown);
    let deleted = json!({ "object": "external_account", "id": account["id"], "deleted": true });
    assert_eq!(api.delete(&path(ADA)).await, deleted);
    assert_eq!(api.refusal(Method::DELETE, &path(ADA), "").await, unknown);
    assert_eq!(api.get(&format!("/v1/users/{ADA}")).await["external_accounts"], json!([]));
}

#[tokio::test]
async fn an_account_that_is_refused_is_not_made_by_half() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let large = json!({ "x": "x".repeat(9_000) });
    for (body, code, param) in [
        (
            json!({ "email_address": ["jane@example.com", "ada@example.com"] }),
            "form_identifier_exists",
            "email_address",
        ),
        (
            json!({ "email_address": ["jane@example.com", "Jane@example.com"] }),
            "form_identifier_exists",
            "email_address",
        ),
        (
            json!({ "email_address": ["jane@example.com"], "public_metadata": large }),
            "form_param_exceeds_allowed_size",
            "public_metadata",
        ),
    ] {
        let mut body = body;
        body["password"] = json!(PASSWORD);
        assert_eq!(api.refusal(Method::POST, "/v1/users", &body.to_string()).await, refused(422, code, param));
        assert_eq!(api.get("/v1/users?email_address=jane@example.com").await, json!([]), "{code}");
        assert!(!can_sign_in(&app, "jane@example.com", PASSWORD).await);
    }
    let email = json!({ "email_address": ["jane@example.com"], "password": PASSWORD });
    assert_eq!(api.post("/v1/users", &email).await["email_addresses"].as_array().unwrap().len(), 1);
}
