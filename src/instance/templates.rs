//! JWT templates: claims with shortcodes such as `{{user.first_name}}`, made into the claims of one user's token
//! (Clerk, "JWT templates").
//!
//! - A value that is one shortcode and nothing else becomes what the shortcode names, whatever its type.
//! - Within a longer text a shortcode becomes text; what is `null` reads `null`, and what does not exist reads nothing.
//! - `{{a || b || 'text'}}` is the first operand that is neither `null` nor `false`, or the last.
//!
//! What comes out of a shortcode is not looked at again: a user cannot write shortcodes into their own name.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::store::User;

/// Claims that a token has by itself. No template overrides them.
const AUTOMATIC_CLAIMS: [&str; 7] = ["azp", "exp", "iat", "iss", "jti", "nbf", "sub"];
/// Claims that tie a token to a session, which a template's tokens are not.
const SESSION_CLAIMS: [&str; 4] = ["sid", "v", "pla", "fea"];

/// How long a template's tokens may live. Clerk's bounds.
pub const LIFETIME_SECONDS: RangeInclusive<u32> = 30..=315_360_000;
/// By how much the clocks may differ. Clerk's bounds.
pub const CLOCK_SKEW_SECONDS: RangeInclusive<u32> = 0..=300;
/// Unless a template says otherwise.
pub const DEFAULT_LIFETIME_SECONDS: u32 = 60;
/// Unless a template says otherwise.
pub const DEFAULT_CLOCK_SKEW_SECONDS: u32 = 5;

/// Whether a template has no say in this claim.
pub fn is_reserved(claim: &str) -> bool {
    AUTOMATIC_CLAIMS.contains(&claim) || SESSION_CLAIMS.contains(&claim)
}

/// What shortcodes can name of a user. Private metadata is not among it.
pub fn shortcode_user(user: &User) -> Value {
    let primary = user.email_addresses.first();
    let email = primary.map(|email| email.email_address.as_str());
    let names: Vec<&str> = [&user.first_name, &user.last_name].into_iter().flatten().map(String::as_str).collect();
    let full_name = (!names.is_empty()).then(|| names.join(" "));
    json!({
        "id": user.id,
        "external_id": null,
        "username": null,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "full_name": full_name,
        "email_address": email,
        "primary_email_address": email,
        "email_verified": primary.is_some_and(|email| email.verified_by.is_some()),
        "primary_phone_number": null,
        "phone_number_verified": false,
        "primary_web3_wallet": null,
        "web3_wallet_verified": false,
        "image_url": "",
        "has_image": false,
        "two_factor_enabled": false,
        "public_metadata": user.public_metadata,
        "unsafe_metadata": user.unsafe_metadata,
        "last_sign_in_at": user.last_sign_in_at.map(|time| time.as_secs()),
        "created_at": user.created_at.as_secs(),
        "updated_at": user.updated_at.as_secs(),
    })
}

/// The claims of a template's token for `user`, as [`shortcode_user`] describes them.
pub fn render(claims: &Map<String, Value>, user: &Value) -> Map<String, Value> {
    claims.iter().map(|(name, value)| (name.clone(), render_value(value, user))).collect()
}

fn render_value(value: &Value, user: &Value) -> Value {
    match value {
        Value::String(text) => render_text(text, user),
        Value::Array(values) => values.iter().map(|value| render_value(value, user)).collect(),
        Value::Object(object) => Value::Object(render(object, user)),
        other => other.clone(),
    }
}

fn render_text(text: &str, user: &Value) -> Value {
    let parts = split(text);
    if let [Part::Shortcode(expression)] = parts.as_slice() {
        return evaluate(expression, user).unwrap_or_default();
    }
    let rendered = parts.iter().map(|part| match part {
        Part::Text(text) => (*text).to_owned(),
        Part::Shortcode(expression) => evaluate(expression, user).map_or_else(String::new, in_text),
    });
    Value::String(rendered.collect())
}

fn in_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A piece of a template's text.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// What stands between the braces.
    Shortcode(&'a str),
}

/// Splits a text at its shortcodes. Braces that are not closed are text.
fn split(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some(end) = find_outside_quotes(after, "}}") else { break };
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Shortcode(&after[..end]));
        rest = &after[end + 2..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// Where `wanted` first stands in `text`, outside of `'…'` and `"…"`.
fn find_outside_quotes(text: &str, wanted: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match quote {
            Some(open) if open == character => quote = None,
            None if text[at..].starts_with(wanted) => return Some(at),
            None if matches!(character, '\'' | '"') => quote = Some(character),
            _ => {}
        }
    }
    None
}

/// The first operand that is neither `null` nor `false`, or the last. None is what does not exist.
fn evaluate(mut expression: &str, user: &Value) -> Option<Value> {
    loop {
        let end = find_outside_quotes(expression, "||");
        let value = operand(expression[..end.unwrap_or(expression.len())].trim(), user);
        match (&value, end) {
            (None | Some(Value::Null | Value::Bool(false)), Some(end)) => expression = &expression[end + 2..],
            _ => return value,
        }
    }
}

/// A literal (a quoted text, a number, `true` or `false`) or what a path names.
fn operand(text: &str, user: &Value) -> Option<Value> {
    for quote in ['\'', '"'] {
        if let Some(literal) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return (!literal.contains(quote)).then(|| literal.into());
        }
    }
    match serde_json::from_str(text) {
        Ok(literal @ (Value::Bool(_) | Value::Number(_))) => Some(literal),
        _ => look_up(text, user),
    }
}

/// What `user.…` names. There are no organisations, so whatever is asked of one is `null`.
fn look_up(path: &str, user: &Value) -> Option<Value> {
    let (root, path) = path.split_once('.')?;
    match root {
        "user" => {
            let mut names = path.split('.');
            let field = user.get(names.next()?)?;
            let found = names.try_fold(field, |value, name| value.get(name));
            Some(found.cloned().unwrap_or_default())
        }
        "org" | "org_membership" => Some(Value::Null),
        _ => None,
    }
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
