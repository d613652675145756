//! Organizations and who belongs to them, as the Backend API shows them (`@clerk/backend`, `OrganizationJSON`).

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::json::or_default;

/// An organization. All times are milliseconds since the Unix epoch.
///
/// Not `Serialize`, because `private_metadata` must not leave the server; its `Debug` shows the id alone.
#[derive(Clone, Deserialize)]
pub struct Organization {
    /// `org_…`
    pub id: String,
    /// Name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The name, as addresses have it.
    pub slug: Option<String>,
    /// The logo, or one that Clerk made up.
    pub image_url: Option<String>,
    /// Whether the logo is the organization's own.
    #[serde(default, deserialize_with = "or_default")]
    pub has_image: bool,
    /// How many belong to it; counted only if asked for.
    pub members_count: Option<u64>,
    /// How many are invited.
    pub pending_invitations_count: Option<u64>,
    /// How many may belong to it; 0 for as many as like.
    pub max_allowed_memberships: Option<u64>,
    /// Whether its administrators may delete it.
    #[serde(default, deserialize_with = "or_default")]
    pub admin_delete_enabled: bool,
    /// Members may read it; servers write it.
    #[serde(default, deserialize_with = "or_default")]
    pub public_metadata: Map<String, Value>,
    /// Servers alone read and write it.
    #[serde(default, deserialize_with = "or_default")]
    pub private_metadata: Map<String, Value>,
    /// `user_…`
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Option<u64>,
    /// When anything changed.
    pub updated_at: Option<u64>,
}

impl fmt::Debug for Organization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Organization").field("id", &self.id).finish_non_exhaustive()
    }
}

/// That a user belongs to an organization. All times are milliseconds since the Unix epoch.
///
/// Not `Serialize`, because `private_metadata` must not leave the server; its `Debug` shows the id and the role alone.
#[derive(Clone, Deserialize)]
pub struct OrganizationMembership {
    /// `orgmem_…`
    pub id: String,
    /// Such as `org:admin`.
    #[serde(default, deserialize_with = "or_default")]
    pub role: String,
    /// What the role lets its holder do, such as `org:sys_memberships:manage`.
    #[serde(default, deserialize_with = "or_default")]
    pub permissions: Vec<String>,
    /// The organization.
    pub organization: Option<Organization>,
    /// The user.
    pub public_user_data: Option<PublicUserData>,
    /// Members may read it; servers write it.
    #[serde(default, deserialize_with = "or_default")]
    pub public_metadata: Map<String, Value>,
    /// Servers alone read and write it.
    #[serde(default, deserialize_with = "or_default")]
    pub private_metadata: Map<String, Value>,
    /// When the user joined.
    pub created_at: Option<u64>,
    /// When anything changed.
    pub updated_at: Option<u64>,
}

impl fmt::Debug for OrganizationMembership {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = formatter.debug_struct("OrganizationMembership");
        text.field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// What other members see of a user.
#[derive(Clone, Deserialize)]
pub struct PublicUserData {
    /// `user_…`
    pub user_id: Option<String>,
    /// An email address, a phone number or a username.
    pub identifier: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// The portrait, or one that Clerk made up.
    pub image_url: Option<String>,
    /// Whether the portrait is the user's own.
    #[serde(default, deserialize_with = "or_default")]
    pub has_image: bool,
}
