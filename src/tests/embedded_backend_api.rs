//! The embedded Clerk's Backend API, asked as an application's server asks it.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{ADA, Api, App, GRACE, Page, cookie, now, part, refused, sign_in, testing::TestKey};

const SUPABASE: &str = "jtmp_seed000000000000000Supabase";
const REFRESH: &str = "__refresh_3_AN3zpR";
const ISSUER: &str = "https://local-dev-1.clerk.accounts.dev";

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Whether a time in milliseconds is of the last minute.
fn is_recent(time: &Value) -> bool {
    time.as_f64().is_some_and(|time| (now() - time / 1000.0).abs() < 60.0)
}

#[tokio::test]
async fn without_the_secret_key_there_is_nothing_to_learn() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    for (method, path) in [
        (Method::GET, format!("/v1/users/{ADA}")),
        (Method::GET, "/v1/users".to_owned()),
        (Method::POST, "/v1/sessions/sess_1/tokens".to_owned()),
        (Method::DELETE, "/v1/users".to_owned()),
        (Method::GET, "/v1/nothing".to_owned()),
        (Method::GET, String::new()),
    ] {
        let path = format!("/__clerk/api{path}");
        for key in ["", "Bearer ", "Bearer sk_test_guess", &format!("bearer {}", api.secret_key), &api.secret_key] {
            let request = app.request(method.clone(), &path).header("authorization", key).body("{not json");
            let page = Page::read(request.send().await.unwrap()).await;
            assert_eq!((page.status, page.header("content-type")), (401, "application/json"), "{path}: {}", page.body);
            let body: Value = serde_json::from_str(&page.body).unwrap();
            assert_eq!(body["errors"][0]["code"], "clerk_key_invalid", "{path}");
            assert!(!page.body.contains("sk_test_"), "{path}: {}", page.body);
        }
    }
    let foreign = app.get("/__clerk/api/v1/users", &[("host", "evil.example"), ("authorization", "Bearer x")]).await;
    assert_eq!(foreign.status, 421);
}

