//! The embedded Clerk's organizations: the Backend API's calls, and what a session token says of the active one.

use std::{collections::HashMap, time::Duration};

use gatehouse::{
    clerk::{BackendClient, Clerk, ClerkOptions, PublishableKey, RequestState, Requirement},
    jwt::{KeySets, KeySource, Rules, Verifier},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    ADA, Api, App, Browser, GRACE, Page, cookie, now, ok, part, picture, project, refusal, refused, sign_in,
};

const ACME: &str = "org_seed0000000000000000000Acme";
const GLOBEX: &str = "org_seed00000000000000000Globex";
const ISSUER: &str = "https://local-dev-1.clerk.accounts.dev";
const MALLORY: &str = "user_seed0000000000000000Mallory";

/// Every value at `name` in a page of results.
fn each<'a>(page: &'a Value, name: &str) -> Vec<&'a str> {
    page["data"].as_array().unwrap().iter().map(|value| value[name].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_organization_has_clerks_shape() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let mut acme = api.get(&format!("/v1/organizations/{ACME}")).await;
    assert_eq!(api.get("/v1/organizations/acme").await, acme, "by its slug, too");
    for time in ["created_at", "updated_at"] {
        assert!(acme[time].take().is_u64(), "{time}");
    }
    let expected = json!({
        "object": "organization", "id": ACME, "name": "Acme", "slug": "acme", "image_url": "", "has_image": false,
        "max_allowed_memberships": 0, "admin_delete_enabled": true, "public_metadata": {}, "private_metadata": {},
        "created_by": null, "created_at": null, "updated_at": null,
    });
    assert_eq!(acme, expected);
    let counted = api.get("/v1/organizations/acme?include_members_count=true").await;
    assert_eq!((&counted["members_count"], &counted["pending_invitations_count"]), (&json!(2), &json!(0)));
    assert_eq!(each(&api.get("/v1/organizations").await, "slug"), ["globex", "acme"], "newest first");
    for (query, expected) in [
        ("query=GLOB", vec!["globex"]),
        ("order_by=name", vec!["acme", "globex"]),
        (&format!("user_id={ADA}&order_by=-name"), vec!["globex", "acme"]),
        (&format!("user_id={MALLORY}"), vec![]),
        (&format!("organization_id={ACME}&limit=1"), vec!["acme"]),
    ] {
        assert_eq!(each(&api.get(&format!("/v1/organizations?{query}")).await, "slug"), expected, "{query}");
    }
}

#[tokio::test]
async fn an_organization_is_made_changed_and_deleted() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let new = json!({ "name": " Initech Ltd. ", "created_by": ADA, "private_metadata": { "plan": "pro" } });
    let made = api.post("/v1/organizations", &new).await;
    assert_eq!(
        (&made["name"], &made["slug"], &made["members_count"]),
        (&json!("Initech Ltd."), &json!("initech-ltd"), &json!(1))
    );
    let path = format!("/v1/organizations/{}", made["id"].as_str().unwrap());
    let members = api.get(&format!("{path}/memberships")).await;
    assert_eq!(
        (each(&members, "role"), &members["data"][0]["public_user_data"]["user_id"]),
        (vec!["org:admin"], &json!(ADA))
    );
    let again = api.post("/v1/organizations", &json!({ "name": "Initech Ltd" })).await;
    assert!(again["slug"].as_str().unwrap().starts_with("initech-ltd-"), "{again}");

    let change =
        json!({ "name": "Initech", "slug": "initech", "max_allowed_memberships": 1, "public_metadata": { "x": 1 } });
    let changed = api.patch(&path, &change).await;
    assert_eq!((&changed["slug"], &changed["max_allowed_memberships"]), (&json!("initech"), &json!(1)));
    assert_eq!(changed["public_metadata"], json!({}), "metadata has calls of its own");
    let merged = api.patch(&format!("{path}/metadata"), &json!({ "private_metadata": { "seats": 3 } })).await;
    assert_eq!(merged["private_metadata"], json!({ "plan": "pro", "seats": 3 }));
    let body = json!({ "private_metadata": { "plan": "free" } }).to_string();
    let (status, replaced) = api.call(Method::PUT, &format!("{path}/metadata"), &body).await;
    assert_eq!((status, &replaced["private_metadata"]), (200, &json!({ "plan": "free" })));

    assert_eq!(api.delete(&path).await["deleted"], true);
    assert_eq!(api.refusal(Method::GET, &path, "").await.0, 404);
    assert_eq!(api.get(&format!("/v1/users/{ADA}/organization_memberships")).await["total_count"], 2);
}

