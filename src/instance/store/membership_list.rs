//! Organizations and memberships, found and counted.

use std::time::Duration;

use rusqlite::Transaction;

use super::{
    Call, Order, Page, Store, StoreError,
    conditions::Conditions,
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
                "(SELECT min(email_address) FROM email_addresses WHERE user_id = memberships.user_id)"
            }
            Self::FirstName => "(SELECT first_name FROM users WHERE users.id = memberships.user_id)",
            Self::LastName => "(SELECT last_name FROM users WHERE users.id = memberships.user_id)",
        }
    }
}

const MEMBERSHIPS: &str = "organization_memberships AS memberships";

const ORGANIZATION_QUERY: &str =
    r"id LIKE :query ESCAPE '\' OR name LIKE :query ESCAPE '\' OR slug LIKE :query ESCAPE '\'";

const MEMBER_QUERY: &str = r"EXISTS (SELECT 1 FROM users WHERE users.id = memberships.user_id AND (
       users.id LIKE :query ESCAPE '\' OR first_name || ' ' || last_name LIKE :query ESCAPE '\'
       OR EXISTS (SELECT 1 FROM email_addresses WHERE user_id = users.id AND email_address LIKE :query ESCAPE '\')))";

impl OrganizationFilter {
    fn conditions(&self) -> Conditions {
        Conditions::default()
            .on_list(":ids", self.ids.as_deref(), "id IN (SELECT value FROM json_each(:ids))")
            .on_list(
                ":users",
                self.user_ids.as_deref(),
                "id IN (SELECT organization_id FROM organization_memberships
                   WHERE user_id IN (SELECT value FROM json_each(:users)))",
            )
            .on_piece(":query", self.query.as_deref(), ORGANIZATION_QUERY)
    }
}

impl MembershipFilter {
    fn conditions(&self) -> Conditions {
        let millis = |time: Option<Duration>| time.map(super::millis);
        Conditions::default()
            .on(":organization", self.organization_id.clone(), "organization_id = :organization")
            .on_list(":users", self.user_ids.as_deref(), "user_id IN (SELECT value FROM json_each(:users))")
            .on_list(
                ":emails",
                self.email_addresses.as_deref(),
                "user_id IN (SELECT user_id FROM email_addresses
                   WHERE email_address IN (SELECT value FROM json_each(:emails)))",
            )
            .on_list(":roles", self.roles.as_deref(), "role IN (SELECT value FROM json_each(:roles))")
            .on(":before", millis(self.created_before), "memberships.created_at < :before")
            .on(":after", millis(self.created_after), "memberships.created_at > :after")
            .on_piece(":query", self.query.as_deref(), MEMBER_QUERY)
    }
}

impl Store {
    /// A page of the organizations that match, and how many match in all.
    pub async fn organizations(
        &self,
        filter: OrganizationFilter,
        order: Order<OrganizationColumn>,
        page: Page,
    ) -> Result<(Vec<Organization>, u32), StoreError> {
        self.write(move |transaction| {
            let conditions = filter.conditions();
            let matches = conditions.sql();
            let count = format!("SELECT count(*) FROM organizations WHERE {matches}");
            let total = transaction.query_row(&count, &*conditions.values(), |row| row.get(0))?;
            let sql = format!(
                "SELECT * FROM organizations WHERE {matches} ORDER BY {} {direction}, rowid {direction}
                 LIMIT :limit OFFSET :offset",
                order.column.sql(),
                direction = order.direction()
            );
            let mut statement = transaction.prepare(&sql)?;
            let found = statement.query_map(&*conditions.values_of_page(&page), row_to_organization)?;
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
    let conditions = filter.conditions();
    let matches = conditions.sql();
    let count = format!("SELECT count(*) FROM {MEMBERSHIPS} WHERE {matches}");
    let total = transaction.query_row(&count, &*conditions.values(), |row| row.get(0))?;
    let sql = format!(
        "SELECT * FROM {MEMBERSHIPS} WHERE {matches} ORDER BY {} {direction}, rowid {direction}
         LIMIT :limit OFFSET :offset",
        order.column.sql(),
        direction = order.direction()
    );
    let mut statement = transaction.prepare(&sql)?;
    let found = statement.query_map(&*conditions.values_of_page(&page), |row| row_to_membership(transaction, row))?;
    Ok((found.collect::<Result<_, _>>()?, total))
}
