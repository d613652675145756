//! Organizations, one at a time.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{
    Call, Store, StoreError, from_millis, json_column, memberships, millis,
    roles::{self, Role},
};
use crate::instance::{
    ids::new_id,
    metadata::{self, How},
};

/// What the one who makes an organization becomes in it.
pub const CREATOR_ROLE: &str = "org:admin";

/// An organization.
#[derive(Debug, Clone)]
pub struct Organization {
    /// `org_…`
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The name, as addresses have it; no two have the same.
    pub slug: String,
    /// `img_…`
    pub logo_id: Option<String>,
    /// How many may belong to it; 0 for as many as like.
    pub max_allowed_memberships: u32,
    /// Whether its administrators may delete it.
    pub admin_delete_enabled: bool,
    /// Members may read it, only servers may change it.
    pub public_metadata: Map<String, Value>,
    /// Only servers may see it.
    pub private_metadata: Map<String, Value>,
    /// `user_…`, as long as there is such a user.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Duration,
    /// When it was last changed.
    pub updated_at: Duration,
}

/// An organization about to be made.
#[derive(Debug, Clone, Default)]
pub struct NewOrganization {
    /// Made up if it is left out.
    pub id: Option<String>,
    pub name: String,
    /// Made of the name if it is left out.
    pub slug: Option<String>,
    pub max_allowed_memberships: u32,
    pub public_metadata: Map<String, Value>,
    pub private_metadata: Map<String, Value>,
    /// Becomes its administrator.
    pub created_by: Option<String>,
}

/// New values; what is left out stays.
#[derive(Debug, Default)]
pub struct OrganizationChange {
    pub name: Option<String>,
    pub slug: Option<String>,
    pub max_allowed_memberships: Option<u32>,
    pub admin_delete_enabled: Option<bool>,
}

/// What to change of an organization's or a membership's metadata; what is left out stays.
#[derive(Debug, Default)]
pub struct SharedMetadata {
    pub public_metadata: Option<Map<String, Value>>,
    pub private_metadata: Option<Map<String, Value>>,
}

/// The organization, or what belongs to it, was not written.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("there is no such user")]
    UnknownUser,
    #[error("there is no such role")]
    UnknownRole,
    #[error("the user does not belong to the organization")]
    NotAMember,
    #[error("the user belongs to the organization already")]
    AlreadyAMember,
    #[error("nobody else may belong to the organization")]
    Full,
    #[error("another organization has this slug")]
    SlugTaken,
    /// Names the metadata.
    #[error("{0} would be too large")]
    TooLarge(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The organization with this id or slug.
    pub async fn organization(&self, id_or_slug: String) -> Result<Option<Organization>, StoreError> {
        self.write(move |transaction| {
            let id = id_of(transaction, &id_or_slug)?;
            id.map_or(Ok(None), |id| organization(transaction, &id))
        })
        .await
    }

    /// Makes an organization.
    pub async fn create_organization(
        &self,
        new: NewOrganization,
        now: Duration,
    ) -> Result<Organization, OrganizationError> {
        self.write(move |transaction| create(transaction, new, now)).await?
    }

    /// Changes an organization. Returns it as it is now.
    pub async fn update_organization(
        &self,
        id: String,
        change: OrganizationChange,
        now: Duration,
    ) -> Result<Organization, OrganizationError> {
        self.write(move |transaction| update(transaction, &id, &change, now)).await?
    }

    /// Merges into an organization's metadata, or replaces it. Returns the organization as it is now.
    pub async fn change_organization_metadata(
        &self,
        id: String,
        change: SharedMetadata,
        how: How,
        now: Duration,
    ) -> Result<Organization, OrganizationError> {
        self.write(move |transaction| {
            let Some(mut found) = organization(transaction, &id)? else {
                return Ok(Err(OrganizationError::UnknownOrganization));
            };
            if let Err(name) = change.apply(how, &mut found.public_metadata, &mut found.private_metadata) {
                return Ok(Err(OrganizationError::TooLarge(name)));
            }
            transaction.execute(
                "UPDATE organizations SET public_metadata = ?2, private_metadata = ?3, updated_at = ?4 WHERE id = ?1",
                params![id, text(&found.public_metadata), text(&found.private_metadata), millis(now)],
            )?;
            found.updated_at = from_millis(millis(now));
            Ok(Ok(found))
        })
        .await?
    }

    /// Deletes an organization and all that belongs to it. Returns it as it was, if there was one with this id.
    pub async fn delete_organization(&self, id: String) -> Result<Option<Organization>, StoreError> {
        self.write(move |transaction| delete(transaction, &id)).await
    }

    /// How many belong to an organization, and how many are invited.
    pub async fn organization_counts(&self, id: String, now: Duration) -> Result<(u32, u32), StoreError> {
        self.write(move |transaction| counts(transaction, &id, now)).await
    }
}

