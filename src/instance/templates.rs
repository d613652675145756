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

use super::store::{ActiveOrganization, Membership, User};

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

/// What shortcodes can name: a user, and the organization that their session is in.
pub fn subjects(user: &User, organization: Option<&ActiveOrganization>) -> Value {
    let membership = organization.and_then(|active| user.memberships.iter().find(|it| it.organization.id == active.id));
    json!({
        "user": shortcode_user(user),
        "org": membership.map(shortcode_organization),
        "org_membership": membership.map(|membership| json!({ "public_metadata": membership.public_metadata })),
    })
}

fn shortcode_organization(membership: &Membership) -> Value {
    let organization = &membership.organization;
    json!({
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "image_url": "",
        "has_image": false,
        "role": membership.role.key,
        "public_metadata": organization.public_metadata,
    })
}

/// Private metadata is not among it.
fn shortcode_user(user: &User) -> Value {
    let roles = user.memberships.iter().map(|it| (it.organization.id.clone(), it.role.key.as_str().into()));
    let primary = user.email_addresses.first();
    let email = primary.map(|email| email.email_address.as_str());
    let names: Vec<&str> = [&user.first_name, &user.last_name].into_iter().flatten().map(String::as_str).collect();
    let full_name = (!names.is_empty()).then(|| names.join(" "));
    json!({
        "id": user.id,
        "external_id": user.external_id,
        "username": user.username,
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
        "organizations": Value::Object(roles.collect()),
        "public_metadata": user.public_metadata,
        "unsafe_metadata": user.unsafe_metadata,
        "last_sign_in_at": user.last_sign_in_at.map(|time| time.as_secs()),
        "created_at": user.created_at.as_secs(),
        "updated_at": user.updated_at.as_secs(),
    })
}

/// The claims of a template's token for some [`subjects`].
pub fn render(claims: &Map<String, Value>, subjects: &Value) -> Map<String, Value> {
    claims.iter().map(|(name, value)| (name.clone(), render_value(value, subjects))).collect()
}

fn render_value(value: &Value, subjects: &Value) -> Value {
    match value {
        Value::String(text) => render_text(text, subjects),
        Value::Array(values) => values.iter().map(|value| render_value(value, subjects)).collect(),
        Value::Object(object) => Value::Object(render(object, subjects)),
        other => other.clone(),
    }
}

fn render_text(text: &str, subjects: &Value) -> Value {
    let parts = split(text);
    if let [Part::Shortcode(expression)] = parts.as_slice() {
        return evaluate(expression, subjects).unwrap_or_default();
    }
    let rendered = parts.iter().map(|part| match part {
        Part::Text(text) => (*text).to_owned(),
        Part::Shortcode(expression) => evaluate(expression, subjects).map_or_else(String::new, in_text),
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
fn evaluate(mut expression: &str, subjects: &Value) -> Option<Value> {
    loop {
        let end = find_outside_quotes(expression, "||");
        let value = operand(expression[..end.unwrap_or(expression.len())].trim(), subjects);
        match (&value, end) {
            (None | Some(Value::Null | Value::Bool(false)), Some(end)) => expression = &expression[end + 2..],
            _ => return value,
        }
    }
}

/// A literal (a quoted text, a number, `true` or `false`) or what a path names.
fn operand(text: &str, subjects: &Value) -> Option<Value> {
    for quote in ['\'', '"'] {
        if let Some(literal) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return (!literal.contains(quote)).then(|| literal.into());
        }
    }
    match serde_json::from_str(text) {
        Ok(literal @ (Value::Bool(_) | Value::Number(_))) => Some(literal),
        _ => look_up(text, subjects),
    }
}

/// What `user.…`, `org.…` or `org_membership.…` names. Outside of an organization, what is asked of one is `null`.
fn look_up(path: &str, subjects: &Value) -> Option<Value> {
    let (root, path) = path.split_once('.')?;
    let subject = subjects.get(root)?;
    if subject.is_null() {
        return Some(Value::Null);
    }
    let mut names = path.split('.');
    let field = subject.get(names.next()?)?;
    let found = names.try_fold(field, |value, name| value.get(name));
    Some(found.cloned().unwrap_or_default())
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
