//! Domains of organizations: whoever has an email address there may be let in.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{
    Call, Page, Store, StoreError, from_millis, millis,
    organizations::{self, OrganizationError},
};
use crate::instance::ids::new_id;

/// A domain of an organization.
#[derive(Debug, Clone)]
pub struct Domain {
    /// `orgdmn_…`
    pub id: String,
    /// `org_…`
    pub organization_id: String,
    /// In lower case.
    pub name: String,
    /// `manual_invitation`, `automatic_invitation` or `automatic_suggestion`.
    pub enrollment_mode: String,
    /// Whether it was shown to be the organization's.
    pub verified: bool,
    /// When it was added.
    pub created_at: Duration,
    /// When it was last changed.
    pub updated_at: Duration,
}

/// New values; what is left out stays.
#[derive(Debug, Default)]
pub struct DomainChange {
    pub enrollment_mode: Option<String>,
    pub verified: Option<bool>,
}

/// The domain was not written.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    #[error(transparent)]
    Organization(#[from] OrganizationError),
    #[error("the organization has no such domain")]
    UnknownDomain,
    #[error("an organization has this domain")]
    NameTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// A page of an organization's domains, newest first, and how many there are.
    pub async fn domains(
        &self,
        organization_id: String,
        filter: DomainChange,
        page: Page,
    ) -> Result<(Vec<Domain>, u32), StoreError> {
        self.write(move |transaction| list(transaction, &organization_id, &filter, page)).await
    }

    /// Adds a domain to an organization. Its name is in lower case.
    pub async fn create_domain(
        &self,
        organization_id: String,
        name: String,
        enrollment_mode: String,
        verified: bool,
        now: Duration,
    ) -> Result<Domain, DomainError> {
        self.write(move |transaction| {
            if organizations::organization(transaction, &organization_id)?.is_none() {
                return Ok(Err(OrganizationError::UnknownOrganization.into()));
            }
            let id = new_id("orgdmn");
            let written = transaction.execute(
                "INSERT INTO organization_domains
                   (id, organization_id, name, enrollment_mode, verified, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (name) DO NOTHING",
                params![id, organization_id, name, enrollment_mode, verified, millis(now)],
            )?;
            if written == 0 {
                return Ok(Err(DomainError::NameTaken));
            }
            Ok(domain(transaction, &organization_id, &id)?.ok_or(DomainError::UnknownDomain))
        })
        .await?
    }

    /// Changes a domain. Returns it as it is now.
    pub async fn update_domain(
        &self,
        organization_id: String,
        id: String,
        change: DomainChange,
        now: Duration,
    ) -> Result<Option<Domain>, StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE organization_domains SET enrollment_mode = coalesce(?3, enrollment_mode),
                   verified = coalesce(?4, verified), updated_at = ?5 WHERE organization_id = ?1 AND id = ?2",
                params![organization_id, id, change.enrollment_mode, change.verified, millis(now)],
            )?;
            domain(transaction, &organization_id, &id)
        })
        .await
    }

    /// Removes a domain. Returns whether there was one.
    pub async fn delete_domain(&self, organization_id: String, id: String) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            let deleted = transaction.execute(
                "DELETE FROM organization_domains WHERE organization_id = ?1 AND id = ?2",
                [organization_id, id],
            )?;
            Ok(deleted > 0)
        })
        .await
    }
}

impl Call<'_> {
    /// As [`Store::domains`], whatever they are like.
    pub fn domains(&self, organization_id: &str, page: Page) -> rusqlite::Result<(Vec<Domain>, u32)> {
        list(self.transaction, organization_id, &DomainChange::default(), page)
    }
}

fn list(
    transaction: &Transaction<'_>,
    organization_id: &str,
    filter: &DomainChange,
    page: Page,
) -> rusqlite::Result<(Vec<Domain>, u32)> {
    let matches = "FROM organization_domains WHERE organization_id = ?1
       AND (?2 IS NULL OR enrollment_mode = ?2) AND (?3 IS NULL OR verified = ?3)";
    let wanted = params![organization_id, filter.enrollment_mode, filter.verified];
    let total = transaction.query_row(&format!("SELECT count(*) {matches}"), wanted, |row| row.get(0))?;
    let found = transaction
        .prepare(&format!("SELECT * {matches} ORDER BY created_at DESC, rowid DESC LIMIT ?4 OFFSET ?5"))?
        .query_map(
            params![organization_id, filter.enrollment_mode, filter.verified, page.limit, page.offset],
            row_to_domain,
        )?
        .collect::<Result<_, _>>()?;
    Ok((found, total))
}

fn domain(transaction: &Transaction<'_>, organization_id: &str, id: &str) -> rusqlite::Result<Option<Domain>> {
    transaction
        .query_row(
            "SELECT * FROM organization_domains WHERE organization_id = ?1 AND id = ?2",
            [organization_id, id],
            row_to_domain,
        )
        .optional()
}

fn row_to_domain(row: &Row<'_>) -> rusqlite::Result<Domain> {
    Ok(Domain {
        id: row.get("id")?,
        organization_id: row.get("organization_id")?,
        name: row.get("name")?,
        enrollment_mode: row.get("enrollment_mode")?,
        verified: row.get("verified")?,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
    })
}
