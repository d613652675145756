//! Invitations to join an organization. This instance sends no messages: the invited find them once they are signed in.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, ToSql, Transaction, named_params, params};
use serde_json::{Map, Value};

use super::{
    Call, Page, Store, StoreError, from_millis, json_column, json_list, memberships, millis,
    organizations::{self, Organization, OrganizationError, text},
    roles::{self, Role},
    whole_or_nothing,
};
use crate::instance::ids::new_id;

/// An invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// `orginv_…`
    pub id: String,
    /// The organization.
    pub organization: Organization,
    /// Who is invited, in lower case.
    pub email_address: String,
    /// What they would become.
    pub role: Role,
    /// `pending`, `accepted`, `revoked` or `expired`.
    pub status: String,
    /// Becomes the membership's.
    pub public_metadata: Map<String, Value>,
    /// Becomes the membership's.
    pub private_metadata: Map<String, Value>,
    /// When it was made.
    pub created_at: Duration,
    /// When it was last changed.
    pub updated_at: Duration,
    /// Until when it can be accepted.
    pub expire_at: Duration,
}

/// An invitation about to be made. The email address is in lower case.
#[derive(Debug)]
pub struct NewInvitation {
    pub email_address: String,
    /// `org:…`
    pub role: String,
    pub inviter_user_id: Option<String>,
    pub public_metadata: Map<String, Value>,
    pub private_metadata: Map<String, Value>,
    pub lifetime: Duration,
}

/// The invitation was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    #[error(transparent)]
    Organization(#[from] OrganizationError),
    #[error("there is no such invitation")]
    UnknownInvitation,
    #[error("the address is invited already")]
    AlreadyInvited,
    #[error("the invitation is not pending any more")]
    NotPending,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every invitation, with its status at `:now`.
const INVITATIONS: &str = "(SELECT id, organization_id, email_address, role, public_metadata, private_metadata,
     created_at, updated_at, expire_at, rowid AS place,
     CASE WHEN status = 'pending' AND expire_at <= :now THEN 'expired' ELSE status END AS status
   FROM organization_invitations) AS invitations";

impl Store {
    /// Makes invitations to an organization: all of them, or none.
    pub async fn create_invitations(
        &self,
        organization_id: String,
        invitations: Vec<NewInvitation>,
        now: Duration,
    ) -> Result<Vec<Invitation>, InvitationError> {
        self.write(move |transaction| create_all(transaction, &organization_id, &invitations, now)).await?
    }

    /// A page of an organization's invitations with one of these statuses, or any, newest first, and how many there are.
    pub async fn invitations(
        &self,
        organization_id: String,
        statuses: Option<Vec<String>>,
        page: Page,
        now: Duration,
    ) -> Result<(Vec<Invitation>, u32), StoreError> {
        self.write(move |transaction| {
            list(transaction, ("organization_id", &organization_id), statuses.as_deref(), page, now)
        })
        .await
    }

    /// The invitation with this id.
    pub async fn invitation(&self, id: String, now: Duration) -> Result<Option<Invitation>, StoreError> {
        self.write(move |transaction| invitation(transaction, &id, now)).await
    }

    /// Takes a pending invitation back. Returns it as it is now.
    pub async fn revoke_invitation(&self, id: String, now: Duration) -> Result<Invitation, InvitationError> {
        self.write(move |transaction| settle(transaction, &id, "revoked", now)).await?
    }
}