#[tokio::test]
async fn errors_are_clerks_whatever_is_wrong() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let user = format!("/v1/users/{ADA}");
    let large = format!("{{\"a\":\"{}\"}}", "a".repeat(300_000));
    for (method, path, body, expected) in [
        (Method::GET, "/v1/nothing", "", refused(404, "resource_not_found", "")),
        (Method::GET, "/v1/users/user_unknown", "", refused(404, "resource_not_found", "")),
        (Method::GET, "/v1/users/%FF", "", refused(404, "resource_not_found", "")),
        (Method::PATCH, "/v1/users/user_unknown", "{}", refused(404, "resource_not_found", "")),
        (Method::PATCH, "/v1/users/user_unknown/metadata", "{}", refused(404, "resource_not_found", "")),
        (Method::GET, "/v1/sessions/sess_unknown", "", refused(404, "resource_not_found", "")),
        (Method::POST, "/v1/sessions/sess_unknown/tokens", "", refused(404, "resource_not_found", "")),
        (Method::POST, "/v1/sessions/sess_unknown/tokens/supabase", "", refused(404, "resource_not_found", "")),
        (Method::POST, "/v1/sessions/sess_unknown/revoke", "", refused(404, "resource_not_found", "")),
        (Method::GET, "/v1/jwt_templates/jtmp_unknown", "", refused(404, "resource_not_found", "")),
        (Method::PATCH, "/v1/jwt_templates/jtmp_unknown", "{}", refused(404, "resource_not_found", "")),
        (Method::DELETE, "/v1/jwt_templates/jtmp_unknown", "", refused(404, "resource_not_found", "")),
        (Method::DELETE, "/v1/users", "", refused(405, "method_not_allowed", "")),
        (Method::GET, "/v1/clients/handshake_payload", "", refused(422, "form_param_missing", "nonce")),
        (Method::GET, "/v1/clients/handshake_payload?nonce=x", "", refused(404, "resource_not_found", "")),
        (Method::PATCH, &user, "{not json", refused(400, "request_body_invalid", "")),
        (Method::PATCH, &user, "[]", refused(400, "request_body_invalid", "")),
        (Method::PATCH, &user, "null", refused(400, "request_body_invalid", "")),
        (Method::PATCH, &user, &large, refused(413, "request_body_too_large", "")),
    ] {
        assert_eq!(api.refusal(method.clone(), path, body).await, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn a_user_has_clerks_shape() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let mut user = api.get(&format!("/v1/users/{ADA}")).await;
    let email_id = user["primary_email_address_id"].as_str().unwrap().to_owned();
    assert!(email_id.starts_with("idn_"));
    for time in ["created_at", "updated_at", "password_last_updated_at"] {
        assert!(is_recent(&user[time].take()), "{time}");
    }
    let expected = json!({
        "object": "user", "id": ADA, "username": null, "first_name": "Ada", "last_name": "Lovelace", "image_url": "",
        "has_image": false, "primary_email_address_id": email_id, "primary_phone_number_id": null,
        "primary_web3_wallet_id": null, "password_enabled": true, "two_factor_enabled": false, "totp_enabled": false,
        "backup_code_enabled": false,
        "email_addresses": [{
            "object": "email_address", "id": email_id, "email_address": "ada@example.com",
            "verification": {
                "object": "verification", "status": "verified", "strategy": "admin", "attempts": null,
                "expire_at": null, "error": null, "verified_at_client": null,
            },
            "linked_to": [], "matches_sso_connection": false,
        }],
        "phone_numbers": [], "web3_wallets": [], "external_accounts": [], "enterprise_accounts": [],
        "organization_memberships": user["organization_memberships"], "public_metadata": { "role": "admin" }, "private_metadata": {},
        "unsafe_metadata": {}, "external_id": null, "last_sign_in_at": null, "banned": false, "locked": false,
        "lockout_expires_in_seconds": null, "verification_attempts_remaining": 100, "created_at": null,
        "updated_at": null, "last_active_at": null, "create_organization_enabled": true,
        "create_organizations_limit": null, "delete_self_enabled": true, "legal_accepted_at": null, "locale": null,
        "password_last_updated_at": null, "timezone": null, "deprovisioned": false,
    });
    assert_eq!(user, expected);

    sign_in(&app).await;
    let user = api.get(&format!("/v1/users/{ADA}")).await;
    assert!(is_recent(&user["last_sign_in_at"]) && is_recent(&user["last_active_at"]), "{user}");
    assert_eq!(api.get("/v1/users/user_seed0000000000000000Mallory").await["banned"], true);
}

#[tokio::test]
async fn users_are_listed_and_counted() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let ids = |users: &Value| -> Vec<String> {
        users.as_array().unwrap().iter().map(|user| user["first_name"].as_str().unwrap().to_owned()).collect()
    };
    for (query, expected) in [
        ("", vec!["Mallory", "Grace", "Ada"]),
        ("?order_by=%2Bcreated_at", vec!["Ada", "Grace", "Mallory"]),
        ("?order_by=+first_name&limit=2", vec!["Ada", "Grace"]),
        ("?order_by=-first_name&limit=1&offset=1", vec!["Grace"]),
        ("?email_address=ADA%40example.com&email_address=grace%40example.com", vec!["Grace", "Ada"]),
        (&format!("?user_id={ADA}"), vec!["Ada"]),
        ("?query=hopp", vec!["Grace"]),
    ] {
        assert_eq!(ids(&api.get(&format!("/v1/users{query}")).await), expected, "{query}");
    }
    assert_eq!(api.get("/v1/users/count").await, json!({ "object": "total_count", "total_count": 3 }));
    assert_eq!(api.get("/v1/users/count?query=hopp").await["total_count"], 1);
    for (query, code, name) in [
        ("limit=0", "form_param_value_invalid", "limit"),
        ("limit=501", "form_param_value_invalid", "limit"),
        ("limit=ten", "form_param_value_invalid", "limit"),
        ("offset=-1", "form_param_value_invalid", "offset"),
        ("order_by=password_hash", "form_param_value_invalid", "order_by"),
        ("order_by=--created_at", "form_param_value_invalid", "order_by"),
        ("user_id=-user_1", "form_param_value_invalid", "user_id"),
        ("phone_number=1", "form_param_unknown", "phone_number"),
    ] {
        assert_eq!(
            api.refusal(Method::GET, &format!("/v1/users?{query}"), "").await,
            refused(422, code, name),
            "{query}"
        );
    }
    assert_eq!(api.get("/v1/users?limit=500").await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_user_is_renamed_and_nothing_else() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = format!("/v1/users/{ADA}");
    let before = api.get(&path).await;
    let user = api.patch(&path, &json!({ "first_name": "  Augusta ", "id": "user_x", "banned": true })).await;
    assert_eq!((&user["first_name"], &user["last_name"]), (&json!("Augusta"), &json!("Lovelace")));
    assert!(user["updated_at"].as_u64() > before["updated_at"].as_u64());
    let user = api.patch(&path, &json!({ "last_name": null, "public_metadata": { "role": "x" } })).await;
    assert_eq!((&user["first_name"], &user["last_name"]), (&json!("Augusta"), &Value::Null));
    assert_eq!((&user["public_metadata"], &user["banned"]), (&json!({ "role": "admin" }), &json!(false)));
    assert_eq!(api.get(&path).await, user);
    assert_eq!(api.get(&format!("/v1/users/{GRACE}")).await["first_name"], "Grace");

    let name = |length: usize| json!({ "first_name": "é".repeat(length) }).to_string();
    assert_eq!(api.call(Method::PATCH, &path, &name(100)).await.0, 200);
    for (body, code, param) in [
        (name(101), "form_param_max_length_exceeded", "first_name"),
        (json!({ "last_name": 7 }).to_string(), "form_param_value_invalid", "last_name"),
    ] {
        assert_eq!(api.refusal(Method::PATCH, &path, &body).await, refused(422, code, param));
    }
}

#[tokio::test]
async fn metadata_is_merged_and_private_metadata_stays_with_servers() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = format!("/v1/users/{ADA}/metadata");
    let patch = json!({
        "public_metadata": { "plan": { "name": "pro", "seats": 3 } }, "private_metadata": { "stripe": "cus_private" },
        "unsafe_metadata": { "theme": "dark" },
    });
    let user = api.patch(&path, &patch).await;
    assert_eq!(user["public_metadata"], json!({ "role": "admin", "plan": { "name": "pro", "seats": 3 } }));
    let user = api.patch(&path, &json!({ "public_metadata": { "plan": { "seats": null }, "role": null } })).await;
    assert_eq!(user["public_metadata"], json!({ "plan": { "name": "pro" } }));
    assert_eq!(
        (&user["private_metadata"], &user["unsafe_metadata"]),
        (&patch["private_metadata"], &patch["unsafe_metadata"])
    );
    let large = json!({ "private_metadata": { "text": "a".repeat(8200) } }).to_string();
    assert_eq!(
        api.refusal(Method::PATCH, &path, &large).await,
        refused(422, "form_param_exceeds_allowed_size", "private_metadata")
    );
    let list = json!({ "unsafe_metadata": [] }).to_string();
    assert_eq!(
        api.refusal(Method::PATCH, &path, &list).await,
        refused(422, "form_param_value_invalid", "unsafe_metadata")
    );

    let cookies = sign_in(&app).await;
    for page in ["/", "/account", "/__clerk/sign-in"] {
        assert!(!app.navigate(page, &cookies).await.body.contains("cus_private"), "{page}");
    }
}