impl Call<'_> {
    /// The organization with this id.
    pub fn organization(&self, id: &str) -> rusqlite::Result<Option<Organization>> {
        organization(self.transaction, id)
    }

    /// As [`Store::organization_counts`].
    pub fn organization_counts(&self, id: &str) -> rusqlite::Result<(u32, u32)> {
        counts(self.transaction, id, self.now)
    }

    /// Every role.
    pub fn roles(&self) -> rusqlite::Result<Vec<Role>> {
        roles::all(self.transaction)
    }

    /// Changes an organization. Returns it as it is now.
    pub fn update_organization(
        &self,
        id: &str,
        change: &OrganizationChange,
    ) -> rusqlite::Result<Result<Organization, OrganizationError>> {
        update(self.transaction, id, change, self.now)
    }

    /// Deletes an organization and all that belongs to it. Returns it as it was.
    pub fn delete_organization(&self, id: &str) -> rusqlite::Result<Option<Organization>> {
        delete(self.transaction, id)
    }

    /// Makes an organization.
    pub fn create_organization(
        &self,
        new: NewOrganization,
    ) -> rusqlite::Result<Result<Organization, OrganizationError>> {
        create(self.transaction, new, self.now)
    }
}

impl SharedMetadata {
    /// Changes both; names the one that would be too large.
    pub(super) fn apply(
        &self,
        how: How,
        public: &mut Map<String, Value>,
        private: &mut Map<String, Value>,
    ) -> Result<(), &'static str> {
        metadata::change("public_metadata", public, self.public_metadata.as_ref(), how)?;
        metadata::change("private_metadata", private, self.private_metadata.as_ref(), how)
    }
}

fn update(
    transaction: &Transaction<'_>,
    id: &str,
    change: &OrganizationChange,
    now: Duration,
) -> rusqlite::Result<Result<Organization, OrganizationError>> {
    if let Some(slug) = &change.slug
        && id_of_slug(transaction, slug)?.is_some_and(|owner| owner != id)
    {
        return Ok(Err(OrganizationError::SlugTaken));
    }
    transaction.execute(
        "UPDATE organizations SET name = coalesce(?2, name), slug = coalesce(?3, slug),
           max_allowed_memberships = coalesce(?4, max_allowed_memberships),
           admin_delete_enabled = coalesce(?5, admin_delete_enabled), updated_at = ?6 WHERE id = ?1",
        params![id, change.name, change.slug, change.max_allowed_memberships, change.admin_delete_enabled, millis(now)],
    )?;
    Ok(organization(transaction, id)?.ok_or(OrganizationError::UnknownOrganization))
}

