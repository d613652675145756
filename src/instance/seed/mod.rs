//! Who and what is in an instance from the start. The ids are fixed, so that tests and examples can name them.
//!
//! - `default`: without a seed file; `file`: what a seed file says
//!
//! The store writes what is missing, by id, and never changes what is there.

mod default;
mod file;

use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::store::{Role, TemplateContent};

#[cfg(test)]
pub use default::{ACME, SEED_TEMPLATE_ID};
pub use default::{SEED_PASSWORD, SEED_USERS, SeedUser};
pub use file::SeedError;

/// Who and what is in an instance from the start.
#[derive(Debug)]
pub struct Seed {
    pub users: Vec<Person>,
    pub roles: Vec<Role>,
    pub organizations: Vec<Organization>,
    pub jwt_templates: Vec<JwtTemplate>,
    /// Whether what is missing is written at every start; otherwise only into a new file.
    pub at_every_start: bool,
}

/// Somebody to sign in as.
#[derive(Debug, Clone)]
pub struct Person {
    /// `user_…`
    pub id: String,
    /// Signs in with this; in lower case.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Signs in with this, too. No secret: it opens nothing but a demonstration on this machine.
    pub password: SecretString,
    /// What there is to try with this user.
    pub about: String,
    /// Whether the account is banned.
    pub banned: bool,
    /// Everybody may see it, only servers may change it.
    pub public_metadata: Map<String, Value>,
    /// Only servers may see it.
    pub private_metadata: Map<String, Value>,
    /// Browsers may change it.
    pub unsafe_metadata: Map<String, Value>,
}

/// An organization and who belongs to it.
#[derive(Debug, Clone)]
pub struct Organization {
    /// `org_…`
    pub id: String,
    pub name: String,
    pub slug: String,
    pub max_allowed_memberships: u32,
    pub public_metadata: Map<String, Value>,
    pub private_metadata: Map<String, Value>,
    pub members: Vec<Member>,
}

/// A member of an organization.
#[derive(Debug, Clone)]
pub struct Member {
    /// `user_…`
    pub user_id: String,
    /// `org:…`
    pub role: String,
}

/// A JWT template.
#[derive(Debug)]
pub struct JwtTemplate {
    /// `jtmp_…`
    pub id: String,
    pub content: TemplateContent,
}

impl Seed {
    /// The seed in a file, or the default one.
    ///
    /// # Errors
    /// When the file cannot be read, or is not right.
    pub fn read(file: Option<&PathBuf>) -> Result<Self, SeedError> {
        file.map_or_else(|| Ok(Self::default()), |path| file::read(path))
    }
}
