//! The Backend API's client: what it sends, and what it understands (contract: `@clerk/backend`).

use gatehouse::clerk::backend::{
    BackendClient, BackendError, CreateUser, OrganizationListParams, OrganizationMembershipListParams, Paging,
    Password, RefreshSession, Session, SessionListParams, UpdateUser, UserListParams, UserMetadata,
};
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::support::{Answer, FakeBackend, SECRET_KEY, backend_client, quick_retries};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn object(value: &Value) -> Option<Map<String, Value>> {
    value.as_object().cloned()
}

/// What a call sends that is answered with this.
async fn sent(answer: Value, call: impl AsyncFnOnce(BackendClient)) -> String {
    let backend = FakeBackend::answering(Answer::json(200, answer)).await;
    call(backend.client()).await;
    backend.lines().join("\n")
}

#[tokio::test]
async fn every_request_has_the_headers_that_clerk_wants() {
    let backend = FakeBackend::answering(Answer::json(200, json!({ "id": "user_1" }))).await;
    let client = backend.client();
    client.users().get_user("user_1").await.unwrap();
    client.users().ban_user("user_1").await.unwrap();
    client.users().update_user("user_1", &UpdateUser::default()).await.unwrap();
    client.users().create_user(&CreateUser { username: some("jane"), ..CreateUser::default() }).await.unwrap();
    let received = backend.received();
    assert_eq!(received.len(), 4);
    for request in &received {
        let header = |name| request.headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(header("authorization"), [format!("Bearer {SECRET_KEY}")]);
        assert_eq!(header("clerk-api-version"), ["2026-05-12"]);
        assert_eq!(header("content-type"), ["application/json"], "{}", request.line());
        assert!(header("user-agent")[0].starts_with("gatehouse/"));
    }
    let bodies: Vec<&str> = received.iter().map(|request| request.body.as_str()).collect();
    assert_eq!(bodies, ["", "", "", r#"{"username":"jane"}"#], "what has nothing to say has no body");
}

#[tokio::test]
async fn a_user_is_asked_for_by_id() {
    let user = json!({ "id": "user_1" });
    let line = sent(user.clone(), async |client| drop(client.users().get_user("user_1").await.unwrap())).await;
    assert_eq!(line, "GET /v1/users/user_1");
    let line = sent(user.clone(), async |client| drop(client.users().ban_user("user_1").await.unwrap())).await;
    assert_eq!(line, "POST /v1/users/user_1/ban");
    let line = sent(user, async |client| drop(client.users().unban_user("user_1").await.unwrap())).await;
    assert_eq!(line, "POST /v1/users/user_1/unban");
}

#[tokio::test]
async fn a_deleted_user_takes_no_more_than_a_success() {
    for answer in
        [Answer::json(200, json!({ "object": "user", "id": "user_1", "deleted": true })), Answer::text(204, "")]
    {
        let backend = FakeBackend::answering(answer).await;
        backend.client().users().delete_user("user_1").await.unwrap();
        assert_eq!(backend.lines(), ["DELETE /v1/users/user_1"]);
    }
}

fn all_user_params() -> UserListParams {
    UserListParams {
        email_address: list(&["jane+1@example.com", "joe@example.com"]),
        phone_number: list(&["+15550100"]),
        username: list(&["jane"]),
        web3_wallet: list(&["0x1"]),
        user_id: list(&["user_1", "user_2"]),
        external_id: list(&["7"]),
        organization_id: list(&["org_1"]),
        query: some("a b"),
        last_active_at_before: Some(1),
        last_active_at_after: Some(2),
        last_sign_in_at_before: Some(3),
        last_sign_in_at_after: Some(4),
        created_at_before: Some(5),
        created_at_after: Some(6),
        order_by: some("-created_at"),
        paging: Paging { limit: Some(20), offset: Some(40) },
    }
}

#[tokio::test]
async fn users_are_listed_and_counted_in_two_calls() {
    let backend = FakeBackend::start(|_, request| match request.path.as_str() {
        "/v1/users" => Answer::json(200, json!([{ "id": "user_1" }, { "id": "user_2" }])),
        _ => Answer::json(200, json!({ "object": "total_count", "total_count": 42 })),
    })
    .await;
    let page = backend.client().users().get_user_list(&all_user_params()).await.unwrap();
    let ids: Vec<&str> = page.data.iter().map(|user| user.id.as_str()).collect();
    assert_eq!((ids.as_slice(), page.total_count), (["user_1", "user_2"].as_slice(), 42));

    let filter = "email_address=jane%2B1%40example.com&email_address=joe%40example.com&phone_number=%2B15550100\
        &username=jane&web3_wallet=0x1&user_id=user_1&user_id=user_2&external_id=7&organization_id=org_1&query=a+b\
        &last_active_at_before=1&last_active_at_after=2&last_sign_in_at_before=3&last_sign_in_at_after=4\
        &created_at_before=5&created_at_after=6";
    let mut lines = backend.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            format!("GET /v1/users/count?{filter}"),
            format!("GET /v1/users?limit=20&offset=40&order_by=-created_at&{filter}"),
        ]
    );
}