#[tokio::test]
async fn a_session_has_clerks_shape_until_and_after_it_is_revoked() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let cookies = sign_in(&app).await;
    let session = api.session().await;
    let id = session["id"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/sessions/{id}")).await, session);
    let mut shape = session.clone();
    for time in ["last_active_at", "created_at", "updated_at"] {
        assert!(is_recent(&shape[time].take()), "{time}");
    }
    let week = session["created_at"].as_u64().unwrap() + 7 * 24 * 60 * 60 * 1000;
    assert!(session["client_id"].as_str().unwrap().starts_with("client_"));
    let expected = json!({
        "object": "session", "id": id, "client_id": session["client_id"], "user_id": ADA, "status": "active",
        "last_active_at": null, "last_active_organization_id": null, "actor": null, "expire_at": week,
        "abandon_at": week, "created_at": null, "updated_at": null,
    });
    assert_eq!(shape, expected);

    let revoked = api.post(&format!("/v1/sessions/{id}/revoke"), &json!({})).await;
    assert_eq!((&revoked["status"], names(&revoked)), (&json!("revoked"), names(&session)));
    assert_eq!(api.call(Method::POST, &format!("/v1/sessions/{id}/revoke"), "").await, (200, revoked.clone()));
    assert_eq!(api.get(&format!("/v1/sessions/{id}")).await, revoked);
    assert_eq!(api.get("/v1/sessions?status=active").await, json!({ "data": [], "total_count": 0 }));
    assert_eq!(api.get(&format!("/v1/sessions?user_id={GRACE}")).await["total_count"], 0);
    let client = session["client_id"].as_str().unwrap();
    assert_eq!(
        api.get(&format!("/v1/sessions?client_id={client}&status=revoked&limit=1")).await["data"],
        json!([revoked])
    );
    for (query, code, name) in [
        ("status=gone", "form_param_value_invalid", "status"),
        ("organization_id=x", "form_param_unknown", "organization_id"),
    ] {
        assert_eq!(api.refusal(Method::GET, &format!("/v1/sessions?{query}"), "").await, refused(422, code, name));
    }
    let page = app.navigate("/__clerk/sign-in", &cookies).await;
    assert!(!page.body.contains("You are signed in as"));
}