impl Call<'_> {
    /// A page of the invitations for an email address, with one of these statuses, or any.
    pub fn invitations_for(
        &self,
        email_address: &str,
        statuses: Option<&[String]>,
        page: Page,
    ) -> rusqlite::Result<(Vec<Invitation>, u32)> {
        list(self.transaction, ("email_address", email_address), statuses, page, self.now)
    }

    /// A page of the invitations to an organization, with one of these statuses, or any.
    pub fn invitations_to(
        &self,
        organization_id: &str,
        statuses: Option<&[String]>,
        page: Page,
    ) -> rusqlite::Result<(Vec<Invitation>, u32)> {
        list(self.transaction, ("organization_id", organization_id), statuses, page, self.now)
    }

    /// The invitation with this id.
    pub fn invitation(&self, id: &str) -> rusqlite::Result<Option<Invitation>> {
        invitation(self.transaction, id, self.now)
    }

    /// Makes invitations to an organization: all of them, or none.
    pub fn create_invitations(
        &self,
        organization_id: &str,
        invitations: &[NewInvitation],
    ) -> rusqlite::Result<Result<Vec<Invitation>, InvitationError>> {
        create_all(self.transaction, organization_id, invitations, self.now)
    }

    /// Takes a pending invitation back. Returns it as it is now.
    pub fn revoke_invitation(&self, id: &str) -> rusqlite::Result<Result<Invitation, InvitationError>> {
        settle(self.transaction, id, "revoked", self.now)
    }

    /// Makes a user a member by a pending invitation for one of these addresses. Returns it as it is now.
    pub fn accept_invitation(
        &self,
        id: &str,
        user_id: &str,
        email_addresses: &[String],
    ) -> rusqlite::Result<Result<Invitation, InvitationError>> {
        let found = invitation(self.transaction, id, self.now)?;
        let Some(found) = found.filter(|found| email_addresses.contains(&found.email_address)) else {
            return Ok(Err(InvitationError::UnknownInvitation));
        };
        if found.status != "pending" {
            return Ok(Err(InvitationError::NotPending));
        }
        let organization_id = &found.organization.id;
        let joined = memberships::create(self.transaction, organization_id, user_id, &found.role.key, self.now)?;
        if let Err(error) = joined {
            return Ok(Err(error.into()));
        }
        self.transaction.execute(
            "UPDATE organization_memberships SET public_metadata = ?3, private_metadata = ?4
             WHERE organization_id = ?1 AND user_id = ?2",
            params![organization_id, user_id, text(&found.public_metadata), text(&found.private_metadata)],
        )?;
        settle(self.transaction, id, "accepted", self.now)
    }
}

fn create_all(
    transaction: &Transaction<'_>,
    organization_id: &str,
    invitations: &[NewInvitation],
    now: Duration,
) -> rusqlite::Result<Result<Vec<Invitation>, InvitationError>> {
    whole_or_nothing(transaction, || {
        let mut made = Vec::new();
        for invitation in invitations {
            match create(transaction, organization_id, invitation, now)? {
                Ok(invitation) => made.push(invitation),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(made))
    })
}

fn create(
    transaction: &Transaction<'_>,
    organization_id: &str,
    new: &NewInvitation,
    now: Duration,
) -> rusqlite::Result<Result<Invitation, InvitationError>> {
    if organizations::organization(transaction, organization_id)?.is_none() {
        return Ok(Err(OrganizationError::UnknownOrganization.into()));
    }
    if !organizations::has_role(transaction, &new.role)? {
        return Ok(Err(OrganizationError::UnknownRole.into()));
    }
    if let Some(inviter) = &new.inviter_user_id
        && memberships::membership(transaction, organization_id, inviter)?.is_none()
    {
        return Ok(Err(OrganizationError::NotAMember.into()));
    }
    if is_invited(transaction, organization_id, &new.email_address, now)? {
        return Ok(Err(InvitationError::AlreadyInvited));
    }
    let id = new_id("orginv");
    transaction.execute(
        "INSERT INTO organization_invitations (id, organization_id, email_address, role, status, inviter_user_id,
           public_metadata, private_metadata, created_at, updated_at, expire_at)
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?7, ?8, ?8, ?9)",
        params![
            id,
            organization_id,
            new.email_address,
            new.role,
            new.inviter_user_id,
            text(&new.public_metadata),
            text(&new.private_metadata),
            millis(now),
            millis(now + new.lifetime)
        ],
    )?;
    Ok(invitation(transaction, &id, now)?.ok_or(InvitationError::UnknownInvitation))
}

