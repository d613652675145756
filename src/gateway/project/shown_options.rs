//! Options as people may see them: as the file has them, without what is a secret or may be one.

use serde_json::Value;
use url::Url;

const HIDDEN: &str = "hidden";
/// An option whose name has one of these holds a secret.
const SECRET_WORDS: [&str; 6] = ["authorization", "credential", "key", "passw", "secret", "token"];
/// What headers hold is mostly for one pair of eyes.
const HEADERS: &str = "headers";

/// Each option with what it says. What comes from the environment is shown as the file names it, never as what it is.
pub fn shown_options(options: Option<&Value>) -> Vec<(String, String)> {
    let members = options.and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, value)| (name.clone(), text(&shown(value, is_secret(name), name == HEADERS)))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `in_headers`: members of objects in here are names of headers with what they hold, or describe one.
fn shown(value: &Value, secret: bool, in_headers: bool) -> Value {
    match value {
        Value::String(text) if is_variable(text) => value.clone(),
        Value::String(text) if secret || text.contains("$env(") || has_password(text) => HIDDEN.into(),
        Value::Array(items) => items.iter().map(|item| shown(item, secret, in_headers)).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let secret = secret || is_secret(name) || (in_headers && name != "name");
                (name.clone(), shown(value, secret, in_headers || name == HEADERS))
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// `$env(NAME)`, and nothing beside it.
fn is_variable(text: &str) -> bool {
    let name = text.strip_prefix("$env(").and_then(|rest| rest.strip_suffix(')'));
    name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

fn has_password(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.password().is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_and_nothing_else() {
        for (name, value, expected) in [
            ("frontendApiUrl", json!("$env(CLERK_FRONTEND_API_URL)"), "$env(CLERK_FRONTEND_API_URL)"),
            ("secret", json!("$env(JWT_SECRET)"), "$env(JWT_SECRET)"),
            ("secret", json!("abc"), HIDDEN),
            ("issuer", json!("https://$env(TENANT).example"), HIDDEN),
            ("jwtKey", json!("-----BEGIN"), HIDDEN),
            ("baseUrl", json!("https://api.example/v1"), "https://api.example/v1"),
            ("baseUrl", json!("https://user:abc@api.example"), HIDDEN),
            ("requestsAllowed", json!(10), "10"),
            ("removeAuthorizationHeader", json!(true), "true"),
            ("audience", json!(["a", "b"]), r#"["a","b"]"#),
            (
                "accounts",
                json!([{ "username": "ada", "password": "abc" }]),
                r#"[{"username":"ada","password":"hidden"}]"#,
            ),
            ("headers", json!(["x-internal"]), r#"["x-internal"]"#),
            (
                "headers",
                json!([{ "name": "x-backend", "value": "abc", "overwrite": true }]),
                r#"[{"name":"x-backend","value":"hidden","overwrite":true}]"#,
            ),
            ("headers", json!({ "x-backend": "abc" }), r#"{"x-backend":"hidden"}"#),
            ("issuers", json!([{ "issuer": "me", "secret": "abc" }]), r#"[{"issuer":"me","secret":"hidden"}]"#),
            ("tokens", json!({ "first": ["abc"] }), r#"{"first":["hidden"]}"#),
        ] {
            let shown = shown_options(Some(&json!({ name: value })));
            assert_eq!(shown, [(name.to_owned(), expected.to_owned())]);
        }
        assert!(shown_options(None).is_empty());
    }
}