#[tokio::test]
async fn a_session_token_made_for_a_server_opens_the_account_page() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    sign_in(&app).await;
    let session = api.session().await;
    let path = format!("/v1/sessions/{}/tokens", session["id"].as_str().unwrap());
    let (status, answer) = api.call(Method::POST, &path, "").await;
    assert_eq!((status, names(&answer), &answer["object"]), (200, vec!["object", "jwt"], &json!("token")));
    let claims = part(&answer["jwt"], 1);
    assert_eq!((&claims["sub"], &claims["sid"], &claims["azp"]), (&json!(ADA), &session["id"], &json!(app.origin)));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60);
    let page = app.get("/account", &[("authorization", &format!("Bearer {}", answer["jwt"].as_str().unwrap()))]).await;
    assert!(page.body.contains("Hello World"), "{}", page.body);

    for seconds in [30, 315_360_000] {
        let claims = part(&api.post(&path, &json!({ "expires_in_seconds": seconds })).await["jwt"], 1);
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), seconds);
    }
    api.post(&path, &json!({ "expires_in_seconds": null })).await;
    for seconds in [json!(29), json!(315_360_001), json!(-1), json!(60.5), json!("60")] {
        let body = json!({ "expires_in_seconds": seconds }).to_string();
        let expected = refused(422, "form_param_value_invalid", "expires_in_seconds");
        assert_eq!(api.refusal(Method::POST, &path, &body).await, expected, "{seconds}");
    }
}