/// Whether the address belongs to a member, or has a pending invitation.
fn is_invited(
    transaction: &Transaction<'_>,
    organization_id: &str,
    email_address: &str,
    now: Duration,
) -> rusqlite::Result<bool> {
    transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM organization_invitations
           WHERE email_address = ?2 AND organization_id = ?1 AND status = 'pending' AND expire_at > ?3)
         OR EXISTS (SELECT 1 FROM email_addresses
           JOIN organization_memberships ON organization_memberships.user_id = email_addresses.user_id
           WHERE email_address = ?2 AND organization_id = ?1)",
        params![organization_id, email_address, millis(now)],
        |row| row.get(0),
    )
}

/// Ends the waiting of a pending invitation.
fn settle(
    transaction: &Transaction<'_>,
    id: &str,
    status: &str,
    now: Duration,
) -> rusqlite::Result<Result<Invitation, InvitationError>> {
    let changed = transaction.execute(
        "UPDATE organization_invitations SET status = ?2, updated_at = ?3
         WHERE id = ?1 AND status = 'pending' AND expire_at > ?3",
        params![id, status, millis(now)],
    )?;
    Ok(match invitation(transaction, id, now)? {
        Some(invitation) if changed > 0 => Ok(invitation),
        Some(_) => Err(InvitationError::NotPending),
        None => Err(InvitationError::UnknownInvitation),
    })
}

/// Those whose `column`, which is indexed, has a value.
fn list(
    transaction: &Transaction<'_>,
    (column, value): (&str, &str),
    statuses: Option<&[String]>,
    page: Page,
    now: Duration,
) -> rusqlite::Result<(Vec<Invitation>, u32)> {
    let statuses = statuses.map(json_list);
    let wanted: &[(&str, &dyn ToSql)] = named_params! { ":now": millis(now), ":value": value, ":statuses": statuses };
    let matches = format!(
        "FROM {INVITATIONS} WHERE {column} = :value
         AND (:statuses IS NULL OR status IN (SELECT value FROM json_each(:statuses)))"
    );
    let total = transaction.query_row(&format!("SELECT count(*) {matches}"), wanted, |row| row.get(0))?;
    let paged: &[(&str, &dyn ToSql)] = named_params! { ":limit": page.limit, ":offset": page.offset };
    let sql = format!("SELECT * {matches} ORDER BY created_at DESC, place DESC LIMIT :limit OFFSET :offset");
    let mut statement = transaction.prepare(&sql)?;
    let found = statement
        .query_map([wanted, paged].concat().as_slice(), |row| row_to_invitation(transaction, row))?
        .collect::<Result<_, _>>()?;
    Ok((found, total))
}

fn invitation(transaction: &Transaction<'_>, id: &str, now: Duration) -> rusqlite::Result<Option<Invitation>> {
    let wanted: &[(&str, &dyn ToSql)] = named_params! { ":now": millis(now), ":id": id };
    transaction
        .query_row(&format!("SELECT * FROM {INVITATIONS} WHERE id = :id"), wanted, |row| {
            row_to_invitation(transaction, row)
        })
        .optional()
}

fn row_to_invitation(transaction: &Transaction<'_>, row: &Row<'_>) -> rusqlite::Result<Invitation> {
    let (organization_id, role): (String, String) = (row.get("organization_id")?, row.get("role")?);
    let missing = || rusqlite::Error::QueryReturnedNoRows;
    Ok(Invitation {
        id: row.get("id")?,
        organization: organizations::organization(transaction, &organization_id)?.ok_or_else(missing)?,
        email_address: row.get("email_address")?,
        role: roles::role(transaction, &role)?.ok_or_else(missing)?,
        status: row.get("status")?,
        public_metadata: json_column(row, "public_metadata")?,
        private_metadata: json_column(row, "private_metadata")?,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
        expire_at: from_millis(row.get("expire_at")?),
    })
}
