//! Every form of a shortcode, by table.

use std::time::Duration;

use super::*;
use crate::instance::store::EmailAddress;

fn user() -> User {
    let object = |value: Value| value.as_object().unwrap().clone();
    User {
        id: "user_1".to_owned(),
        first_name: Some("Maria".to_owned()),
        last_name: None,
        external_id: None,
        username: None,
        locale: None,
        email_addresses: vec![EmailAddress {
            id: "idn_1".to_owned(),
            email_address: "maria@example.com".to_owned(),
            verified_by: None,
            code: None,
        }],
        password_enabled: true,
        password_updated_at: None,
        failed_attempts: 0,
        locked_until: None,
        profile_image_id: None,
        external_accounts: Vec::new(),
        failed_connections: Vec::new(),
        memberships: Vec::new(),
        banned: false,
        public_metadata: object(json!({
            "interests": ["reading", "climbing"], "address": { "Home": "Oslo", "zip code": 7 }, "off": false,
            "none": null, "zero": 0, "empty": "", "code": "{{user.private_metadata}}",
        })),
        private_metadata: object(json!({ "secret": "private" })),
        unsafe_metadata: object(json!({ "age": 42 })),
        last_sign_in_at: None,
        last_active_at: None,
        created_at: Duration::from_millis(1_700_000_000_500),
        updated_at: Duration::from_millis(1_700_000_001_000),
    }
}

fn rendered(template: &str) -> Value {
    let claims = Map::from_iter([("claim".to_owned(), template.into())]);
    render(&claims, &subjects(&user(), None)).remove("claim").unwrap()
}

fn assert_each(cases: &[(&str, Value)]) {
    for (template, expected) in cases {
        assert_eq!(&rendered(template), expected, "{template}");
    }
}

#[test]
fn a_lone_shortcode_keeps_its_type() {
    assert_each(&[
        ("{{user.id}}", json!("user_1")),
        ("{{ user.first_name }}", json!("Maria")),
        ("{{user.last_name}}", Value::Null),
        ("{{user.full_name}}", json!("Maria")),
        ("{{user.username}}", Value::Null),
        ("{{user.external_id}}", Value::Null),
        ("{{user.email_address}}", json!("maria@example.com")),
        ("{{user.primary_email_address}}", json!("maria@example.com")),
        ("{{user.email_verified}}", json!(false)),
        ("{{user.has_image}}", json!(false)),
        ("{{user.image_url}}", json!("")),
        ("{{user.two_factor_enabled}}", json!(false)),
        ("{{user.created_at}}", json!(1_700_000_000)),
        ("{{user.updated_at}}", json!(1_700_000_001)),
        ("{{user.last_sign_in_at}}", Value::Null),
        ("{{user.unsafe_metadata}}", json!({ "age": 42 })),
        ("{{user.public_metadata.interests}}", json!(["reading", "climbing"])),
        ("{{user.public_metadata.address.Home}}", json!("Oslo")),
        ("{{user.public_metadata.address.zip code}}", json!(7)),
        ("{{user.public_metadata.address}}", json!({ "Home": "Oslo", "zip code": 7 })),
        ("{{user.public_metadata.nothing.here}}", Value::Null),
        ("{{user.public_metadata.interests.0}}", Value::Null),
        ("{{user.first_name.length}}", Value::Null),
        ("{{org.id}}", Value::Null),
        ("{{org.public_metadata.a.b}}", Value::Null),
        ("{{org_membership.role}}", Value::Null),
    ]);
}

#[test]
fn what_does_not_exist_is_null_and_what_is_private_does_not_exist() {
    for template in [
        "{{user.i_dont_exist}}",
        "{{user.private_metadata}}",
        "{{user.private_metadata.secret}}",
        "{{user.password_hash}}",
        "{{user}}",
        "{{user.}}",
        "{{nobody.id}}",
        "{{}}",
        "{{ }}",
        "{{null}}",
        "{{user.id + 1}}",
        "{{'a' 'b'}}",
    ] {
        assert_eq!(rendered(template), Value::Null, "{template}");
    }
}