#[tokio::test]
async fn the_supabase_template_makes_a_token_that_is_no_session_token() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    sign_in(&app).await;
    let session = api.session().await;
    let path = format!("/v1/sessions/{}/tokens/supabase", session["id"].as_str().unwrap());
    let (status, answer) = api.call(Method::POST, &path, "").await;
    assert_eq!((status, names(&answer), &answer["object"]), (200, vec!["object", "jwt"], &json!("token")));
    let jwt = answer["jwt"].as_str().unwrap();
    let keys = api.get("/v1/jwks").await;
    let header = json!({ "alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": keys["keys"][0]["kid"], "typ": "JWT" });
    assert_eq!(part(&answer["jwt"], 0), header);
    let mut claims = part(&answer["jwt"], 1);
    let issued_at = claims["iat"].take().as_u64().unwrap();
    assert!((now() - issued_at as f64).abs() < 60.0);
    assert!(claims["jti"].take().as_str().unwrap().starts_with("tok_"));
    let expected = json!({
        "aud": "authenticated", "role": "authenticated", "email": "ada@example.com", "app_metadata": {},
        "user_metadata": {}, "azp": app.origin, "exp": issued_at + 60, "iat": null, "iss": ISSUER, "jti": null,
        "nbf": issued_at - 5, "sub": ADA,
    });
    assert_eq!(claims, expected);

    let long = part(&api.post(&path, &json!({ "expires_in_seconds": 600 })).await["jwt"], 1);
    assert_eq!(long["exp"].as_u64().unwrap() - long["iat"].as_u64().unwrap(), 600);
    let unknown = path.replace("supabase", "nothing");
    assert_eq!(api.refusal(Method::POST, &unknown, "").await, refused(404, "resource_not_found", ""));
    let refresh = json!({ "expired_token": jwt, "refresh_token": "x", "request_origin": app.origin }).to_string();
    let refresh_path = format!("/v1/sessions/{}/refresh", session["id"].as_str().unwrap());
    assert_eq!(api.refusal(Method::POST, &refresh_path, &refresh).await.0, 401);
}

#[tokio::test]
async fn a_session_that_has_ended_gets_no_tokens() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let file = rusqlite::Connection::open(app.database()).unwrap();
    let cookies = sign_in(&app).await;
    let id = api.session().await["id"].as_str().unwrap().to_owned();
    let token_path = format!("/v1/sessions/{id}/tokens");
    let template_path = format!("{token_path}/supabase");
    let refresh_path = format!("/v1/sessions/{id}/refresh");
    let refresh = refresh_body(&app, &cookies);
    for (what, change, undo) in [
        ("banned", "UPDATE users SET banned = 1", "UPDATE users SET banned = 0"),
        (
            "expired",
            "UPDATE sessions SET expire_at = expire_at - 700000000",
            "UPDATE sessions SET expire_at = expire_at + 700000000",
        ),
        ("ended", "UPDATE sessions SET status = 'ended'", "UPDATE sessions SET status = 'active'"),
        ("replaced", "UPDATE sessions SET status = 'replaced'", "UPDATE sessions SET status = 'active'"),
        ("revoked", "UPDATE sessions SET status = 'revoked'", "UPDATE sessions SET status = 'active'"),
    ] {
        for (path, body) in [(&token_path, &json!({})), (&template_path, &json!({})), (&refresh_path, &refresh)] {
            api.post(path, body).await;
        }
        file.execute(change, []).unwrap();
        for path in [&token_path, &template_path] {
            assert_eq!(
                api.refusal(Method::POST, path, "").await,
                refused(404, "resource_not_found", ""),
                "{what} {path}"
            );
        }
        let answer = api.refusal(Method::POST, &refresh_path, &refresh.to_string()).await;
        assert_eq!(answer, refused(401, "authentication_invalid", ""), "{what}");
        file.execute(undo, []).unwrap();
    }
}