#[tokio::test]
async fn what_is_empty_is_left_out_of_the_query() {
    let count = json!({ "total_count": 0 });
    let params = UserListParams {
        query: some(""),
        created_at_after: Some(0),
        email_address: list(&[""]),
        ..UserListParams::default()
    };
    let line = sent(count, async |client| assert_eq!(client.users().get_count(&params).await.unwrap(), 0)).await;
    assert_eq!(line, "GET /v1/users/count");

    let params = SessionListParams { paging: Paging { limit: None, offset: Some(0) }, ..SessionListParams::default() };
    let line = sent(json!([]), async |client| drop(client.sessions().get_session_list(&params).await.unwrap())).await;
    assert_eq!(line, "GET /v1/sessions?paginated=true");
}

#[tokio::test]
async fn a_user_list_fails_if_either_call_does() {
    for path in ["/v1/users", "/v1/users/count"] {
        let backend = FakeBackend::start(move |_, request| match request.path.as_str() {
            failing if failing == path => Answer::text(403, ""),
            "/v1/users" => Answer::json(200, json!([])),
            _ => Answer::json(200, json!({ "total_count": 0 })),
        })
        .await;
        let error = backend.client().users().get_user_list(&UserListParams::default()).await.unwrap_err();
        assert!(matches!(error, BackendError::Refused { status: 403, .. }), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_new_user_is_sent_as_far_as_it_is_given() {
    let user = CreateUser {
        external_id: some("7"),
        email_address: list(&["jane@example.com", "j@example.com"]),
        phone_number: list(&["+15550100"]),
        username: some("jane"),
        password: Some(Password::Plain("correct horse".into())),
        first_name: some("Jane"),
        last_name: some("Doe"),
        locale: some("en-GB"),
        skip_password_checks: true,
        skip_password_requirement: true,
        skip_legal_checks: true,
        legal_accepted_at: some("2026-01-01T00:00:00Z"),
        created_at: some("2025-01-01T00:00:00Z"),
        metadata: UserMetadata {
            public_metadata: object(&json!({ "planName": "pro" })),
            private_metadata: object(&json!({ "stripeId": "cus_1", "nested": { "camelCase": null } })),
            unsafe_metadata: object(&json!({})),
        },
    };
    let line = sent(json!({ "id": "user_1" }), async |client| {
        assert_eq!(client.users().create_user(&user).await.unwrap().id, "user_1");
    })
    .await;
    let (wire, body) = line.split_at("POST /v1/users ".len());
    assert_eq!(wire, "POST /v1/users ");
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap(),
        json!({
            "external_id": "7",
            "email_address": ["jane@example.com", "j@example.com"],
            "phone_number": ["+15550100"],
            "username": "jane",
            "password": "correct horse",
            "first_name": "Jane",
            "last_name": "Doe",
            "locale": "en-GB",
            "skip_password_checks": true,
            "skip_password_requirement": true,
            "skip_legal_checks": true,
            "legal_accepted_at": "2026-01-01T00:00:00Z",
            "created_at": "2025-01-01T00:00:00Z",
            "public_metadata": { "planName": "pro" },
            "private_metadata": { "stripeId": "cus_1", "nested": { "camelCase": null } },
            "unsafe_metadata": {},
        })
    );
}

#[tokio::test]
async fn a_change_of_a_user_names_what_changes() {
    let digest = Password::Digest { digest: "$2b$12$x".into(), hasher: "bcrypt".to_owned() };
    let change = UpdateUser {
        external_id: some("8"),
        username: some("jd"),
        password: Some(digest),
        first_name: some("J"),
        last_name: some("D"),
        locale: some("fr"),
        primary_email_address_id: some("idn_1"),
        notify_primary_email_address_changed: true,
        primary_phone_number_id: some("idn_2"),
        primary_web3_wallet_id: some("idn_3"),
        skip_password_checks: true,
        sign_out_of_other_sessions: true,
        skip_legal_checks: true,
        legal_accepted_at: some("2026-01-01T00:00:00Z"),
        created_at: some("2025-01-01T00:00:00Z"),
        delete_self_enabled: Some(false),
        create_organization_enabled: Some(false),
        create_organizations_limit: Some(0),
    };
    let line = sent(json!({ "id": "user_1" }), async |client| {
        drop(client.users().update_user("user_1", &change).await.unwrap());
    })
    .await;
    let body = line.strip_prefix("PATCH /v1/users/user_1 ").unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap(),
        json!({
            "external_id": "8",
            "username": "jd",
            "password_digest": "$2b$12$x",
            "password_hasher": "bcrypt",
            "first_name": "J",
            "last_name": "D",
            "locale": "fr",
            "primary_email_address_id": "idn_1",
            "notify_primary_email_address_changed": true,
            "primary_phone_number_id": "idn_2",
            "primary_web3_wallet_id": "idn_3",
            "skip_password_checks": true,
            "sign_out_of_other_sessions": true,
            "skip_legal_checks": true,
            "legal_accepted_at": "2026-01-01T00:00:00Z",
            "created_at": "2025-01-01T00:00:00Z",
            "delete_self_enabled": false,
            "create_organization_enabled": false,
            "create_organizations_limit": 0,
        })
    );
}

#[tokio::test]
async fn metadata_is_merged_by_a_call_of_its_own() {
    let metadata = UserMetadata { private_metadata: object(&json!({ "gone": null })), ..UserMetadata::default() };
    let line = sent(json!({ "id": "user_1" }), async |client| {
        drop(client.users().update_user_metadata("user_1", &metadata).await.unwrap());
    })
    .await;
    assert_eq!(line, r#"PATCH /v1/users/user_1/metadata {"private_metadata":{"gone":null}}"#);
}

/// Every field that Clerk documents, and one that it does not.
const FULL_USER: &str = r#"{
  "object": "user", "id": "user_1", "external_id": "7", "username": null, "first_name": "Jane", "last_name": "Doe",
  "locale": "en", "image_url": "https://img.example/1", "has_image": true,
  "primary_email_address_id": "idn_2", "primary_phone_number_id": "idn_3", "primary_web3_wallet_id": "idn_4",
  "email_addresses": [
    { "object": "email_address", "id": "idn_1", "email_address": "old@example.com", "verification": null,
      "linked_to": [] },
    { "object": "email_address", "id": "idn_2", "email_address": "jane@example.com",
      "verification": { "status": "verified", "strategy": "email_code", "attempts": 1, "expire_at": 1700000000000 },
      "linked_to": [{ "type": "oauth_google", "id": "idn_5" }] }
  ],
  "phone_numbers": [
    { "object": "phone_number", "id": "idn_3", "phone_number": "+15550100", "reserved_for_second_factor": true,
      "default_second_factor": true, "linked_to": null, "verification": null }
  ],
  "web3_wallets": [{ "object": "web3_wallet", "id": "idn_4", "web3_wallet": "0x1", "verification": null }],
  "external_accounts": [
    { "object": "google_account", "id": "idn_5", "provider": "google", "approved_scopes": "email openid",
      "provider_user_id": "123", "public_metadata": null, "label": null,
      "verification": { "status": "transferable", "strategy": "oauth_google", "attempts": null, "expire_at": null } }
  ],
  "enterprise_accounts": [
    { "object": "enterprise_account", "id": "ea_1", "active": true, "protocol": "saml", "provider": "saml_okta",
      "public_metadata": {}, "last_authenticated_at": 1700000000001, "enterprise_connection": { "id": "entconn_1" } }
  ],
  "organization_memberships": null,
  "public_metadata": { "plan": "pro" }, "private_metadata": { "stripe": "cus_1" },
  "unsafe_metadata": { "theme": "dark" },
  "password_enabled": true, "two_factor_enabled": true, "totp_enabled": true, "backup_code_enabled": true,
  "banned": true, "locked": true, "lockout_expires_in_seconds": 60, "verification_attempts_remaining": 0,
  "delete_self_enabled": true, "create_organization_enabled": true, "create_organizations_limit": null,
  "legal_accepted_at": null, "password_last_updated_at": 1, "last_sign_in_at": 2, "last_active_at": 3,
  "created_at": 1650000000000, "updated_at": 1650000000001,
  "field_of_tomorrow": [{ "anything": 1 }]
}"#;

#[tokio::test]
async fn a_full_user_is_understood() {
    let backend = FakeBackend::answering(Answer::text(200, FULL_USER)).await;
    let user = backend.client().users().get_user("user_1").await.unwrap();
    assert_eq!((user.id.as_str(), user.external_id.as_deref(), user.username.as_deref()), ("user_1", Some("7"), None));
    assert_eq!((user.first_name.as_deref(), user.last_name.as_deref()), (Some("Jane"), Some("Doe")));
    let primary = user.primary_email_address().unwrap();
    assert_eq!(
        (primary.email_address.as_str(), primary.linked_to[0].kind.as_str()),
        ("jane@example.com", "oauth_google")
    );
    assert!(primary.verification.as_ref().unwrap().is_verified() && user.email_addresses[0].verification.is_none());
    assert!(user.phone_numbers[0].reserved_for_second_factor && user.phone_numbers[0].linked_to.is_empty());
    assert_eq!(user.web3_wallets[0].web3_wallet, "0x1");
    assert_eq!(user.external_accounts[0].approved_scopes.as_deref(), Some("email openid"));
    assert_eq!(user.enterprise_accounts[0].last_authenticated_at, Some(1_700_000_000_001));
    assert_eq!(user.organization_memberships.len(), 0);
    assert_eq!(
        (&user.public_metadata["plan"], &user.private_metadata["stripe"], &user.unsafe_metadata["theme"]),
        (&json!("pro"), &json!("cus_1"), &json!("dark"))
    );
    let flags = [user.has_image, user.password_enabled, user.two_factor_enabled, user.totp_enabled, user.banned];
    assert!(
        flags.into_iter().chain([user.backup_code_enabled, user.locked, user.delete_self_enabled]).all(|flag| flag)
    );
    assert_eq!((user.lockout_expires_in_seconds, user.verification_attempts_remaining), (Some(60), Some(0)));
    assert_eq!((user.create_organizations_limit, user.legal_accepted_at), (None, None));
    assert_eq!((user.password_last_updated_at, user.last_sign_in_at, user.last_active_at), (Some(1), Some(2), Some(3)));
    assert_eq!((user.created_at, user.updated_at), (Some(1_650_000_000_000), Some(1_650_000_000_001)));
}

#[tokio::test]
async fn a_user_of_little_more_than_an_id_is_understood() {
    let nulls =
        json!({ "id": "user_1", "email_addresses": null, "public_metadata": null, "banned": null, "created_at": null });
    for answer in [json!({ "id": "user_1" }), nulls] {
        let backend = FakeBackend::answering(Answer::json(200, answer)).await;
        let user = backend.client().users().get_user("user_1").await.unwrap();
        assert!(user.email_addresses.is_empty() && user.public_metadata.is_empty() && !user.banned);
        assert!(user.primary_email_address().is_none() && user.created_at.is_none());
    }
}

#[tokio::test]
async fn both_shapes_of_a_list_are_a_page() {
    let item = json!({ "id": "orgmem_1", "role": "org:admin" });
    for (answer, total_count) in [
        (json!([item]), 1),
        (json!({ "data": [item], "total_count": 7 }), 7),
        (json!({ "data": [item] }), 1),
        (json!({ "data": [item], "total_count": null }), 1),
    ] {
        let backend = FakeBackend::answering(Answer::json(200, answer.clone())).await;
        let paging = Paging { limit: Some(1), offset: Some(2) };
        let page = backend.client().users().get_organization_membership_list("user_1", paging).await.unwrap();
        assert_eq!(
            (page.data[0].role.as_str(), page.data.len(), page.total_count),
            ("org:admin", 1, total_count),
            "{answer}"
        );
        assert_eq!(backend.lines(), ["GET /v1/users/user_1/organization_memberships?limit=1&offset=2"]);
    }
}

#[tokio::test]
async fn sessions_are_asked_for_and_ended() {
    let answer = json!({
        "object": "session", "id": "sess_1", "client_id": "client_1", "user_id": "user_1", "status": "active",
        "last_active_organization_id": "org_1", "actor": { "sub": "user_2" },
        "latest_activity": { "object": "session_activity", "id": "sess_activity_1", "is_mobile": true, "city": "Bern" },
        "last_active_at": 1, "expire_at": 2, "abandon_at": 3, "created_at": 4, "updated_at": 5,
    });
    let backend = FakeBackend::answering(Answer::json(200, answer)).await;
    let session = backend.client().sessions().get_session("sess_1").await.unwrap();
    assert_eq!((session.id.as_str(), session.status.as_str()), ("sess_1", "active"));
    assert_eq!((session.user_id.as_deref(), session.client_id.as_deref()), (Some("user_1"), Some("client_1")));
    assert_eq!(session.last_active_organization_id.as_deref(), Some("org_1"));
    assert_eq!(session.actor.unwrap()["sub"], "user_2");
    let activity = session.latest_activity.unwrap();
    assert_eq!((activity.is_mobile, activity.city.as_deref()), (true, Some("Bern")));
    let times = [session.last_active_at, session.expire_at, session.abandon_at, session.created_at, session.updated_at];
    assert_eq!(times, [1, 2, 3, 4, 5].map(Some));
    let revoked: Session = backend.client().sessions().revoke_session("sess_1").await.unwrap();
    assert_eq!(revoked.id, "sess_1");
    assert_eq!(backend.lines(), ["GET /v1/sessions/sess_1", "POST /v1/sessions/sess_1/revoke"]);

    let params = SessionListParams {
        user_id: some("user_1"),
        client_id: some("client_1"),
        status: some("active"),
        paging: Paging { limit: Some(5), offset: Some(10) },
    };
    let page = json!({ "data": [{ "id": "sess_1", "actor": null }], "total_count": 11 });
    let line = sent(page, async |client| {
        assert_eq!(client.sessions().get_session_list(&params).await.unwrap().total_count, 11);
    })
    .await;
    assert_eq!(
        line,
        "GET /v1/sessions?limit=5&offset=10&paginated=true&user_id=user_1&client_id=client_1&status=active"
    );
}

#[tokio::test]
async fn tokens_are_made_with_and_without_a_template() {
    for (template, expires_in_seconds, line) in [
        (None, None, "POST /v1/sessions/sess_1/tokens"),
        (Some("supabase"), None, "POST /v1/sessions/sess_1/tokens/supabase"),
        (None, Some(60), r#"POST /v1/sessions/sess_1/tokens {"expires_in_seconds":60}"#),
    ] {
        let wire = sent(json!({ "object": "token", "jwt": "a.b.c" }), async |client| {
            let token = client.sessions().get_token("sess_1", template, expires_in_seconds).await.unwrap();
            assert_eq!(token.expose_secret(), "a.b.c");
        })
        .await;
        assert_eq!(wire, line);
    }
}

#[tokio::test]
async fn a_session_is_refreshed_with_all_of_the_request() {
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("text/html"));
    headers.append("cookie", HeaderValue::from_static("a=1"));
    headers.append("cookie", HeaderValue::from_bytes(b"b=\xff").unwrap());
    let (expired_token, refresh_token) = (SecretString::from("old.jwt"), SecretString::from("refresh-1"));
    for (suffixed_cookies, path) in
        [(false, "/v1/sessions/sess_1/refresh"), (true, "/v1/sessions/sess_1/refresh?suffixed_cookies=true")]
    {
        let refresh = RefreshSession {
            session_id: "sess_1",
            expired_token: &expired_token,
            refresh_token: &refresh_token,
            request_origin: "https://app.example.com",
            request_headers: &headers,
            suffixed_cookies,
        };
        let line = sent(json!({ "object": "cookies", "cookies": ["__session=x; Path=/"] }), async |client| {
            assert_eq!(client.sessions().refresh_session(&refresh).await.unwrap(), ["__session=x; Path=/"]);
        })
        .await;
        let (wire, body) = line.split_at(line.find('{').unwrap());
        assert_eq!(wire, format!("POST {path} "));
        assert_eq!(
            serde_json::from_str::<Value>(body).unwrap(),
            json!({
                "format": "cookie",
                "expired_token": "old.jwt",
                "refresh_token": "refresh-1",
                "request_origin": "https://app.example.com",
                "request_headers": { "accept": ["text/html"], "cookie": ["a=1", "b=\u{fffd}"] },
            })
        );
    }
}

#[tokio::test]
async fn a_handshake_is_collected_by_nonce() {
    let line = sent(json!({ "directives": ["a=1; Path=/", "b=2"], "more": 1 }), async |client| {
        assert_eq!(client.clients().get_handshake_payload("n&1").await.unwrap(), ["a=1; Path=/", "b=2"]);
    })
    .await;
    assert_eq!(line, "GET /v1/clients/handshake_payload?nonce=n%261");
}

#[tokio::test]
async fn keys_are_read_whatever_their_family() {
    let keys = json!({ "keys": [
        { "use": "sig", "kty": "RSA", "kid": "ins_1", "alg": "RS256", "n": "AQAB", "e": "AQAB" },
        { "kty": "EC", "crv": "P-256" },
    ] });
    let line = sent(keys, async |client| {
        let keys = client.jwks().get_jwks().await.unwrap().keys;
        assert_eq!(
            (keys[0].kid.as_deref(), keys[0].usage.as_deref(), keys[1].kty.as_str()),
            (Some("ins_1"), Some("sig"), "EC")
        );
        assert_eq!(
            (keys[0].alg.as_deref(), keys[0].n.as_deref(), keys[0].e.as_deref()),
            (Some("RS256"), Some("AQAB"), Some("AQAB"))
        );
    })
    .await;
    assert_eq!(line, "GET /v1/jwks");
}

#[tokio::test]
async fn sign_in_tokens_are_made_and_revoked() {
    let answer = json!({
        "object": "sign_in_token", "id": "sit_1", "user_id": "user_1", "token": "ticket-1", "status": "pending",
        "url": "https://accounts.example/?__clerk_ticket=ticket-1", "created_at": 1, "updated_at": 2,
    });
    let lines = sent(answer, async |client| {
        let tokens = client.sign_in_tokens();
        let token = tokens.create_sign_in_token("user_1", Some(60)).await.unwrap();
        assert_eq!(token.token.as_ref().unwrap().expose_secret(), "ticket-1");
        assert!(token.url.as_ref().unwrap().expose_secret().ends_with("=ticket-1"));
        assert!(!format!("{token:?}").contains("ticket-1"), "{token:?}");
        drop(tokens.create_sign_in_token("user_1", None).await.unwrap());
    })
    .await;
    assert_eq!(
        lines,
        "POST /v1/sign_in_tokens {\"user_id\":\"user_1\",\"expires_in_seconds\":60}\n\
         POST /v1/sign_in_tokens {\"user_id\":\"user_1\"}"
    );
    let line = sent(json!({ "id": "sit_1", "status": "revoked" }), async |client| {
        let revoked = client.sign_in_tokens().revoke_sign_in_token("sit_1").await.unwrap();
        assert_eq!((revoked.status.as_str(), revoked.token.is_none()), ("revoked", true));
    })
    .await;
    assert_eq!(line, "POST /v1/sign_in_tokens/sit_1/revoke");
}

#[tokio::test]
async fn organizations_are_asked_for() {
    let organization = json!({
        "object": "organization", "id": "org_1", "name": "Acme", "slug": "acme", "image_url": "https://img.example/2",
        "has_image": true, "members_count": 3, "pending_invitations_count": 1, "max_allowed_memberships": 5,
        "admin_delete_enabled": true, "public_metadata": null, "private_metadata": { "a": 1 }, "created_by": "user_1",
        "created_at": 1, "updated_at": 2,
    });
    let line = sent(organization, async |client| {
        let organization = client.organizations().get_organization("acme").await.unwrap();
        assert_eq!((organization.id.as_str(), organization.name.as_str()), ("org_1", "Acme"));
        assert_eq!((organization.slug.as_deref(), organization.created_by.as_deref()), (Some("acme"), Some("user_1")));
        assert_eq!((organization.members_count, organization.pending_invitations_count), (Some(3), Some(1)));
        assert_eq!((organization.max_allowed_memberships, organization.created_at), (Some(5), Some(1)));
        assert!(organization.has_image && organization.admin_delete_enabled && organization.public_metadata.is_empty());
        assert_eq!(organization.private_metadata["a"], 1);
    })
    .await;
    assert_eq!(line, "GET /v1/organizations/acme");

    let params = OrganizationListParams {
        query: some("ac"),
        organization_id: list(&["org_1", "org_2"]),
        include_members_count: true,
        order_by: some("+name"),
        paging: Paging { limit: Some(2), offset: Some(4) },
    };
    let line = sent(json!({ "data": [], "total_count": 0 }), async |client| {
        drop(client.organizations().get_organization_list(&params).await.unwrap());
    })
    .await;
    assert_eq!(
        line,
        "GET /v1/organizations?limit=2&offset=4&order_by=%2Bname&query=ac&organization_id=org_1\
         &organization_id=org_2&include_members_count=true"
    );
}

#[tokio::test]
async fn members_of_an_organization_are_listed() {
    let params = OrganizationMembershipListParams {
        user_id: list(&["user_1"]),
        email_address: list(&["j@example.com"]),
        phone_number: list(&["1"]),
        username: list(&["jane"]),
        web3_wallet: list(&["0x1"]),
        role: list(&["org:admin", "org:member"]),
        query: some("q"),
        email_address_query: some("e"),
        phone_number_query: some("p"),
        username_query: some("u"),
        name_query: some("n"),
        last_active_at_before: Some(1),
        last_active_at_after: Some(2),
        created_at_before: Some(3),
        created_at_after: Some(4),
        order_by: some("-username"),
        paging: Paging { limit: Some(1), offset: Some(2) },
    };
    let page = json!({ "total_count": 9, "data": [{
        "object": "organization_membership", "id": "orgmem_1", "role": "org:admin", "permissions": ["org:a:b"],
        "public_metadata": { "a": 1 }, "private_metadata": null, "organization": { "id": "org_1" },
        "public_user_data": { "user_id": "user_1", "identifier": "j@example.com", "first_name": null, "has_image": true },
        "created_at": 1, "updated_at": 2,
    }] });
    let line = sent(page, async |client| {
        let page = client.organizations().get_organization_membership_list("org_1", &params).await.unwrap();
        let membership = &page.data[0];
        assert_eq!((page.total_count, membership.permissions.as_slice()), (9, ["org:a:b".to_owned()].as_slice()));
        assert_eq!(membership.organization.as_ref().unwrap().id, "org_1");
        let user = membership.public_user_data.as_ref().unwrap();
        assert_eq!((user.user_id.as_deref(), user.identifier.as_deref()), (Some("user_1"), Some("j@example.com")));
        assert!(user.has_image && user.first_name.is_none());
    })
    .await;
    assert_eq!(
        line,
        "GET /v1/organizations/org_1/memberships?limit=1&offset=2&order_by=-username&user_id=user_1\
         &email_address=j%40example.com&phone_number=1&username=jane&web3_wallet=0x1&role=org%3Aadmin\
         &role=org%3Amember&query=q&email_address_query=e&phone_number_query=p&username_query=u&name_query=n\
         &last_active_at_before=1&last_active_at_after=2&created_at_before=3&created_at_after=4"
    );
}

#[tokio::test]
async fn an_id_stays_one_segment() {
    let backend = FakeBackend::answering(Answer::json(200, json!({ "id": "user_1" }))).await;
    let base = format!("{}some/prefix/", backend.url);
    let client = backend_client(&base, quick_retries());
    for (id, segment) in [
        ("a/b", "a%2Fb"),
        ("../../clients", "..%2F..%2Fclients"),
        ("..\\x", "..%5Cx"),
        ("%2e%2e", "%252e%252e"),
        (".\t.", ".%09."),
        ("a?b#c d", "a%3Fb%23c%20d"),
        ("...", "..."),
        ("ü", "%C3%BC"),
    ] {
        client.users().get_user(id).await.unwrap();
        assert_eq!(backend.lines(), [format!("GET /some/prefix/v1/users/{segment}")], "{id}");
    }
    for id in ["", ".", ".."] {
        assert!(matches!(client.users().delete_user(id).await, Err(BackendError::InvalidId)), "{id}");
    }
    assert!(matches!(client.sessions().get_token("sess_1", Some(".."), None).await, Err(BackendError::InvalidId)));
    assert_eq!(backend.count(), 0, "nothing is sent about nobody");
}

#[tokio::test]
async fn people_do_not_print() {
    let membership = json!({ "id": "orgmem_1", "private_metadata": { "a": "secret" }, "organization": { "id": "org_1", "name": "secret" } });
    let user = json!({
        "id": "user_1", "first_name": "secret", "private_metadata": { "a": "secret" }, "organization_memberships": [membership],
    });
    let backend = FakeBackend::answering(Answer::json(200, user)).await;
    let user = backend.client().users().get_user("user_1").await.unwrap();
    let membership = &user.organization_memberships[0];
    assert_eq!(
        format!("{user:?} {membership:?} {:?}", membership.organization),
        "User { id: \"user_1\", .. } OrganizationMembership { id: \"orgmem_1\", role: \"\", .. } \
         Some(Organization { id: \"org_1\", .. })"
    );
    let session =
        json!({ "id": "sess_1", "status": "active", "latest_activity": { "id": "x", "ip_address": "secret" } });
    let backend = FakeBackend::answering(Answer::json(200, session)).await;
    let session = backend.client().sessions().get_session("sess_1").await.unwrap();
    assert_eq!(format!("{session:?}"), "Session { id: \"sess_1\", status: \"active\", .. }");
}
