//! A seed file (TOML). What is wrong in it is named by line and field.
//!
//! Ids that are left out follow from the email address, the slug or the name: they are the same at every start.

use std::{
    collections::HashSet,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::{JwtTemplate, Member, Organization, Person, SEED_PASSWORD, Seed, default};
use crate::instance::{
    accounts::{PASSWORD_CHARS, is_email, normalise_email},
    ids::id_of,
    organization_claims::{MAX_PERMISSION_NAMES, custom, distinct_names},
    store::{Role, TemplateContent},
    templates::{
        CLOCK_SKEW_SECONDS, DEFAULT_CLOCK_SKEW_SECONDS, DEFAULT_LIFETIME_SECONDS, LIFETIME_SECONDS, is_reserved,
    },
};

/// The seed file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// It cannot be read.
    #[error("cannot read the seed file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no TOML, does not have a seed's form, or something in it cannot be.
    #[error("the seed file {}, line {line}: {complaint}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// The field, and what is wrong with it.
        complaint: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedFile {
    /// Of every user that has none of their own.
    password: Option<Spanned<String>>,
    #[serde(default)]
    users: Vec<UserEntry>,
    #[serde(default)]
    roles: Vec<RoleEntry>,
    #[serde(default)]
    organizations: Vec<OrganizationEntry>,
    #[serde(default)]
    jwt_templates: Vec<TemplateEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserEntry {
    id: Option<Spanned<String>>,
    email: Spanned<String>,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    password: Option<Spanned<String>>,
    #[serde(default)]
    about: String,
    #[serde(default)]
    banned: bool,
    #[serde(default)]
    public_metadata: Map<String, Value>,
    #[serde(default)]
    private_metadata: Map<String, Value>,
    #[serde(default)]
    unsafe_metadata: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleEntry {
    key: Spanned<String>,
    name: Option<String>,
    permissions: Spanned<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationEntry {
    id: Option<Spanned<String>>,
    name: String,
    slug: Spanned<String>,
    #[serde(default)]
    max_allowed_memberships: u32,
    #[serde(default)]
    public_metadata: Map<String, Value>,
    #[serde(default)]
    private_metadata: Map<String, Value>,
    #[serde(default)]
    members: Vec<MemberEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberEntry {
    /// An id or an email address.
    user: Spanned<String>,
    role: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateEntry {
    id: Option<Spanned<String>>,
    name: Spanned<String>,
    claims: Spanned<Map<String, Value>>,
    lifetime: Option<Spanned<u32>>,
    allowed_clock_skew: Option<Spanned<u32>>,
}

/// What is wrong, and at which bytes of the file.
struct Fault(Range<usize>, String);

/// Reads a seed file.
pub fn read(path: &Path) -> Result<Seed, SeedError> {
    let text = fs::read_to_string(path).map_err(|source| SeedError::Unreadable { path: path.to_owned(), source })?;
    // Not the whole of what is said about malformed files: it shows the line, and there may be a password in it.
    let malformed = |error: toml::de::Error| Fault(error.span().unwrap_or_default(), error.message().to_owned());
    toml::from_str(&text).map_err(malformed).and_then(seed).map_err(|Fault(place, complaint)| {
        let line = text[..place.start].matches('\n').count() + 1;
        SeedError::Invalid { path: path.to_owned(), line, complaint }
    })
}

fn seed(file: SeedFile) -> Result<Seed, Fault> {
    let mut names = Names::default();
    let default_password = password(file.password)?.unwrap_or_else(|| SEED_PASSWORD.into());
    let users = file.users.into_iter().map(|entry| user(entry, &default_password, &mut names));
    let users = users.collect::<Result<Vec<_>, _>>()?;
    let own_roles = file.roles.into_iter().map(|entry| role(entry, &mut names)).collect::<Result<Vec<_>, _>>()?;
    // Clerk's own two are there unless the file has others of their name.
    let replaced: HashSet<String> = own_roles.iter().map(|role| role.key.clone()).collect();
    let clerks = default::roles().into_iter().filter(|role| !replaced.contains(&role.key));
    let roles: Vec<Role> = clerks.chain(own_roles).collect();
    let organizations = file.organizations.into_iter().map(|entry| organization(entry, &users, &roles, &mut names));
    let organizations = organizations.collect::<Result<Vec<_>, _>>()?;
    let templates = file.jwt_templates.into_iter().map(|entry| template(entry, &mut names));
    let jwt_templates = templates.collect::<Result<Vec<_>, _>>()?;
    Ok(Seed { users, roles, organizations, jwt_templates, at_every_start: true })
}

/// What must not come twice.
#[derive(Default)]
struct Names(HashSet<(&'static str, String)>);

impl Names {
    fn add(&mut self, field: &'static str, name: &Spanned<String>) -> Result<(), Fault> {
        let new = self.0.insert((field, name.as_ref().to_lowercase()));
        if new { Ok(()) } else { Err(fault(name, &format!("{field} comes twice"))) }
    }

    /// The id that was given, or one that follows from `from`.
    fn id(&mut self, given: Option<Spanned<String>>, prefix: &str, from: &str) -> Result<String, Fault> {
        let Some(given) = given else { return Ok(id_of(prefix, from)) };
        let rest = given.as_ref().strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
        let plain = |rest: &&str| !rest.is_empty() && rest.chars().all(|character| character.is_ascii_alphanumeric());
        if rest.filter(plain).is_none() {
            return Err(fault(&given, &format!("id must be {prefix}_ and letters and digits")));
        }
        self.add("id", &given)?;
        Ok(given.into_inner())
    }
}

fn fault<T>(value: &Spanned<T>, complaint: &str) -> Fault {
    Fault(value.span(), complaint.to_owned())
}

fn password(value: Option<Spanned<String>>) -> Result<Option<SecretString>, Fault> {
    let Some(value) = value else { return Ok(None) };
    if PASSWORD_CHARS.contains(&value.as_ref().chars().count()) {
        return Ok(Some(value.into_inner().into()));
    }
    let (least, most) = (PASSWORD_CHARS.start(), PASSWORD_CHARS.end());
    Err(fault(&value, &format!("password must have {least} to {most} characters")))
}

fn user(entry: UserEntry, default_password: &SecretString, names: &mut Names) -> Result<Person, Fault> {
    let email = normalise_email(entry.email.as_ref());
    if !is_email(&email) {
        return Err(fault(&entry.email, "email must be an email address"));
    }
    names.add("email", &entry.email)?;
    Ok(Person {
        id: names.id(entry.id, "user", &email)?,
        email,
        first_name: entry.first_name,
        last_name: entry.last_name,
        password: password(entry.password)?.unwrap_or_else(|| default_password.clone()),
        about: entry.about,
        banned: entry.banned,
        public_metadata: entry.public_metadata,
        private_metadata: entry.private_metadata,
        unsafe_metadata: entry.unsafe_metadata,
    })
}

fn role(entry: RoleEntry, names: &mut Names) -> Result<Role, Fault> {
    let key = entry.key.as_ref();
    let plain = |rest: &str| {
        !rest.is_empty() && rest.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    if !key.strip_prefix("org:").is_some_and(plain) {
        return Err(fault(&entry.key, "key must be org: and letters, digits and _"));
    }
    names.add("key", &entry.key)?;
    let permission = |text: &String| {
        let parts = text.strip_prefix("org:").and_then(|rest| rest.split_once(':'));
        parts.is_some_and(|(feature, name)| plain(feature) && plain(name))
    };
    let permissions = entry.permissions.as_ref();
    if let Some(wrong) = permissions.iter().find(|text| !permission(text)) {
        return Err(fault(
            &entry.permissions,
            &format!("permissions: {wrong:?} must be org:, a feature, : and a name"),
        ));
    }
    let granted: Vec<(&str, &str)> = permissions.iter().filter_map(|text| custom(text)).collect();
    if distinct_names(&granted).len() > MAX_PERMISSION_NAMES {
        let most = format!("permissions must not have more than {MAX_PERMISSION_NAMES} different names");
        return Err(fault(&entry.permissions, &most));
    }
    Ok(Role {
        name: entry.name.unwrap_or_else(|| key.trim_start_matches("org:").to_owned()),
        key: key.clone(),
        permissions: entry.permissions.into_inner(),
    })
}

fn organization(
    entry: OrganizationEntry,
    users: &[Person],
    roles: &[Role],
    names: &mut Names,
) -> Result<Organization, Fault> {
    let slug = entry.slug.as_ref();
    let plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    if slug.is_empty() || !slug.chars().all(plain) {
        return Err(fault(&entry.slug, "slug must have small letters, digits and - only"));
    }
    names.add("slug", &entry.slug)?;
    let members = entry.members.iter().map(|entry| member(entry, users, roles));
    Ok(Organization {
        members: members.collect::<Result<_, _>>()?,
        id: names.id(entry.id, "org", slug)?,
        name: entry.name,
        slug: entry.slug.into_inner(),
        max_allowed_memberships: entry.max_allowed_memberships,
        public_metadata: entry.public_metadata,
        private_metadata: entry.private_metadata,
    })
}

fn member(entry: &MemberEntry, users: &[Person], roles: &[Role]) -> Result<Member, Fault> {
    let (wanted, role) = (entry.user.as_ref(), entry.role.as_ref());
    let user = users.iter().find(|user| user.id == *wanted || user.email == normalise_email(wanted));
    let user = user.ok_or_else(|| fault(&entry.user, "user must be the id or the email of a user in this file"))?;
    if !roles.iter().any(|known| known.key == *role) {
        let keys: Vec<&str> = roles.iter().map(|role| role.key.as_str()).collect();
        return Err(fault(&entry.role, &format!("role must be one of {}", keys.join(", "))));
    }
    Ok(Member { user_id: user.id.clone(), role: role.clone() })
}

fn template(entry: TemplateEntry, names: &mut Names) -> Result<JwtTemplate, Fault> {
    names.add("name", &entry.name)?;
    let name = entry.name.as_ref();
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(fault(&entry.name, "name must have letters, digits, - and _ only"));
    }
    if let Some(claim) = entry.claims.as_ref().keys().find(|claim| is_reserved(claim)) {
        return Err(fault(&entry.claims, &format!("claims must not set {claim}: a template has no say in it")));
    }
    let seconds = |field: &str, value: Option<Spanned<u32>>, bounds: std::ops::RangeInclusive<u32>, default| {
        let Some(value) = value else { return Ok(default) };
        if bounds.contains(value.as_ref()) {
            return Ok(value.into_inner());
        }
        Err(fault(&value, &format!("{field} must be {} to {} seconds", bounds.start(), bounds.end())))
    };
    let skew = ("allowed_clock_skew", entry.allowed_clock_skew);
    Ok(JwtTemplate {
        id: names.id(entry.id, "jtmp", name)?,
        content: TemplateContent {
            lifetime_seconds: seconds("lifetime", entry.lifetime, LIFETIME_SECONDS, DEFAULT_LIFETIME_SECONDS)?,
            allowed_clock_skew_seconds: seconds(skew.0, skew.1, CLOCK_SKEW_SECONDS, DEFAULT_CLOCK_SKEW_SECONDS)?,
            name: entry.name.into_inner(),
            claims: entry.claims.into_inner(),
        },
    })
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
