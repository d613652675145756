//! Users, found and counted.

use std::time::Duration;

use super::{
    Order, Page, Store, StoreError,
    conditions::Conditions,
    users::{User, add_what_is_theirs, row_to_user},
};

/// Which users. What is left out lets everybody pass.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// One of these, in lower case.
    pub email_addresses: Option<Vec<String>>,
    /// One of these.
    pub ids: Option<Vec<String>>,
    /// One of these.
    pub external_ids: Option<Vec<String>>,
    /// One of these, in lower case.
    pub usernames: Option<Vec<String>>,
    /// Members of one of these.
    pub organization_ids: Option<Vec<String>>,
    /// A piece of the id, an email address, the username or the name; capitals do not matter in ASCII.
    pub query: Option<String>,
    pub created: TimeRange,
    pub last_active: TimeRange,
    pub last_sign_in: TimeRange,
}

/// What is before and after a time; neither bound is in it. Never is in no range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeRange {
    pub after: Option<Duration>,
    pub before: Option<Duration>,
}

/// What users can be ordered by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserColumn {
    CreatedAt,
    UpdatedAt,
    LastSignInAt,
    LastActiveAt,
    FirstName,
    LastName,
    Username,
}

impl UserColumn {
    const fn sql(self) -> &'static str {
        match self {
            Self::CreatedAt => "users.created_at",
            Self::UpdatedAt => "users.updated_at",
            Self::LastSignInAt => "users.last_sign_in_at",
            Self::LastActiveAt => "users.last_active_at",
            Self::FirstName => "users.first_name",
            Self::LastName => "users.last_name",
            Self::Username => "users.username",
        }
    }
}

const QUERY: &str = r"users.id LIKE :query ESCAPE '\' OR first_name || ' ' || last_name LIKE :query ESCAPE '\'
     OR username LIKE :query ESCAPE '\'
     OR EXISTS (SELECT 1 FROM email_addresses WHERE user_id = users.id AND email_address LIKE :query ESCAPE '\')";

impl Store {
    /// A page of the users that match.
    pub async fn users(
        &self,
        filter: UserFilter,
        order: Order<UserColumn>,
        page: Page,
    ) -> Result<Vec<User>, StoreError> {
        self.write(move |transaction| {
            let direction = order.direction();
            let conditions = filter.conditions();
            let sql = format!(
                "SELECT * FROM users WHERE {} ORDER BY {} {direction}, rowid {direction} LIMIT :limit OFFSET :offset",
                conditions.sql(),
                order.column.sql()
            );
            let mut statement = transaction.prepare(&sql)?;
            let found = statement.query_map(&*conditions.values_of_page(&page), row_to_user)?;
            let mut users = found.collect::<Result<Vec<User>, _>>()?;
            for user in &mut users {
                add_what_is_theirs(transaction, user)?;
            }
            Ok(users)
        })
        .await
    }

    /// How many users match.
    pub async fn count_users(&self, filter: UserFilter) -> Result<u32, StoreError> {
        self.write(move |transaction| {
            let conditions = filter.conditions();
            let sql = format!("SELECT count(*) FROM users WHERE {}", conditions.sql());
            transaction.query_row(&sql, &*conditions.values(), |row| row.get(0))
        })
        .await
    }
}

impl UserFilter {
    fn conditions(&self) -> Conditions {
        let Self { created, last_active, last_sign_in, .. } = self;
        let millis = |time: Option<Duration>| time.map(super::millis);
        Conditions::default()
            .on_list(
                ":emails",
                self.email_addresses.as_deref(),
                "users.id IN (SELECT user_id FROM email_addresses
                   WHERE email_address IN (SELECT value FROM json_each(:emails)))",
            )
            .on_list(":ids", self.ids.as_deref(), "users.id IN (SELECT value FROM json_each(:ids))")
            .on_list(
                ":external_ids",
                self.external_ids.as_deref(),
                "users.external_id IN (SELECT value FROM json_each(:external_ids))",
            )
            .on_list(
                ":usernames",
                self.usernames.as_deref(),
                "users.username IN (SELECT value FROM json_each(:usernames))",
            )
            .on_list(
                ":organizations",
                self.organization_ids.as_deref(),
                "users.id IN (SELECT user_id FROM organization_memberships
                   WHERE organization_id IN (SELECT value FROM json_each(:organizations)))",
            )
            .on(":created_after", millis(created.after), "users.created_at > :created_after")
            .on(":created_before", millis(created.before), "users.created_at < :created_before")
            .on(":active_after", millis(last_active.after), "users.last_active_at > :active_after")
            .on(":active_before", millis(last_active.before), "users.last_active_at < :active_before")
            .on(":sign_in_after", millis(last_sign_in.after), "users.last_sign_in_at > :sign_in_after")
            .on(":sign_in_before", millis(last_sign_in.before), "users.last_sign_in_at < :sign_in_before")
            .on_piece(":query", self.query.as_deref(), QUERY)
    }
}
