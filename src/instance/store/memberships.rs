//! Memberships: who belongs to which organization, and as what.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{
    Call, Store, StoreError, from_millis, json_column, millis,
    organizations::{self, Organization, OrganizationError, SharedMetadata, text},
    roles::{self, Role},
};
use crate::instance::{ids::new_id, metadata::How};

/// That a user belongs to an organization.
#[derive(Debug, Clone)]
pub struct Membership {
    /// `orgmem_…`
    pub id: String,
    /// The organization.
    pub organization: Organization,
    /// The user, as other members see them.
    pub user: PublicUser,
    /// What the user may do there.
    pub role: Role,
    /// Members may read it, only servers may change it.
    pub public_metadata: Map<String, Value>,
    /// Only servers may see it.
    pub private_metadata: Map<String, Value>,
    /// When the user joined.
    pub created_at: Duration,
    /// When it was last changed.
    pub updated_at: Duration,
}

/// What other members see of a user.
#[derive(Debug, Clone)]
pub struct PublicUser {
    /// `user_…`
    pub id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Their email address.
    pub identifier: String,
    /// `img_…`
    pub profile_image_id: Option<String>,
}

/// The organization that a session is in, as its tokens tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveOrganization {
    /// `org_…`
    pub id: String,
    pub slug: String,
    /// `org:…`
    pub role: String,
    /// `org:…:…`
    pub permissions: Vec<String>,
}

impl Store {
    /// Makes a user a member of an organization.
    pub async fn create_membership(
        &self,
        organization_id: String,
        user_id: String,
        role: String,
        now: Duration,
    ) -> Result<Membership, OrganizationError> {
        self.write(move |transaction| create_and_show(transaction, (&organization_id, &user_id), &role, now)).await?
    }

    /// Gives a member another role.
    pub async fn update_membership(
        &self,
        organization_id: String,
        user_id: String,
        role: String,
        now: Duration,
    ) -> Result<Membership, OrganizationError> {
        self.write(move |transaction| change_role(transaction, (&organization_id, &user_id), &role, now)).await?
    }

    /// Merges into a membership's metadata, or replaces it.
    pub async fn change_membership_metadata(
        &self,
        organization_id: String,
        user_id: String,
        change: SharedMetadata,
        how: How,
        now: Duration,
    ) -> Result<Membership, OrganizationError> {
        self.write(move |transaction| {
            let Some(mut found) = membership(transaction, &organization_id, &user_id)? else {
                return Ok(Err(OrganizationError::NotAMember));
            };
            if let Err(name) = change.apply(how, &mut found.public_metadata, &mut found.private_metadata) {
                return Ok(Err(OrganizationError::TooLarge(name)));
            }
            transaction.execute(
                "UPDATE organization_memberships SET public_metadata = ?2, private_metadata = ?3, updated_at = ?4
                 WHERE id = ?1",
                params![found.id, text(&found.public_metadata), text(&found.private_metadata), millis(now)],
            )?;
            found.updated_at = from_millis(millis(now));
            Ok(Ok(found))
        })
        .await?
    }

    /// Takes a user out of an organization, and their sessions, too. Returns the membership as it was.
    pub async fn delete_membership(
        &self,
        organization_id: String,
        user_id: String,
    ) -> Result<Option<Membership>, StoreError> {
        self.write(move |transaction| delete(transaction, &organization_id, &user_id)).await
    }
}

impl Call<'_> {
    /// What a token says of an organization (by id or slug) that a user belongs to.
    pub fn active_organization(&self, id_or_slug: &str, user_id: &str) -> rusqlite::Result<Option<ActiveOrganization>> {
        let Some(id) = organizations::id_of(self.transaction, id_or_slug)? else { return Ok(None) };
        let found = membership(self.transaction, &id, user_id)?;
        Ok(found.map(|membership| ActiveOrganization {
            id,
            slug: membership.organization.slug,
            role: membership.role.key,
            permissions: membership.role.permissions,
        }))
    }

    /// The membership of a user in an organization.
    pub fn membership(&self, organization_id: &str, user_id: &str) -> rusqlite::Result<Option<Membership>> {
        membership(self.transaction, organization_id, user_id)
    }

    /// Makes a user a member of an organization.
    pub fn create_membership(
        &self,
        organization_id: &str,
        user_id: &str,
        role: &str,
    ) -> rusqlite::Result<Result<Membership, OrganizationError>> {
        create_and_show(self.transaction, (organization_id, user_id), role, self.now)
    }

    /// Gives a member another role.
    pub fn update_membership(
        &self,
        organization_id: &str,
        user_id: &str,
        role: &str,
    ) -> rusqlite::Result<Result<Membership, OrganizationError>> {
        change_role(self.transaction, (organization_id, user_id), role, self.now)
    }

    /// Whether a member of an organization other than this user has a permission.
    pub fn others_have_permission(
        &self,
        organization_id: &str,
        user_id: &str,
        permission: &str,
    ) -> rusqlite::Result<bool> {
        self.transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM organization_memberships JOIN roles ON roles.key = role
               WHERE organization_id = ?1 AND user_id <> ?2 AND ?3 IN (SELECT value FROM json_each(permissions)))",
            [organization_id, user_id, permission],
            |row| row.get(0),
        )
    }

    /// Takes a user out of an organization, and their sessions, too. Returns the membership as it was.
    pub fn delete_membership(&self, organization_id: &str, user_id: &str) -> rusqlite::Result<Option<Membership>> {
        delete(self.transaction, organization_id, user_id)
    }
}