#[tokio::test]
async fn an_organization_has_a_logo_or_none() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = "/v1/organizations/org_seed0000000000000000000Acme/logo";
    let sent = picture(300_000);
    let acme = ok(api.upload(Method::PUT, path, &sent).await);
    assert_eq!(
        (&acme["object"], &acme["has_image"], &acme["members_count"]),
        (&json!("organization"), &json!(true), &json!(2))
    );
    let url = acme["image_url"].as_str().unwrap().to_owned();
    let served = app.request(Method::GET, &url).send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "image/png");
    assert_eq!((served.status().as_u16(), served.bytes().await.unwrap().to_vec()), (200, sent));
    // Members and the invited see it, too.
    let memberships = api.get(&format!("/v1/users/{ADA}/organization_memberships")).await;
    assert_eq!(memberships["data"][0]["organization"]["image_url"], json!(url));
    let invited = json!({ "email_address": "new@example.com", "role": "org:member" });
    let invitation = api.post(&format!("/v1/organizations/{ACME}/invitations"), &invited).await;
    assert_eq!(invitation["public_organization_data"]["image_url"], json!(url));

    let other = ok(api.upload(Method::PUT, path, &picture(1)).await);
    assert_ne!(other["image_url"], json!(url), "another logo is found under another name");
    assert_eq!(app.get(&url, &[]).await.status, 404);
    assert_eq!(refusal(api.upload(Method::PUT, path, b"<svg>").await), refused(400, "image_type_not_supported", ""));
    let unknown = api.upload(Method::PUT, "/v1/organizations/org_x/logo", &picture(1)).await;
    assert_eq!(refusal(unknown), refused(404, "resource_not_found", ""));
    assert_eq!(api.refusal(Method::DELETE, "/v1/organizations/org_x/logo", "").await.0, 404);

    let bare = api.delete(path).await;
    assert_eq!((&bare["has_image"], &bare["image_url"]), (&json!(false), &json!("")));
    assert_eq!(api.refusal(Method::DELETE, path, "").await, refused(404, "resource_not_found", ""));
    // What is deleted takes its logo along.
    let url = ok(api.upload(Method::PUT, path, &picture(1)).await)["image_url"].as_str().unwrap().to_owned();
    api.delete(&format!("/v1/organizations/{ACME}")).await;
    assert_eq!(app.get(&url, &[]).await.status, 404);
}

#[tokio::test]
async fn an_organization_that_cannot_be_is_refused() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let new = json!({ "name": "Initech", "created_by": ADA, "max_allowed_memberships": 1 });
    let path = format!("/v1/organizations/{}", api.post("/v1/organizations", &new).await["id"].as_str().unwrap());
    for (method, path, body, expected) in [
        (Method::POST, "/v1/organizations", json!({}), refused(422, "form_param_missing", "name")),
        (Method::POST, "/v1/organizations", json!({ "name": " " }), refused(422, "form_param_value_invalid", "name")),
        (
            Method::POST,
            "/v1/organizations",
            json!({ "name": "A", "slug": "A b" }),
            refused(422, "form_param_value_invalid", "slug"),
        ),
        (
            Method::POST,
            "/v1/organizations",
            json!({ "name": "A", "slug": "acme" }),
            refused(422, "form_identifier_exists", "slug"),
        ),
        (
            Method::POST,
            "/v1/organizations",
            json!({ "name": "A", "created_by": "user_x" }),
            refused(404, "resource_not_found", ""),
        ),
        (Method::PATCH, &path, json!({ "slug": "acme" }), refused(422, "form_identifier_exists", "slug")),
        (Method::PATCH, "/v1/organizations/org_x", json!({}), refused(404, "resource_not_found", "")),
        (
            Method::POST,
            &format!("{path}/memberships"),
            json!({ "user_id": GRACE, "role": "org:member" }),
            refused(403, "organization_membership_quota_exceeded", ""),
        ),
    ] {
        assert_eq!(api.refusal(method.clone(), path, &body.to_string()).await, expected, "{method} {path} {body}");
    }
}

