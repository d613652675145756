//! The embedded Clerk's Frontend API: what members of an organization change of it, and what their role keeps them from.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{ADA, Api, App, Browser, GRACE, Page, ok, picture, refusal, refused, with_file};

const ACME: &str = "/organizations/org_seed0000000000000000000Acme";
const MALLORY: &str = "user_seed0000000000000000Mallory";

/// A page in which somebody is signed in. Ada administers Acme, Grace is a member.
async fn page_of<'a>(app: &'a App, name: &str) -> Browser<'a> {
    let mut browser = Browser::open(app).await;
    browser.sign_in(&format!("{name}@example.com"), "gatehouse-demo").await;
    browser
}

fn missing() -> (u16, String, String) {
    refused(403, "missing_organization_permission", "")
}

fn users(list: &Value) -> Vec<&str> {
    let data = list["response"]["data"].as_array().unwrap().iter();
    data.map(|member| member["public_user_data"]["user_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn members_are_listed_for_who_may_see_them() {
    let app = App::start(&[]).await;
    let (mut ada, mut grace) = (page_of(&app, "ada").await, page_of(&app, "grace").await);
    let list = ok(ada.get(&format!("{ACME}/memberships?paginated=true&limit=10")).await);
    assert_eq!((users(&list), &list["response"]["total_count"]), (vec![GRACE, ADA], &json!(2)));
    let first = &list["response"]["data"][0];
    assert_eq!((&first["role"], &first["organization"]["slug"]), (&json!("org:member"), &json!("acme")));
    assert!(!list["response"].to_string().contains("private_metadata"));
    assert!(list["client"]["sessions"][0]["id"].is_string(), "in the envelope");
    for (query, expected) in [
        ("query=grace", vec![GRACE]),
        ("role=org:admin", vec![ADA]),
        ("role=org:admin&role=org:member&limit=1&offset=1", vec![ADA]),
        ("query=nobody", vec![]),
    ] {
        assert_eq!(users(&ok(grace.get(&format!("{ACME}/memberships?{query}")).await)), expected, "{query}");
    }
    let api = Api::of(&app);
    api.delete(&format!("/v1{ACME}/memberships/{GRACE}")).await;
    let outside = refused(404, "resource_not_found", "");
    assert_eq!(refusal(grace.get(&format!("{ACME}/memberships")).await), outside, "as if there were none");
    let mut nobody = Browser::open(&app).await;
    assert_eq!(refusal(nobody.get(&format!("{ACME}/memberships")).await), refused(401, "authentication_invalid", ""));
}

#[tokio::test]
async fn domains_are_listed_for_who_may_see_them() {
    let app = App::start(&[]).await;
    let (mut ada, mut grace) = (page_of(&app, "ada").await, page_of(&app, "grace").await);
    let path = format!("{ACME}/domains?paginated=true&limit=1");
    let list = ok(ada.get(&path).await);
    assert_eq!(list["response"], json!({ "data": [], "total_count": 0 }));
    for name in ["acme.example", "acme.test"] {
        Api::of(&app).post(&format!("/v1{ACME}/domains"), &json!({ "name": name })).await;
    }
    let list = ok(ada.get(&path).await);
    let (data, total) = (&list["response"]["data"], &list["response"]["total_count"]);
    assert_eq!((&data[0]["name"], &data[1], total), (&json!("acme.test"), &Value::Null, &json!(2)));
    assert_eq!(refusal(grace.get(&path).await), missing());
    let elsewhere = refusal(ada.get("/organizations/org_nobody/domains").await);
    assert_eq!(elsewhere, refused(404, "resource_not_found", ""));
}

#[tokio::test]
async fn members_come_change_and_go_by_who_may_manage_them() {
    let app = App::start(&[]).await;
    let (mut ada, mut grace) = (page_of(&app, "ada").await, page_of(&app, "grace").await);
    let member = |user: &str| format!("{ACME}/memberships/{user}");
    let (admin, plain) = ([("role", "org:admin")], [("role", "org:member")]);
    // Whatever a page shows: the role decides.
    assert_eq!(refusal(grace.patch(&member(GRACE), &admin).await), missing());
    assert_eq!(refusal(grace.delete(&member(ADA)).await), missing());
    let new = [("user_id", MALLORY), ("role", "org:member")];
    assert_eq!(refusal(grace.post(&format!("{ACME}/memberships"), &new).await), missing());

    let made = ok(ada.post(&format!("{ACME}/memberships"), &new).await)["response"].take();
    assert_eq!((&made["object"], &made["role_name"]), (&json!("organization_membership"), &json!("Member")));
    let again = ada.post(&format!("{ACME}/memberships"), &new).await;
    assert_eq!(refusal(again), refused(400, "already_a_member_in_organization", ""));
    let gone = ok(ada.delete(&member(MALLORY)).await)["response"].take();
    assert_eq!(gone["id"], made["id"], "what it was");
    assert_eq!(refusal(ada.delete(&member(MALLORY)).await), refused(404, "resource_not_found", ""));
    assert_eq!(refusal(ada.patch(&member(MALLORY), &admin).await), refused(404, "resource_not_found", ""));
    assert_eq!(refusal(ada.patch(&member(GRACE), &[]).await), refused(422, "form_param_nil", "role"));
    let unknown = ada.patch(&member(GRACE), &[("role", "org:king")]).await;
    assert_eq!(refusal(unknown), refused(422, "form_param_value_invalid", "role"));

    // Somebody always manages the members.
    let last = refused(400, "organization_minimum_permissions_needed", "");
    assert_eq!(refusal(ada.patch(&member(ADA), &plain).await), last);
    assert_eq!(refusal(ada.delete(&member(ADA)).await), last);
    let leave = ACME.replace("/organizations", "/me/organization_memberships");
    assert_eq!(refusal(ada.delete(&leave).await), last);
    assert_eq!(ok(ada.patch(&member(ADA), &admin).await)["response"]["role"], "org:admin");
    assert_eq!(ok(ada.patch(&member(GRACE), &admin).await)["response"]["role"], "org:admin");
    assert_eq!(ok(ada.patch(&member(ADA), &plain).await)["response"]["role"], "org:member");
    assert_eq!(refusal(ada.patch(&member(GRACE), &plain).await), missing(), "no longer hers to change");
    assert_eq!(ok(ada.delete(&leave).await)["response"]["deleted"], true);
    assert_eq!(refusal(grace.delete(&member(GRACE)).await), last);
}

#[tokio::test]
async fn invitations_are_made_and_revoked_by_who_may_manage_members() {
    let app = App::start(&[]).await;
    let (mut ada, mut grace) = (page_of(&app, "ada").await, page_of(&app, "grace").await);
    let path = format!("{ACME}/invitations");
    let invite = |email| [("email_address", email), ("role", "org:member")];
    assert_eq!(refusal(grace.post(&path, &invite("x@example.com")).await), missing());
    assert_eq!(refusal(grace.get(&path).await), missing());

    let one = ok(ada.post(&path, &invite("One@Example.com")).await)["response"].take();
    assert_eq!((&one["email_address"], &one["status"]), (&json!("one@example.com"), &json!("pending")));
    assert_eq!(one.get("private_metadata"), None);
    for (email, expected) in [
        ("one@example.com", refused(400, "duplicate_record", "")),
        ("grace@example.com", refused(400, "duplicate_record", "")),
        ("nonsense", refused(422, "form_param_value_invalid", "email_address")),
        ("", refused(422, "form_param_nil", "email_address")),
    ] {
        assert_eq!(refusal(ada.post(&path, &invite(email)).await), expected, "{email}");
    }
    let bulk = format!("{path}/bulk");
    let several = |last| [("email_address", "two@example.com"), ("email_address", last), ("role", "org:admin")];
    assert_eq!(refusal(ada.post(&bulk, &several("one@example.com")).await), refused(400, "duplicate_record", ""));
    let pending = format!("{path}?status=pending");
    assert_eq!(ok(ada.get(&pending).await)["response"]["total_count"], 1, "all of them, or none");
    let made = ok(ada.post(&bulk, &several("three@example.com")).await)["response"].take();
    assert_eq!((made.as_array().unwrap().len(), &made[1]["role"]), (2, &json!("org:admin")));
    let none = ada.post(&bulk, &[("role", "org:admin")]).await;
    assert_eq!(refusal(none), refused(422, "form_param_value_invalid", "email_address"));

    let revoke = |invitation: &Value| format!("{path}/{}/revoke", invitation["id"].as_str().unwrap());
    assert_eq!(refusal(grace.post(&revoke(&one), &[]).await), missing());
    assert_eq!(ok(ada.post(&revoke(&one), &[]).await)["response"]["status"], "revoked");
    let twice = ada.post(&revoke(&one), &[]).await;
    assert_eq!(refusal(twice), refused(400, "organization_invitation_not_pending", ""));
    assert_eq!(ok(ada.get(&pending).await)["response"]["total_count"], 2);
    assert_eq!(ok(ada.get(&path).await)["response"]["total_count"], 3);
    // Grace administers Globex, which is none of Acme's invitations' business.
    let elsewhere = revoke(&made[0]).replace("0000000000000000000Acme", "00000000000000000Globex");
    assert_eq!(refusal(grace.post(&elsewhere, &[]).await), refused(404, "resource_not_found", ""));
}

#[tokio::test]
async fn an_organization_is_changed_and_deleted_by_who_may() {
    let app = App::start(&[]).await;
    let api = Api::of(&app);
    let (mut ada, mut grace) = (page_of(&app, "ada").await, page_of(&app, "grace").await);
    let named = [("name", "Acme & Sons"), ("slug", "")];
    assert_eq!(refusal(grace.patch(ACME, &named).await), missing());
    assert_eq!(refusal(grace.delete(ACME).await), missing());
    let changed = ok(ada.patch(ACME, &named).await)["response"].take();
    assert_eq!((&changed["name"], &changed["slug"]), (&json!("Acme & Sons"), &json!("acme")));
    assert_eq!((&changed["members_count"], changed.get("private_metadata")), (&json!(2), None));
    for (field, value, code) in [
        ("slug", "globex", "form_identifier_exists"),
        ("slug", "No Slug", "form_param_value_invalid"),
        ("name", &*"x".repeat(257), "form_param_value_invalid"),
    ] {
        assert_eq!(refusal(ada.patch(ACME, &[(field, value)]).await), refused(422, code, field), "{value}");
    }
    api.patch(&format!("/v1{ACME}"), &json!({ "admin_delete_enabled": false })).await;
    let off = refused(403, "organization_admin_delete_not_enabled", "");
    assert_eq!(refusal(ada.delete(ACME).await), off);
    api.patch(&format!("/v1{ACME}"), &json!({ "admin_delete_enabled": true })).await;
    assert_eq!(ok(ada.delete(ACME).await)["response"]["deleted"], true);
    assert_eq!(api.refusal(Method::GET, &format!("/v1{ACME}"), "").await.0, 404);
    assert_eq!(ok(grace.get("/me/organization_memberships").await)["response"]["total_count"], 1);
}

/// Sends a logo as Clerk's client does.
async fn send_logo(app: &App, browser: &Browser<'_>, bytes: &[u8]) -> (u16, Value) {
    let request = app.request(Method::POST, &format!("/__clerk/v1{ACME}/logo?_method=PUT"));
    let request = request.header("cookie", &browser.cookies).header("origin", &app.origin);
    let page = Page::read(with_file(request, bytes).send().await.unwrap()).await;
    (page.status, serde_json::from_str(&page.body).unwrap())
}

#[tokio::test]
async fn a_logo_is_changed_by_who_may_change_the_profile() {
    let app = App::start(&[]).await;
    let (mut ada, mut grace) = (page_of(&app, "ada").await, page_of(&app, "grace").await);
    assert_eq!(refusal(send_logo(&app, &grace, &picture(1)).await), missing());
    let sent = picture(100_000);
    let answer = ok(send_logo(&app, &ada, &sent).await);
    let acme = &answer["response"];
    assert_eq!((&acme["object"], &acme["has_image"]), (&json!("organization"), &json!(true)));
    let member = answer["client"]["sessions"][0]["user"]["organization_memberships"].as_array().unwrap();
    assert!(member.iter().any(|it| it["organization"]["image_url"] == acme["image_url"]), "its members see it");
    let served = app.request(Method::GET, acme["image_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!((served.status().as_u16(), served.bytes().await.unwrap().to_vec()), (200, sent));
    assert_eq!(refusal(send_logo(&app, &ada, b"<svg>").await), refused(400, "image_type_not_supported", ""));

    let path = format!("{ACME}/logo");
    assert_eq!(refusal(grace.delete(&path).await), missing());
    assert_eq!(ok(ada.delete(&path).await)["response"]["has_image"], false);
    assert_eq!(refusal(ada.delete(&path).await), refused(404, "resource_not_found", ""));
}
