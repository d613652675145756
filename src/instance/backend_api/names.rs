//! What an application calls a user: an id of its own, a username, a locale. An empty text is none.

use super::request::{Fields, invalid};
use crate::instance::{
    clerk_error::ClerkError,
    store::{Call, CallError, UniqueName},
};

/// Clerk's own bounds.
const USERNAME_CHARS: std::ops::RangeInclusive<usize> = 4..=64;
const MAX_EXTERNAL_ID_CHARS: usize = 128;
/// The longest that BCP 47 recommends to expect.
const MAX_LOCALE_CHARS: usize = 35;

/// `external_id`, if it is to change.
pub fn external_id(fields: &Fields) -> Result<Option<String>, ClerkError> {
    let id = fields.removable_text("external_id")?;
    if id.is_some_and(|id| id.chars().count() > MAX_EXTERNAL_ID_CHARS) {
        let complaint = format!("must not have more than {MAX_EXTERNAL_ID_CHARS} characters");
        return Err(ClerkError::form("form_param_max_length_exceeded", "external_id", &complaint));
    }
    Ok(id.map(str::to_owned))
}

/// `username`, in lower case, if it is to change.
pub fn username(fields: &Fields) -> Result<Option<String>, ClerkError> {
    let Some(name) = fields.removable_text("username")?.map(str::to_lowercase) else { return Ok(None) };
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if name.is_empty() || (USERNAME_CHARS.contains(&name.len()) && name.chars().all(plain)) {
        return Ok(Some(name));
    }
    let complaint = "must have 4 to 64 letters, digits, - and _ of the Latin alphabet";
    Err(ClerkError::form("form_username_invalid_character", "username", complaint))
}

/// `locale`, if it is to change.
pub fn locale(fields: &Fields) -> Result<Option<String>, ClerkError> {
    let Some(locale) = fields.removable_text("locale")? else { return Ok(None) };
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '-';
    if locale.len() <= MAX_LOCALE_CHARS && locale.chars().all(plain) {
        return Ok(Some(locale.to_owned()));
    }
    Err(invalid("locale", "must be a language tag, such as fr-FR"))
}

/// Refuses a name that belongs to somebody other than `user_id`.
pub fn refuse_taken(
    call: &Call<'_>,
    user_id: Option<&str>,
    external_id: Option<&str>,
    username: Option<&str>,
) -> Result<(), CallError<ClerkError>> {
    let names = [(UniqueName::ExternalId, "external_id", external_id), (UniqueName::Username, "username", username)];
    for (kind, field, name) in names {
        let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
        if call.user_called(kind, name)?.is_some_and(|owner| Some(owner.as_str()) != user_id) {
            return Err(ClerkError::form("form_identifier_exists", field, "belongs to somebody").into());
        }
    }
    Ok(())
}