#[tokio::test]
async fn members_come_change_and_go() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = format!("/v1/organizations/{ACME}/memberships");
    let role = |role: &str| json!({ "user_id": MALLORY, "role": role });
    let mut made = api.post(&path, &role("org:member")).await;
    assert!(made["id"].take().as_str().unwrap().starts_with("orgmem_"));
    assert_eq!(made["permissions"], json!(["org:sys_memberships:read", "org:reports:read"]));
    assert_eq!((&made["object"], &made["organization"]["slug"]), (&json!("organization_membership"), &json!("acme")));
    let user = json!({
        "user_id": MALLORY, "identifier": "mallory@example.com", "first_name": "Mallory", "last_name": "Malone",
        "image_url": "", "has_image": false,
    });
    assert_eq!(made["public_user_data"], user);
    let of = |page: &Value| -> Vec<String> {
        let data = page["data"].as_array().unwrap();
        data.iter().map(|it| it["public_user_data"]["first_name"].as_str().unwrap().to_owned()).collect()
    };
    for (query, expected) in [
        ("", vec!["Mallory", "Grace", "Ada"]),
        ("?role=org:admin", vec!["Ada"]),
        ("?order_by=%2Bfirst_name&limit=2", vec!["Ada", "Grace"]),
        ("?query=hopp", vec!["Grace"]),
        ("?email_address=ADA%40example.com", vec!["Ada"]),
        (&format!("?user_id={ADA}&user_id={GRACE}"), vec!["Grace", "Ada"]),
        ("?created_at_before=1", vec![]),
    ] {
        assert_eq!(of(&api.get(&format!("{path}{query}")).await), expected, "{query}");
    }
    assert_eq!(api.get("/v1/organization_memberships").await["total_count"], 5);
    let one = format!("{path}/{MALLORY}");
    assert_eq!(api.patch(&one, &json!({ "role": "org:admin" })).await["role"], "org:admin");
    let changed = api.patch(&format!("{one}/metadata"), &json!({ "private_metadata": { "desk": 7 } })).await;
    assert_eq!(changed["private_metadata"], json!({ "desk": 7 }));
    for (method, path, body, expected) in [
        (Method::POST, &path, role("org:member"), refused(400, "already_a_member_in_organization", "")),
        (Method::POST, &path, role("org:boss"), refused(422, "form_param_value_invalid", "role")),
        (Method::POST, &path, json!({ "user_id": MALLORY }), refused(422, "form_param_missing", "role")),
        (Method::PATCH, &one, json!({ "role": "org:boss" }), refused(422, "form_param_value_invalid", "role")),
        (
            Method::PATCH,
            &format!("{path}/user_x"),
            json!({ "role": "org:admin" }),
            refused(404, "resource_not_found", ""),
        ),
        (
            Method::GET,
            &"/v1/organizations/org_x/memberships".to_owned(),
            json!({}),
            refused(404, "resource_not_found", ""),
        ),
    ] {
        assert_eq!(api.refusal(method.clone(), path, &body.to_string()).await, expected, "{method} {path} {body}");
    }
    assert_eq!(api.delete(&one).await["public_user_data"]["user_id"], MALLORY);
    assert_eq!(api.refusal(Method::DELETE, &one, "").await.0, 404);
}