#[tokio::test]
async fn jwt_templates_are_made_used_changed_and_deleted() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    sign_in(&app).await;
    let path = format!("/v1/sessions/{}/tokens/my-template_1", api.session().await["id"].as_str().unwrap());
    let claims =
        json!({ "name": "{{user.full_name}}", "org": "{{org.id}}", "role": "{{user.public_metadata.role || 'none'}}" });
    let mut made = api.post("/v1/jwt_templates", &json!({ "name": "my-template_1", "claims": claims })).await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("jtmp_") && is_recent(&made["created_at"].take()) && is_recent(&made["updated_at"].take()));
    let expected = json!({
        "object": "jwt_template", "id": id, "name": "my-template_1", "claims": claims, "lifetime": 60,
        "allowed_clock_skew": 5, "custom_signing_key": false, "signing_algorithm": "RS256", "created_at": null,
        "updated_at": null,
    });
    assert_eq!(made, expected);
    let token = part(&api.post(&path, &json!({})).await["jwt"], 1);
    assert_eq!(
        (&token["name"], &token["org"], &token["role"]),
        (&json!("Ada Lovelace"), &Value::Null, &json!("admin"))
    );

    let template = format!("/v1/jwt_templates/{id}");
    let change = json!({ "lifetime": 3600, "allowed_clock_skew": 0, "claims": { "aud": "x" } });
    let changed = api.patch(&template, &change).await;
    assert_eq!((&changed["lifetime"], &changed["name"]), (&json!(3600), &json!("my-template_1")));
    assert_eq!(api.get(&template).await, changed);
    let token = part(&api.post(&path, &json!({})).await["jwt"], 1);
    assert_eq!(token["exp"].as_u64().unwrap() - token["nbf"].as_u64().unwrap(), 3600);
    assert_eq!((&token["aud"], &token["name"]), (&json!("x"), &Value::Null));

    let list = api.get("/v1/jwt_templates?paginated=true&limit=5").await;
    assert_eq!((&list["total_count"], &list["data"][0]), (&json!(2), &changed));
    assert_eq!(list["data"][1]["id"], SUPABASE);
    let deleted = api.call(Method::DELETE, &template, "").await;
    assert_eq!(deleted, (200, json!({ "object": "jwt_template", "id": id, "deleted": true })));
    assert_eq!(api.refusal(Method::GET, &template, "").await.0, 404);
    assert_eq!(api.refusal(Method::POST, &path, "").await.0, 404);
}

#[tokio::test]
async fn a_jwt_template_that_is_not_right_is_refused() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let with = |name: &str, value: Value| {
        let mut body = json!({ "name": "mine", "claims": {} });
        body[name] = value;
        body
    };
    for (body, code, param) in [
        (json!({ "claims": {} }), "form_param_missing", "name"),
        (json!({ "name": "mine" }), "form_param_missing", "claims"),
        (with("name", json!("supabase")), "form_param_value_invalid", "name"),
        (with("name", json!("")), "form_param_value_invalid", "name"),
        (with("name", json!("a/b")), "form_param_value_invalid", "name"),
        (with("name", json!("ä")), "form_param_value_invalid", "name"),
        (with("name", json!("a".repeat(65))), "form_param_value_invalid", "name"),
        (with("claims", json!([])), "form_param_value_invalid", "claims"),
        (with("claims", json!({ "a": 1, "sub": "user_2" })), "form_param_value_invalid", "claims"),
        (with("claims", json!({ "sid": "sess_1" })), "form_param_value_invalid", "claims"),
        (with("lifetime", json!(29)), "form_param_value_invalid", "lifetime"),
        (with("lifetime", json!(315_360_001)), "form_param_value_invalid", "lifetime"),
        (with("allowed_clock_skew", json!(301)), "form_param_value_invalid", "allowed_clock_skew"),
        (with("allowed_clock_skew", json!(-1)), "form_param_value_invalid", "allowed_clock_skew"),
        (with("custom_signing_key", json!(true)), "form_param_value_invalid", "custom_signing_key"),
    ] {
        let text = body.to_string();
        assert_eq!(api.refusal(Method::POST, "/v1/jwt_templates", &text).await, refused(422, code, param), "{body}");
        if code != "form_param_missing" && body["name"] != "supabase" {
            let path = format!("/v1/jwt_templates/{SUPABASE}");
            assert_eq!(api.refusal(Method::PATCH, &path, &text).await, refused(422, code, param), "{body}");
        }
    }
    let (_, body) = api
        .call(Method::POST, "/v1/jwt_templates", &with("claims", json!({ "exp": 1, "a": 1, "sub": 1 })).to_string())
        .await;
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("exp, sub"), "{body}");
    assert_eq!(api.get("/v1/jwt_templates").await["total_count"], 1);
    for lifetime in [30, 315_360_000] {
        api.patch(
            &format!("/v1/jwt_templates/{SUPABASE}"),
            &json!({ "lifetime": lifetime, "allowed_clock_skew": 300 }),
        )
        .await;
    }
}

