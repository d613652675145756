//! Seed files, right and wrong.

use secrecy::ExposeSecret;
use serde_json::json;

use super::*;
use crate::testing::TempFolder;

fn read_text(text: &str) -> Result<Seed, String> {
    let folder = TempFolder::new();
    let path = folder.path().join("seed.toml");
    fs::write(&path, text).unwrap();
    read(&path).map_err(|error| error.to_string().replace(&format!("the seed file {}", path.display()), "FILE"))
}

#[test]
fn a_seed_is_read_whole() {
    let seed = read_text(
        r#"
        password = "for-everybody"

        [[users]]
        id = "user_1"
        email = "Jane@Example.com"
        first_name = "Jane"
        about = "pays the bills"
        public_metadata = { plan = "pro", seats = 3 }

        [[users]]
        email = "joe@example.com"
        password = "only-for-joe"
        banned = true

        [[roles]]
        key = "org:billing"
        permissions = ["org:invoices:read", "org:sys_memberships:read"]

        [[organizations]]
        name = "Initech"
        slug = "initech"
        max_allowed_memberships = 5
        members = [{ user = "jane@example.com", role = "org:billing" }, { user = "user_1", role = "org:admin" }]

        [[jwt_templates]]
        name = "hasura"
        lifetime = 120
        claims = { role = "{{org.role}}" }
        "#,
    )
    .unwrap();
    let [jane, joe] = seed.users.as_slice() else { panic!("{:?}", seed.users) };
    assert_eq!((jane.id.as_str(), jane.email.as_str(), jane.banned), ("user_1", "jane@example.com", false));
    assert_eq!(Value::Object(jane.public_metadata.clone()), json!({ "plan": "pro", "seats": 3 }));
    assert_eq!((jane.password.expose_secret(), joe.password.expose_secret()), ("for-everybody", "only-for-joe"));
    assert_eq!((joe.id.as_str(), joe.banned), (id_of("user", "joe@example.com").as_str(), true));
    let keys: Vec<&str> = seed.roles.iter().map(|role| role.key.as_str()).collect();
    assert_eq!(keys, ["org:admin", "org:member", "org:billing"]);
    let [initech] = seed.organizations.as_slice() else { panic!("{:?}", seed.organizations) };
    assert_eq!((initech.id.clone(), initech.members[0].user_id.as_str()), (id_of("org", "initech"), "user_1"));
    assert_eq!(seed.jwt_templates[0].content.lifetime_seconds, 120);
    assert_eq!(seed.jwt_templates[0].content.allowed_clock_skew_seconds, 5);
    assert!(seed.at_every_start && !Seed::default().at_every_start);
}

#[test]
fn what_is_wrong_is_named_by_line_and_field() {
    let jane = "[[users]]\nid = 'user_1'\nemail = 'jane@example.com'\n";
    let initech = |members: &str| format!("{jane}[[organizations]]\nname = 'I'\nslug = 'i'\nmembers = [{members}]\n");
    for (text, expected) in [
        ("[[users]]\nemail = 'jane'\n".to_owned(), "line 2: email must be an email address"),
        (format!("{jane}\n[[users]]\nemail = 'JANE@example.com'"), "line 6: email comes twice"),
        (format!("{jane}\n[[users]]\nid = 'user_1'\nemail = 'j@example.com'"), "line 6: id comes twice"),
        ("[[users]]\nid = 'org_1'\nemail = 'j@example.com'".to_owned(), "line 2: id must be user_ and letters"),
        ("password = 'short'".to_owned(), "line 1: password must have 8 to 72 characters"),
        (format!("{jane}password = 'short'"), "line 4: password must have 8 to 72 characters"),
        ("[[roles]]\nkey = 'admin'\npermissions = []".to_owned(), "line 2: key must be org:"),
        ("[[roles]]\nkey = 'org:x'\npermissions = ['read']".to_owned(), "line 3: permissions: \"read\" must be"),
        (initech("{ user = 'joe@example.com', role = 'org:admin' }"), "line 7: user must be the id or the email"),
        (initech("{ user = 'user_1', role = 'org:boss' }"), "line 7: role must be one of org:admin, org:member"),
        ("[[organizations]]\nname = 'I'\nslug = 'I'".to_owned(), "line 3: slug must have small letters"),
        ("[[jwt_templates]]\nname = 'a/b'\nclaims = {}".to_owned(), "line 2: name must have letters"),
        ("[[jwt_templates]]\nname = 'a'\nclaims = { sub = 1 }".to_owned(), "line 3: claims must not set sub"),
        ("[[jwt_templates]]\nname = 'a'\nclaims = {}\nlifetime = 1".to_owned(), "line 4: lifetime must be 30 to"),
    ] {
        let error = read_text(&text).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    for (text, expected) in [
        ("[[users]]\nemial = 'a@example.com'", "line 2"),
        ("[[users]]\nemial = 'a@example.com'", "emial"),
        ("[[users]]\nfirst_name = 'Jane'", "missing field `email`"),
        ("users = 7", "line 1"),
        ("[[users", "line 1"),
    ] {
        let error = read_text(text).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let missing = read(Path::new("/nowhere/seed.toml")).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read the seed file /nowhere/seed.toml"), "{missing}");
}