#[tokio::test]
async fn invitations_wait_until_they_are_revoked() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = format!("/v1/organizations/{ACME}/invitations");
    let invite = |email: &str| json!({ "email_address": email, "role": "org:member", "inviter_user_id": ADA });
    let made = api.post(&path, &invite("New@Example.com")).await;
    assert_eq!((&made["status"], &made["email_address"]), (&json!("pending"), &json!("new@example.com")));
    let days = (made["expires_at"].as_u64().unwrap() - made["created_at"].as_u64().unwrap()) / (24 * 60 * 60 * 1000);
    assert_eq!(days, 30);
    let bulk = json!([invite("a@example.com"), invite("b@example.com")]);
    assert_eq!(
        each(&api.post(&format!("{path}/bulk"), &bulk).await, "email_address"),
        ["a@example.com", "b@example.com"]
    );
    let half = json!([invite("c@example.com"), invite("a@example.com")]).to_string();
    let refusal = api.refusal(Method::POST, &format!("{path}/bulk"), &half).await;
    assert_eq!(refusal, refused(400, "duplicate_record", ""));
    assert_eq!(api.get(&path).await["total_count"], 3, "all of them, or none");

    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(api.get(&one).await, made);
    assert_eq!(api.post(&format!("{one}/revoke"), &json!({})).await["status"], "revoked");
    assert_eq!(each(&api.get(&format!("{path}?status=revoked")).await, "email_address"), ["new@example.com"]);
    let elsewhere = one.replace(ACME, GLOBEX);
    for (method, path, body, expected) in [
        (Method::POST, &format!("{one}/revoke"), json!({}), refused(400, "organization_invitation_not_pending", "")),
        (Method::GET, &elsewhere, json!({}), refused(404, "resource_not_found", "")),
        (Method::POST, &path, invite("grace@example.com"), refused(400, "duplicate_record", "")),
        (Method::POST, &path, invite("nobody"), refused(422, "form_param_value_invalid", "email_address")),
        (Method::POST, &path, json!({ "email_address": "d@example.com" }), refused(422, "form_param_missing", "role")),
        (
            Method::POST,
            &path,
            json!({ "email_address": "d@example.com", "role": "org:x" }),
            refused(422, "form_param_value_invalid", "role"),
        ),
        (Method::POST, &format!("{path}/bulk"), json!([]), refused(422, "form_param_value_invalid", "invitations")),
    ] {
        assert_eq!(api.refusal(method.clone(), path, &body.to_string()).await, expected, "{method} {path} {body}");
    }
    assert_eq!(api.get("/v1/organizations/acme?include_members_count=true").await["pending_invitations_count"], 2);
}

#[tokio::test]
async fn domains_come_change_and_go() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let path = format!("/v1/organizations/{ACME}/domains");
    let new = json!({ "name": "Acme.example", "enrollment_mode": "automatic_invitation", "verified": false });
    let made = api.post(&path, &new).await;
    assert_eq!((&made["name"], &made["verification"]["status"]), (&json!("acme.example"), &json!("unverified")));
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let changed = api.patch(&one, &json!({ "verified": true })).await;
    assert_eq!(
        (&changed["verification"]["status"], &changed["enrollment_mode"]),
        (&json!("verified"), &new["enrollment_mode"])
    );
    assert_eq!(api.get(&format!("{path}?verified=true")).await["data"], json!([changed]));
    assert_eq!(api.get(&format!("{path}?enrollment_mode=manual_invitation")).await["total_count"], 0);
    let elsewhere = path.replace(ACME, GLOBEX);
    for (method, path, body, expected) in [
        (Method::POST, &elsewhere, new, refused(422, "form_identifier_exists", "name")),
        (Method::POST, &path, json!({ "name": "localhost" }), refused(422, "form_param_value_invalid", "name")),
        (
            Method::PATCH,
            &one,
            json!({ "enrollment_mode": "x" }),
            refused(422, "form_param_value_invalid", "enrollment_mode"),
        ),
        (Method::DELETE, &one.replace(ACME, GLOBEX), json!({}), refused(404, "resource_not_found", "")),
    ] {
        assert_eq!(api.refusal(method.clone(), path, &body.to_string()).await, expected, "{method} {path} {body}");
    }
    assert_eq!(api.delete(&one).await["deleted"], true);
    assert_eq!(api.get(&path).await["total_count"], 0);
}