/// Writes a membership.
pub(super) fn create(
    transaction: &Transaction<'_>,
    organization_id: &str,
    user_id: &str,
    role: &str,
    now: Duration,
) -> rusqlite::Result<Result<(), OrganizationError>> {
    let Some(organization) = organizations::organization(transaction, organization_id)? else {
        return Ok(Err(OrganizationError::UnknownOrganization));
    };
    if !super::users::exists(transaction, user_id)? {
        return Ok(Err(OrganizationError::UnknownUser));
    }
    if !organizations::has_role(transaction, role)? {
        return Ok(Err(OrganizationError::UnknownRole));
    }
    if membership(transaction, organization_id, user_id)?.is_some() {
        return Ok(Err(OrganizationError::AlreadyAMember));
    }
    let most = organization.max_allowed_memberships;
    if most > 0 && count(transaction, organization_id)? >= most {
        return Ok(Err(OrganizationError::Full));
    }
    transaction.execute(
        "INSERT INTO organization_memberships (id, organization_id, user_id, role, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![new_id("orgmem"), organization_id, user_id, role, millis(now)],
    )?;
    Ok(Ok(()))
}

fn create_and_show(
    transaction: &Transaction<'_>,
    (organization_id, user_id): (&str, &str),
    role: &str,
    now: Duration,
) -> rusqlite::Result<Result<Membership, OrganizationError>> {
    let created = create(transaction, organization_id, user_id, role, now)?;
    read_back(transaction, organization_id, user_id, created)
}

fn change_role(
    transaction: &Transaction<'_>,
    (organization_id, user_id): (&str, &str),
    role: &str,
    now: Duration,
) -> rusqlite::Result<Result<Membership, OrganizationError>> {
    if !organizations::has_role(transaction, role)? {
        return Ok(Err(OrganizationError::UnknownRole));
    }
    transaction.execute(
        "UPDATE organization_memberships SET role = ?3, updated_at = ?4
         WHERE organization_id = ?1 AND user_id = ?2",
        params![organization_id, user_id, role, millis(now)],
    )?;
    read_back(transaction, organization_id, user_id, Ok(()))
}

fn delete(transaction: &Transaction<'_>, organization_id: &str, user_id: &str) -> rusqlite::Result<Option<Membership>> {
    let found = membership(transaction, organization_id, user_id)?;
    transaction.execute(
        "DELETE FROM organization_memberships WHERE organization_id = ?1 AND user_id = ?2",
        [organization_id, user_id],
    )?;
    transaction.execute(
        "UPDATE sessions SET last_active_organization_id = NULL
         WHERE last_active_organization_id = ?1 AND user_id = ?2",
        [organization_id, user_id],
    )?;
    Ok(found)
}

/// How many belong to an organization.
pub(super) fn count(transaction: &Transaction<'_>, organization_id: &str) -> rusqlite::Result<u32> {
    transaction.query_row(
        "SELECT count(*) FROM organization_memberships WHERE organization_id = ?1",
        [organization_id],
        |row| row.get(0),
    )
}

/// The membership of a user in an organization.
pub(super) fn membership(
    transaction: &Transaction<'_>,
    organization_id: &str,
    user_id: &str,
) -> rusqlite::Result<Option<Membership>> {
    transaction
        .prepare_cached("SELECT * FROM organization_memberships WHERE organization_id = ?1 AND user_id = ?2")?
        .query_row([organization_id, user_id], |row| row_to_membership(transaction, row))
        .optional()
}

/// All memberships of a user, the oldest first.
pub(super) fn of_user(transaction: &Transaction<'_>, user_id: &str) -> rusqlite::Result<Vec<Membership>> {
    transaction
        .prepare_cached("SELECT * FROM organization_memberships WHERE user_id = ?1 ORDER BY created_at, rowid")?
        .query_map([user_id], |row| row_to_membership(transaction, row))?
        .collect()
}

fn read_back(
    transaction: &Transaction<'_>,
    organization_id: &str,
    user_id: &str,
    written: Result<(), OrganizationError>,
) -> rusqlite::Result<Result<Membership, OrganizationError>> {
    match written {
        Ok(()) => Ok(membership(transaction, organization_id, user_id)?.ok_or(OrganizationError::NotAMember)),
        Err(error) => Ok(Err(error)),
    }
}

/// A row of the memberships, with the organization, the user and the role that it names.
pub(super) fn row_to_membership(transaction: &Transaction<'_>, row: &Row<'_>) -> rusqlite::Result<Membership> {
    let organization_id: String = row.get("organization_id")?;
    let (user_id, role): (String, String) = (row.get("user_id")?, row.get("role")?);
    let missing = || rusqlite::Error::QueryReturnedNoRows;
    Ok(Membership {
        id: row.get("id")?,
        organization: organizations::organization(transaction, &organization_id)?.ok_or_else(missing)?,
        user: public_user(transaction, user_id)?,
        role: roles::role(transaction, &role)?.ok_or_else(missing)?,
        public_metadata: json_column(row, "public_metadata")?,
        private_metadata: json_column(row, "private_metadata")?,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
    })
}

fn public_user(transaction: &Transaction<'_>, id: String) -> rusqlite::Result<PublicUser> {
    let name = |row: &Row<'_>, column| row.get(column).map(|name: String| Some(name).filter(|name| !name.is_empty()));
    let identifier = super::users::primary_email_address(transaction, &id)?.unwrap_or_default();
    transaction.prepare_cached("SELECT first_name, last_name, profile_image_id FROM users WHERE id = ?1")?.query_row(
        [id.clone()],
        |row| {
            let (first_name, last_name) = (name(row, 0)?, name(row, 1)?);
            Ok(PublicUser { id, first_name, last_name, identifier, profile_image_id: row.get(2)? })
        },
    )
}