#[test]
fn within_a_text_everything_becomes_text() {
    assert_each(&[
        ("{{user.first_name}}!", json!("Maria!")),
        ("{{user.last_name}} {{user.first_name}}", json!("null Maria")),
        ("-{{user.i_dont_exist}}-", json!("--")),
        ("-{{org.slug}}-", json!("-null-")),
        ("{{user.id}}{{user.unsafe_metadata.age}}", json!("user_142")),
        (" {{user.has_image}}", json!(" false")),
        ("a {{user.public_metadata.interests}} b", json!("a [\"reading\",\"climbing\"] b")),
        ("Ærø {{user.first_name}} ø", json!("Ærø Maria ø")),
    ]);
}

#[test]
fn fallbacks_pass_over_null_and_false_only() {
    assert_each(&[
        ("{{user.last_name || 'Doe'}}", json!("Doe")),
        ("{{user.last_name || \"Doe\"}}", json!("Doe")),
        ("{{user.first_name || 'Doe'}}", json!("Maria")),
        ("{{user.public_metadata.age || user.unsafe_metadata.age || 30}}", json!(42)),
        ("{{user.nothing || 30 }}", json!(30)),
        ("{{user.nothing||-1.5}}", json!(-1.5)),
        ("{{user.email_verified || true}}", json!(true)),
        ("{{user.public_metadata.off || user.public_metadata.none || 'last'}}", json!("last")),
        ("{{user.public_metadata.zero || 1}}", json!(0)),
        ("{{user.public_metadata.empty || 'text'}}", json!("")),
        ("{{user.email_verified || user.phone_number_verified}}", json!(false)),
        ("{{'' || user.last_name}}", json!("")),
        ("{{user.first_name || false}}", json!("Maria")),
        ("{{user.last_name || user.username}}", Value::Null),
        ("{{user.last_name || 'it || is }} \" quoted'}}", json!("it || is }} \" quoted")),
        ("Dear {{user.last_name || \"Ms. O'Hara\"}},", json!("Dear Ms. O'Hara,")),
        ("{{org.name || 'no team'}}", json!("no team")),
    ]);
}

#[test]
fn what_is_no_shortcode_stays() {
    assert_each(&[
        ("", json!("")),
        ("plain", json!("plain")),
        ("{user.id}", json!("{user.id}")),
        ("{{user.id", json!("{{user.id")),
        ("{{user.id}", json!("{{user.id}")),
        ("user.id}}", json!("user.id}}")),
        ("{{'never closed}}", json!("{{'never closed}}")),
        ("{{user.id}} {{", json!("user_1 {{")),
    ]);
}

#[test]
fn shortcodes_are_found_at_any_depth_and_only_in_values() {
    let claims = json!({
        "{{user.id}}": 1, "list": ["{{user.id}}", 2, null, ["{{user.has_image}}"]],
        "deep": { "a": { "b": "{{user.first_name}}" } },
        "yes": true,
    });
    let expected = json!({
        "{{user.id}}": 1, "list": ["user_1", 2, null, [false]], "deep": { "a": { "b": "Maria" } }, "yes": true,
    });
    assert_eq!(Value::Object(render(claims.as_object().unwrap(), &subjects(&user(), None))), expected);
}

#[test]
fn what_comes_out_is_not_read_again() {
    assert_each(&[
        ("{{user.public_metadata.code}}", json!("{{user.private_metadata}}")),
        ("- {{user.public_metadata.code}}", json!("- {{user.private_metadata}}")),
    ]);
}

#[test]
fn a_template_has_no_say_in_who_the_token_is_for_and_how_long() {
    for claim in ["azp", "exp", "iat", "iss", "jti", "nbf", "sub", "sid", "v", "pla", "fea"] {
        assert!(is_reserved(claim), "{claim}");
    }
    for claim in ["aud", "role", "email", "SUB", "org_id", ""] {
        assert!(!is_reserved(claim), "{claim}");
    }
}