/// The cookies of a browser whose session went through a handshake into an organization.
async fn into(app: &App, organization: &str, cookies: &str) -> String {
    let target = format!(
        "/__clerk/v1/client/handshake?redirect_url={}/account&format=nonce&organization_id={organization}",
        app.origin
    );
    let back = app.navigate(&target, cookies).await;
    app.navigate(back.header("location"), cookies).await.cookies_after(cookies)
}

fn session_claims(cookies: &str) -> Value {
    part(&json!(cookie(cookies, "__session")), 1)
}

#[tokio::test]
async fn a_session_token_tells_the_active_organization() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let cookies = sign_in(&app).await;
    assert_eq!(
        (session_claims(&cookies)["o"].take(), session_claims(&cookies)["fea"].take()),
        (Value::Null, Value::Null)
    );
    let cookies = into(&app, "acme", &cookies).await;
    let acme = json!({ "id": ACME, "rol": "admin", "slg": "acme", "per": "manage,read", "fpm": "2,3" });
    assert_eq!(
        (&session_claims(&cookies)["o"], &session_claims(&cookies)["fea"]),
        (&acme, &json!("o:invoices,o:reports"))
    );
    let session = api.session().await;
    assert_eq!(session["last_active_organization_id"], ACME);
    let path = format!("/v1/sessions/{}/tokens", session["id"].as_str().unwrap());
    assert_eq!(part(&api.post(&path, &json!({})).await["jwt"], 1)["o"], acme);

    let claims = json!({ "org": "{{org.slug}}", "role": "{{org.role}}", "all": "{{user.organizations}}" });
    api.post("/v1/jwt_templates", &json!({ "name": "teams", "claims": claims })).await;
    let token = part(&api.post(&format!("{path}/teams"), &json!({})).await["jwt"], 1);
    assert_eq!((&token["org"], &token["role"]), (&json!("acme"), &json!("org:admin")));
    assert_eq!(token["all"], json!({ ACME: "org:admin", GLOBEX: "org:member" }));

    for elsewhere in ["org_x", "nowhere"] {
        let cookies = into(&app, elsewhere, &cookies).await;
        assert_eq!(session_claims(&cookies)["o"]["id"], ACME, "where the user does not belong to, nothing changes");
    }
    let globex = into(&app, GLOBEX, &cookies).await;
    assert_eq!(
        session_claims(&globex)["o"],
        json!({ "id": GLOBEX, "rol": "member", "slg": "globex", "per": "read", "fpm": "1" })
    );
    assert_eq!(session_claims(&into(&app, "", &globex).await)["o"], Value::Null, "nothing stands for none");

    let cookies = into(&app, "acme", &cookies).await;
    api.delete(&format!("/v1/organizations/{ACME}/memberships/{ADA}")).await;
    assert_eq!(part(&api.post(&path, &json!({})).await["jwt"], 1)["o"], Value::Null, "who has left is not in it");
    assert_eq!(session_claims(&into(&app, "acme", &cookies).await)["o"], Value::Null);
}