#[tokio::test]
async fn a_session_is_renewed_by_its_two_tokens() {
    let app = App::start(&[("GATEHOUSE_LOG", "debug")]).await;
    let api = Api::of(&app);
    let cookies = sign_in(&app).await;
    let id = api.session().await["id"].as_str().unwrap().to_owned();
    let (expired, refresh) = (cookie(&cookies, "__session"), cookie(&cookies, REFRESH));
    let path = format!("/v1/sessions/{id}/refresh?suffixed_cookies=true");
    let mut body = refresh_body(&app, &cookies);
    let answer = api.post(&path, &body).await;
    assert_eq!((names(&answer), &answer["object"]), (vec!["object", "cookies"], &json!("cookies")));
    let renewed: Vec<&str> =
        answer["cookies"].as_array().unwrap().iter().map(|cookie| cookie.as_str().unwrap()).collect();
    let jwt = renewed[0].strip_prefix("__session=").unwrap().split(';').next().unwrap();
    let rest = "; Path=/; Max-Age=31536000; SameSite=Lax";
    assert_eq!(renewed, [format!("__session={jwt}{rest}"), format!("__session_3_AN3zpR={jwt}{rest}")]);
    let claims = part(&json!(jwt), 1);
    assert_eq!((&claims["sid"], &claims["sub"], &claims["azp"]), (&json!(id), &json!(ADA), &json!(app.origin)));
    let uat = cookie(&cookies, "__client_uat").parse::<u64>().unwrap();
    assert!(claims["iat"].as_u64().unwrap() >= uat, "else the application asks for another one");
    let held = cookies.replace(&expired, jwt);
    let page = app.navigate("/account", &held).await;
    assert!(held.contains(jwt) && !held.contains(&expired));
    assert!(page.body.contains("Hello World"), "{}", page.body);

    // Another application on this machine; over https its cookies are for https only.
    body["request_origin"] = "https://localhost:5173".into();
    let elsewhere = api.post(&path, &body).await;
    assert!(elsewhere["cookies"][0].as_str().unwrap().ends_with("; SameSite=Lax; Secure"), "{elsewhere}");
    body["format"].take();
    let token = api.post(&path, &body).await;
    assert_eq!((names(&token), &token["object"]), (vec!["object", "jwt"], &json!("token")));
    for secret in [&refresh, &api.secret_key] {
        assert!(!app.log().contains(secret.as_str()), "{}", app.log());
    }
    assert!(!app.log().contains("eyJ"), "{}", app.log());
}