fn delete(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<Organization>> {
    let found = organization(transaction, id)?;
    transaction.execute("DELETE FROM organizations WHERE id = ?1", [id])?;
    Ok(found)
}

fn counts(transaction: &Transaction<'_>, id: &str, now: Duration) -> rusqlite::Result<(u32, u32)> {
    let members = memberships::count(transaction, id)?;
    let invited = transaction.query_row(
        "SELECT count(*) FROM organization_invitations
         WHERE organization_id = ?1 AND status = 'pending' AND expire_at > ?2",
        params![id, millis(now)],
        |row| row.get(0),
    )?;
    Ok((members, invited))
}

/// Makes an organization, with its creator as a member.
pub(super) fn create(
    transaction: &Transaction<'_>,
    new: NewOrganization,
    now: Duration,
) -> rusqlite::Result<Result<Organization, OrganizationError>> {
    let slug = match new.slug {
        Some(slug) if id_of_slug(transaction, &slug)?.is_some() => return Ok(Err(OrganizationError::SlugTaken)),
        Some(slug) => slug,
        None => free_slug(transaction, &new.name)?,
    };
    if let Some(user_id) = &new.created_by
        && !super::users::exists(transaction, user_id)?
    {
        return Ok(Err(OrganizationError::UnknownUser));
    }
    let id = new.id.unwrap_or_else(|| new_id("org"));
    transaction.execute(
        "INSERT INTO organizations (id, name, slug, max_allowed_memberships, admin_delete_enabled, public_metadata,
           private_metadata, created_by, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?8)",
        params![
            id,
            new.name,
            slug,
            new.max_allowed_memberships,
            text(&new.public_metadata),
            text(&new.private_metadata),
            new.created_by,
            millis(now)
        ],
    )?;
    if let Some(user_id) = &new.created_by
        && let Err(error) = memberships::create(transaction, &id, user_id, CREATOR_ROLE, now)?
    {
        return Ok(Err(error));
    }
    Ok(organization(transaction, &id)?.ok_or(OrganizationError::UnknownOrganization))
}

/// The organization with this id.
pub(super) fn organization(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<Organization>> {
    transaction
        .prepare_cached("SELECT * FROM organizations WHERE id = ?1")?
        .query_row([id], row_to_organization)
        .optional()
}

/// The id of the organization with this id or slug.
pub(super) fn id_of(transaction: &Transaction<'_>, id_or_slug: &str) -> rusqlite::Result<Option<String>> {
    transaction
        .prepare_cached("SELECT id FROM organizations WHERE id = ?1 OR slug = ?1")?
        .query_row([id_or_slug], |row| row.get(0))
        .optional()
}

/// Whether there is such a role.
pub(super) fn has_role(transaction: &Transaction<'_>, role: &str) -> rusqlite::Result<bool> {
    Ok(roles::role(transaction, role)?.is_some())
}

fn id_of_slug(transaction: &Transaction<'_>, slug: &str) -> rusqlite::Result<Option<String>> {
    transaction.query_row("SELECT id FROM organizations WHERE slug = ?1", [slug], |row| row.get(0)).optional()
}

/// The name as a slug; with something at random behind it where another organization has that.
fn free_slug(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<String> {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    let slug = if slug.is_empty() { "organization".to_owned() } else { slug };
    if id_of_slug(transaction, &slug)?.is_none() {
        return Ok(slug);
    }
    let random = new_id("x").to_ascii_lowercase();
    Ok(format!("{slug}-{}", random.trim_start_matches("x_")))
}

pub(super) fn row_to_organization(row: &Row<'_>) -> rusqlite::Result<Organization> {
    Ok(Organization {
        id: row.get("id")?,
        name: row.get("name")?,
        slug: row.get("slug")?,
        logo_id: row.get("logo_id")?,
        max_allowed_memberships: row.get("max_allowed_memberships")?,
        admin_delete_enabled: row.get("admin_delete_enabled")?,
        public_metadata: json_column(row, "public_metadata")?,
        private_metadata: json_column(row, "private_metadata")?,
        created_by: row.get("created_by")?,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
    })
}

/// A JSON object, as it is written down.
pub(super) fn text(object: &Map<String, Value>) -> String {
    Value::Object(object.clone()).to_string()
}