#[tokio::test]
async fn the_active_organization_opens_what_it_may_and_nothing_else() {
    let policy = |name: &str, claims: Value| {
        json!({ "name": name, "policyType": "clerk-jwt-auth-inbound", "handler": {
            "export": "ClerkJwtInboundPolicy", "module": "$import(@zuplo/runtime)",
            "options": { "frontendApiUrl": "$env(CLERK_FRONTEND_API_URL)", "requiredClaims": claims },
        } })
    };
    let route = |policy: &str| {
        let handler = json!({ "export": "default", "module": "$import(./modules/hello-world)" });
        json!({ "get": { "x-zuplo-route": { "handler": handler, "policies": { "inbound": [policy] } } } })
    };
    let folder = project(&[
        (
            "policies.json",
            &json!({ "policies": [
            policy("admins", json!({ "o.rol": ["admin"] })), policy("acme", json!({ "o.slg": ["acme"] })),
        ] }),
        ),
        (
            "routes.oas.json",
            &json!({ "openapi": "3.1.0", "paths": { "/admins": route("admins"), "/acme": route("acme") } }),
        ),
    ]);
    let app = App::start(&[("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap())]).await;
    let cookies = sign_in(&app).await;
    for (organization, admins, acme, may_read) in
        [("", 403, 403, false), ("acme", 200, 200, true), ("globex", 403, 403, false)]
    {
        let token = cookie(&into(&app, organization, &cookies).await, "__session");
        for (path, status) in [("/gateway/admins", admins), ("/gateway/acme", acme)] {
            let page: Page = app.get(path, &[("authorization", &format!("Bearer {token}"))]).await;
            assert_eq!(page.status, status, "{organization} {path}: {}", page.body);
        }
        let user = signed_in(&app, &token).await;
        assert_eq!(user.has(&Requirement::permission("org:invoices:read")), may_read, "{organization}");
        assert_eq!(user.has(&Requirement::role("org:member")), organization == "globex", "{organization}");
        assert!(!user.has(&Requirement::permission("org:sys_memberships:read")), "Clerk's own stand in no token");
    }
}

/// Who sent a request with this token, as an application of its own on another port would see it.
async fn signed_in(app: &App, token: &str) -> gatehouse::clerk::SignedIn {
    let url = |path: &str| format!("{}{path}", app.origin).parse::<url::Url>().unwrap();
    let source = KeySource::Server(Box::new(url("/__clerk/.well-known/jwks.json").into()));
    let key_sets = KeySets::new(HashMap::from([(ISSUER.to_owned(), source)]));
    let keys = key_sets.of(ISSUER).unwrap();
    let verifier = Verifier::new(keys, Rules::clerk(ISSUER, vec![app.origin.clone()]));
    let key = PublishableKey::parse("pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA").unwrap();
    let options = ClerkOptions::new(key, url("/__clerk"), url("/"));
    let backend = BackendClient::new(url("/__clerk/api"), Api::of(app).secret_key.into()).unwrap();
    let request = axum::http::Request::get("/").header("authorization", format!("Bearer {token}")).body(()).unwrap();
    let state = Clerk::new(options, verifier, backend)
        .unwrap()
        .authenticate_request(&request.into_parts().0, Duration::from_secs_f64(now()))
        .await
        .unwrap();
    match state {
        RequestState::SignedIn { user, .. } => user,
        other => panic!("{other:?}"),
    }
}

/// A page of Clerk's client, in which Ada is signed in, and her session's path.
async fn clerk_page(app: &App) -> (Browser<'_>, String) {
    let mut browser = Browser::open(app).await;
    let session = browser.sign_in("ada@example.com", "gatehouse-demo").await;
    (browser, format!("/client/sessions/{session}"))
}

#[tokio::test]
async fn a_page_switches_organizations() {
    let app = App::start(&[]).await;
    let (mut page, session) = clerk_page(&app).await;
    let token_of = |client: &Value| part(&client["sessions"][0]["last_active_token"]["jwt"], 1);
    let me = ok(page.get("/me").await);
    assert_eq!(me["response"]["organization_memberships"][0]["organization"]["slug"], "acme");
    let list = ok(page.get("/me/organization_memberships?paginated=true&limit=1&offset=1").await)["response"].take();
    assert_eq!((&list["total_count"], &list["data"][0]["role"]), (&json!(2), &json!("org:member")));
    assert_eq!(list["data"][0]["organization"].get("private_metadata"), None, "for servers only");

    let touch = |organization, intent| [("active_organization_id", organization), ("intent", intent)];
    let touched = ok(page.post(&format!("{session}/touch"), &touch(ACME, "select_org")).await);
    assert_eq!(touched["response"]["last_active_organization_id"], ACME);
    assert_eq!(token_of(&touched["client"])["o"]["slg"], "acme");
    let stranger = page.post(&format!("{session}/touch"), &touch("org_x", "select_org")).await;
    assert_eq!(refusal(stranger), refused(404, "resource_not_found", ""));
    let focus = ok(page.post(&format!("{session}/touch"), &touch("org_x", "focus")).await);
    assert_eq!(focus["response"]["last_active_organization_id"], ACME, "a page that lags behind changes nothing");

    for (organization, slug) in [(GLOBEX, json!("globex")), ("", Value::Null), ("org_x", Value::Null)] {
        let token = ok(page.post(&format!("{session}/tokens"), &[("organization_id", organization)]).await);
        assert_eq!(part(&token["jwt"], 1)["o"]["slg"], slug, "each tab has its own: {organization}");
    }
    let kept = ok(page.post(&format!("{session}/tokens"), &[]).await);
    assert_eq!(part(&kept["jwt"], 1)["o"]["slg"], "acme");
    let none = ok(page.post(&format!("{session}/touch"), &touch("", "select_session")).await);
    assert_eq!(none["response"]["last_active_organization_id"], Value::Null);

    let left = ok(page.delete(&format!("/me/organization_memberships/{GLOBEX}")).await);
    assert_eq!(left["response"]["deleted"], true);
    assert_eq!(ok(page.get("/me/organization_memberships").await)["response"]["total_count"], 1);
}

#[tokio::test]
async fn a_page_makes_and_joins_organizations() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let (mut page, _) = clerk_page(&app).await;
    let made = ok(page.post("/organizations", &[("name", "Initech"), ("slug", "")]).await)["response"].take();
    assert_eq!((&made["slug"], &made["members_count"]), (&json!("initech"), &json!(1)));
    let path = format!("/organizations/{}", made["id"].as_str().unwrap());
    assert_eq!(ok(page.get(&path).await)["response"]["name"], "Initech");
    let roles = ok(page.get(&format!("{path}/roles")).await)["response"].take();
    assert_eq!(each(&roles, "key"), ["org:admin", "org:member"]);
    assert_eq!(api.get(&format!("/v1{path}")).await["created_by"], ADA);
    let nameless = page.post("/organizations", &[("name", "")]).await;
    assert_eq!(refusal(nameless), refused(422, "form_param_nil", "name"));

    let theirs = api.post("/v1/organizations", &json!({ "name": "Hooli", "created_by": GRACE })).await;
    let hooli = theirs["id"].as_str().unwrap();
    assert_eq!(refusal(page.get(&format!("/organizations/{hooli}")).await).0, 404, "for members only");
    let invite = |email: &str| json!({ "email_address": email, "role": "org:member" });
    let invitations = format!("/v1/organizations/{hooli}/invitations");
    let elses = api.post(&invitations, &invite("mallory@example.com")).await;
    api.post(&invitations, &invite("ada@example.com")).await;
    let waiting = ok(page.get("/me/organization_invitations?status=pending").await)["response"].take();
    assert_eq!(each(&waiting, "email_address"), ["ada@example.com"]);
    let accept = |id: &str| format!("/me/organization_invitations/{id}/accept");
    let stolen = page.post(&accept(elses["id"].as_str().unwrap()), &[]).await;
    assert_eq!(refusal(stolen), refused(404, "resource_not_found", ""));
    let own = waiting["data"][0]["id"].as_str().unwrap();
    assert_eq!(ok(page.post(&accept(own), &[]).await)["response"]["status"], "accepted");
    assert_eq!(refusal(page.post(&accept(own), &[]).await), refused(400, "organization_invitation_not_pending", ""));
    assert_eq!(ok(page.get(&format!("/organizations/{hooli}")).await)["response"]["members_count"], 2);
    assert_eq!(ok(page.get("/me/organization_suggestions").await)["response"]["total_count"], 0);
}