#[tokio::test]
async fn a_session_is_renewed_by_nothing_else() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let cookies = sign_in(&app).await;
    let path = format!("/v1/sessions/{}/refresh", api.session().await["id"].as_str().unwrap());
    let right = refresh_body(&app, &cookies);
    let token = &right["expired_token"];
    let forged = TestKey::named("stranger").sign_with_header(&part(token, 0), &part(token, 1));
    let nothing = refused(401, "authentication_invalid", "");
    for body in [
        with(&right, "expired_token", &forged),
        with(&right, "expired_token", "x.y.z"),
        with(&right, "refresh_token", "guess"),
        with(&right, "refresh_token", ""),
        with(&right, "refresh_token", &cookie(&cookies, "__client")),
    ] {
        assert_eq!(api.refusal(Method::POST, &path, &body).await, nothing, "{body}");
    }
    let other_browser = cookie(&sign_in(&app).await, "__session");
    let body = with(&right, "expired_token", &other_browser);
    assert_eq!(api.refusal(Method::POST, &path, &body).await, nothing, "the same user's, of another session");
    let unknown = api.refusal(Method::POST, "/v1/sessions/sess_unknown/refresh", &right.to_string()).await;
    assert_eq!(unknown, nothing, "the token is another session's");
    let (slash, page) = (format!("{}/", app.origin), format!("{}/page", app.origin));
    for origin in ["https://evil.example", "null", "", "file://localhost", &slash, &page] {
        let expected = refused(422, "form_param_value_invalid", "request_origin");
        let body = with(&right, "request_origin", origin);
        assert_eq!(api.refusal(Method::POST, &path, &body).await, expected, "{origin}");
    }
    for name in ["expired_token", "refresh_token", "request_origin"] {
        let mut body = right.clone();
        body[name].take();
        let expected = refused(422, "form_param_missing", name);
        assert_eq!(api.refusal(Method::POST, &path, &body.to_string()).await, expected);
    }
    let format = api.refusal(Method::POST, &path, &with(&right, "format", "xml")).await;
    assert_eq!(format, refused(422, "form_param_value_invalid", "format"));
}

#[tokio::test]
async fn a_handshake_brings_a_new_refresh_token_in_no_address() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let cookies = sign_in(&app).await;
    let path = format!("/v1/sessions/{}/refresh", api.session().await["id"].as_str().unwrap());
    let before = refresh_body(&app, &cookies);
    let target = format!("/__clerk/v1/client/handshake?redirect_url={}/account", app.origin);
    let by_token = app.navigate(&target, &cookies).await;
    let handshake = by_token.header("location").split_once("__clerk_handshake=").unwrap().1;
    let directives = part(&json!(handshake), 1).to_string();
    assert!(directives.contains("__session=") && !directives.contains("__refresh"), "{directives}");
    api.post(&path, &before).await;

    let by_nonce = app.navigate(&format!("{target}&format=nonce"), &cookies).await;
    assert!(!by_nonce.header("location").contains("__refresh"));
    let held = app.navigate(by_nonce.header("location"), &cookies).await.cookies_after(&cookies);
    let nothing = refused(401, "authentication_invalid", "");
    assert_eq!(api.refusal(Method::POST, &path, &before.to_string()).await, nothing, "the one before");
    let after = with(&before, "refresh_token", &cookie(&held, REFRESH));
    assert_eq!(api.call(Method::POST, &path, &after).await.0, 200);

    let signed_out = app.post_form("/__clerk/sign-out", &held, &[]).await.cookies_after(&held);
    assert!(!signed_out.contains(REFRESH), "{signed_out}");
    assert_eq!(api.refusal(Method::POST, &path, &after).await, nothing);
}

/// What Clerk's SDK sends to renew the session in a browser with these cookies.
fn refresh_body(app: &App, cookies: &str) -> Value {
    json!({
        "format": "cookie", "expired_token": cookie(cookies, "__session"), "refresh_token": cookie(cookies, REFRESH),
        "request_origin": app.origin, "request_headers": { "cookie": [cookies] },
    })
}

fn with(body: &Value, name: &str, value: &str) -> String {
    let mut body = body.clone();
    body[name] = value.into();
    body.to_string()
}
