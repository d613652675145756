//! Organizations and memberships, found and counted.

use std::time::Duration;

use rusqlite::{ToSql, Transaction, named_params};

use super::{
    Call, Order, Page, Store, StoreError, json_list, like,
    memberships::{Membership, row_to_membership},
    organizations::{Organization, row_to_organization},
};

/// Which organizations. What is left out lets all pass.
#[derive(Debug, Default)]
pub struct OrganizationFilter {
    /// One of these.
    pub ids: Option<Vec<String>>,
    /// With one of these among the members.
    pub user_ids: Option<Vec<String>>,
    /// A piece of the id, the name or the slug; capitals do not matter in ASCII.
    pub query: Option<String>,
}

/// What organizations can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationColumn {
    CreatedAt,
    Name,
    MembersCount,
}

/// Which memberships. What is left out lets all pass.
#[derive(Debug, Default)]
pub struct MembershipFilter {
    pub organization_id: Option<String>,
    /// Of one of these.
    pub user_ids: Option<Vec<String>>,
    /// Of users with one of these, in lower case.
    pub email_addresses: Option<Vec<String>>,
    /// One of these.
    pub roles: Option<Vec<String>>,
    /// A piece of the user's id, an email address or the name.
    pub query: Option<String>,
    pub created_before: Option<Duration>,
    pub created_after: Option<Duration>,
}

/// What memberships can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipColumn {
    CreatedAt,
    EmailAddress,
    FirstName,
    LastName,
}

impl OrganizationColumn {
    const fn sql(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Name => "name",
            Self::MembersCount => {
                "(SELECT count(*) FROM organization_memberships WHERE organization_id = organizations.id)"
            }
        }
    }
}

impl MembershipColumn {
    const fn sql(self) -> &'static str {
        match self {
            Self::CreatedAt => "memberships.created_at",
            Self::EmailAddress => {
                "(SELECT min(email_address) FROM email_addresses WHERE email_addresses.user_id = users.id)"
            }
            Self::FirstName => "users.first_name",
            Self::LastName => "users.last_name",
        }
    }
}

const ORGANIZATION_MATCHES: &str = r"(:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
     AND (:users IS NULL OR id IN (SELECT organization_id FROM organization_memberships
       WHERE user_id IN (SELECT value FROM json_each(:users))))
     AND (:query IS NULL OR id LIKE :query ESCAPE '\' OR name LIKE :query ESCAPE '\' OR slug LIKE :query ESCAPE '\')";

const MEMBERSHIPS: &str = "organization_memberships AS memberships JOIN users ON users.id = memberships.user_id";

const MEMBERSHIP_MATCHES: &str = r"(:organization IS NULL OR organization_id = :organization)
     AND (:users IS NULL OR user_id IN (SELECT value FROM json_each(:users)))
     AND (:roles IS NULL OR role IN (SELECT value FROM json_each(:roles)))
     AND (:before IS NULL OR memberships.created_at < :before)
     AND (:after IS NULL OR memberships.created_at > :after)
     AND (:emails IS NULL OR EXISTS (SELECT 1 FROM email_addresses
       WHERE user_id = users.id AND email_address IN (SELECT value FROM json_each(:emails))))
     AND (:query IS NULL OR users.id LIKE :query ESCAPE '\' OR first_name || ' ' || last_name LIKE :query ESCAPE '\'
       OR EXISTS (SELECT 1 FROM email_addresses WHERE user_id = users.id AND email_address LIKE :query ESCAPE '\'))";

impl Store {
    /// A page of the organizations that match, and how many match in all.
    pub async fn organizations(
        &self,
        filter: OrganizationFilter,
        order: Order<OrganizationColumn>,
        page: Page,
    ) -> Result<(Vec<Organization>, u32), StoreError> {
        self.write(move |transaction| {
            let list = |values: &Option<Vec<String>>| values.as_deref().map(json_list);
            let (ids, users) = (list(&filter.ids), list(&filter.user_ids));
            let query = filter.query.as_deref().map(like);
            let wanted: &[(&str, &dyn ToSql)] = named_params! { ":ids": ids, ":users": users, ":query": query };
            let count = format!("SELECT count(*) FROM organizations WHERE {ORGANIZATION_MATCHES}");
            let total = transaction.query_row(&count, wanted, |row| row.get(0))?;
            let sql = format!(
                "SELECT * FROM organizations WHERE {ORGANIZATION_MATCHES} ORDER BY {} {direction}, rowid {direction}
                 LIMIT :limit OFFSET :offset",
                order.column.sql(),
                direction = order.direction()
            );
            let paged: &[(&str, &dyn ToSql)] = named_params! { ":limit": page.limit, ":offset": page.offset };
            let mut statement = transaction.prepare(&sql)?;
            let found = statement.query_map([wanted, paged].concat().as_slice(), row_to_organization)?;
            Ok((found.collect::<Result<_, _>>()?, total))
        })
        .await
    }

    /// A page of the memberships that match, and how many match in all.
    pub async fn memberships(
        &self,
        filter: MembershipFilter,
        order: Order<MembershipColumn>,
        page: Page,
    ) -> Result<(Vec<Membership>, u32), StoreError> {
        self.write(move |transaction| list(transaction, &filter, order, page)).await
    }
}

impl Call<'_> {
    /// As [`Store::memberships`].
    pub fn memberships(
        &self,
        filter: &MembershipFilter,
        order: Order<MembershipColumn>,
        page: Page,
    ) -> rusqlite::Result<(Vec<Membership>, u32)> {
        list(self.transaction, filter, order, page)
    }
}

fn list(
    transaction: &Transaction<'_>,
    filter: &MembershipFilter,
    order: Order<MembershipColumn>,
    page: Page,
) -> rusqlite::Result<(Vec<Membership>, u32)> {
    let list = |values: &Option<Vec<String>>| values.as_deref().map(json_list);
    let (users, emails) = (list(&filter.user_ids), list(&filter.email_addresses));
    let (roles, query) = (list(&filter.roles), filter.query.as_deref().map(like));
    let (before, after) = (filter.created_before.map(super::millis), filter.created_after.map(super::millis));
    let wanted: &[(&str, &dyn ToSql)] = named_params! {
        ":organization": filter.organization_id, ":users": users, ":emails": emails, ":roles": roles,
        ":query": query, ":before": before, ":after": after,
    };
    let count = format!("SELECT count(*) FROM {MEMBERSHIPS} WHERE {MEMBERSHIP_MATCHES}");
    let total = transaction.query_row(&count, wanted, |row| row.get(0))?;
    let sql = format!(
        "SELECT memberships.* FROM {MEMBERSHIPS} WHERE {MEMBERSHIP_MATCHES}
         ORDER BY {} {direction}, memberships.rowid {direction} LIMIT :limit OFFSET :offset",
        order.column.sql(),
        direction = order.direction()
    );
    let paged: &[(&str, &dyn ToSql)] = named_params! { ":limit": page.limit, ":offset": page.offset };
    let mut statement = transaction.prepare(&sql)?;
    let found = statement.query_map([wanted, paged].concat().as_slice(), |row| row_to_membership(transaction, row))?;
    Ok((found.collect::<Result<_, _>>()?, total))
}
