//! Who and what is in the embedded Clerk from the start, by a seed file.

use std::fs;

use serde_json::json;

use super::support::{Api, App, testing::TempFolder};

const SEED: &str = r#"
password = "for-everybody"

[[users]]
id = "user_jane"
email = "jane@example.com"
first_name = "Jane"
about = "pays the bills"
public_metadata = { plan = "pro" }

[[roles]]
key = "org:billing"
permissions = ["org:invoices:pay"]

[[organizations]]
id = "org_initech"
name = "Initech"
slug = "initech"
members = [{ user = "jane@example.com", role = "org:billing" }]

[[jwt_templates]]
name = "teams"
claims = { team = "{{org.slug}}" }
"#;

#[tokio::test]
async fn a_seed_file_says_who_and_what_is_there() {
    let folder = TempFolder::new();
    let path = folder.path().join("seed.toml");
    fs::write(&path, SEED).unwrap();
    let app = App::start(&[("GATEHOUSE_SEED", path.to_str().unwrap())]).await;
    let api = Api::of(&app);
    let jane = api.get("/v1/users/user_jane").await;
    assert_eq!((&jane["first_name"], &jane["public_metadata"]), (&json!("Jane"), &json!({ "plan": "pro" })));
    assert_eq!(api.get("/v1/users/count").await["total_count"], 1, "and nobody else");
    let memberships = api.get("/v1/users/user_jane/organization_memberships").await;
    let membership = &memberships["data"][0];
    assert_eq!(
        (&membership["role"], &membership["permissions"]),
        (&json!("org:billing"), &json!(["org:invoices:pay"]))
    );
    assert_eq!(api.get("/v1/jwt_templates").await["data"][0]["name"], "teams");
    let page = app.navigate("/__clerk/sign-in", "").await;
    assert!(page.body.contains("jane<wbr>@example.com") && page.body.contains("pays the bills"), "{}", page.body);
    let fields = [("identifier", "jane@example.com"), ("password", "for-everybody")];
    assert_eq!(app.post_form("/__clerk/sign-in", "", &fields).await.status, 303);

    // What is there is not changed; what is missing is added.
    api.patch("/v1/users/user_jane", &json!({ "first_name": "Joan" })).await;
    let more = SEED.replace("[[roles]]", "[[users]]\nemail = 'joe@example.com'\n[[roles]]").replace("Jane", "Janet");
    fs::write(&path, more).unwrap();
    let app = app.kill_and_restart().await;
    let api = Api::of(&app);
    assert_eq!(api.get("/v1/users/user_jane").await["first_name"], "Joan");
    assert_eq!(api.get("/v1/users/count").await["total_count"], 2);
    assert_eq!(api.get("/v1/organizations").await["total_count"], 1);
}

#[tokio::test]
async fn a_seed_file_that_is_not_right_stops_the_start() {
    let folder = TempFolder::new();
    let path = folder.path().join("seed.toml");
    for (text, expected) in [
        (SEED.replace("jane@example.com\"\nfirst", "jane\"\nfirst"), "line 6: email must be an email address"),
        (SEED.replace("slug = \"initech\"", "slag = \"initech\""), "line 18: unknown field `slag`"),
        (format!("{SEED}\n[[users]]\nemail = 'for-everybody'"), "line 26: email must be an email address"),
    ] {
        fs::write(&path, text).unwrap();
        let (status, said) = App::run_to_end(&[("GATEHOUSE_SEED", path.to_str().unwrap())]);
        assert!(!status.success() && said.contains(expected) && !said.contains("for-everybody"), "{said}");
    }
    let (status, said) = App::run_to_end(&[("GATEHOUSE_SEED", "/nowhere/seed.toml")]);
    assert!(!status.success() && said.contains("cannot read the seed file /nowhere/seed.toml"), "{said}");
}
