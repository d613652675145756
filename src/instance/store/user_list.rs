//! Users, found and counted.

use std::time::Duration;

use rusqlite::{ToSql, named_params};

use super::{
    Order, Page, Store, StoreError, json_list, like,
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

const MATCHES: &str = r"(:emails IS NULL OR EXISTS (SELECT 1 FROM email_addresses
       WHERE user_id = users.id AND email_address IN (SELECT value FROM json_each(:emails))))
     AND (:ids IS NULL OR users.id IN (SELECT value FROM json_each(:ids)))
     AND (:external_ids IS NULL OR users.external_id IN (SELECT value FROM json_each(:external_ids)))
     AND (:usernames IS NULL OR users.username IN (SELECT value FROM json_each(:usernames)))
     AND (:organizations IS NULL OR EXISTS (SELECT 1 FROM organization_memberships AS memberships
       WHERE memberships.user_id = users.id AND organization_id IN (SELECT value FROM json_each(:organizations))))
     AND (:created_after IS NULL OR users.created_at > :created_after)
     AND (:created_before IS NULL OR users.created_at < :created_before)
     AND (:active_after IS NULL OR users.last_active_at > :active_after)
     AND (:active_before IS NULL OR users.last_active_at < :active_before)
     AND (:sign_in_after IS NULL OR users.last_sign_in_at > :sign_in_after)
     AND (:sign_in_before IS NULL OR users.last_sign_in_at < :sign_in_before)
     AND (:query IS NULL OR users.id LIKE :query ESCAPE '\' OR first_name || ' ' || last_name LIKE :query ESCAPE '\'
       OR username LIKE :query ESCAPE '\'
       OR EXISTS (SELECT 1 FROM email_addresses WHERE user_id = users.id AND email_address LIKE :query ESCAPE '\')
     )";

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
            let sql = format!(
                "SELECT * FROM users WHERE {MATCHES} ORDER BY {} {direction}, rowid {direction}
                 LIMIT :limit OFFSET :offset",
                order.column.sql()
            );
            let wanted = Parameters::of(&filter);
            let paged: &[(&str, &dyn ToSql)] = named_params! { ":limit": page.limit, ":offset": page.offset };
            let mut statement = transaction.prepare(&sql)?;
            let parameters = [&wanted.named(), paged].concat();
            let mut users =
                statement.query_map(parameters.as_slice(), row_to_user)?.collect::<Result<Vec<User>, _>>()?;
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
            let sql = format!("SELECT count(*) FROM users WHERE {MATCHES}");
            transaction.query_row(&sql, &Parameters::of(&filter).named(), |row| row.get(0))
        })
        .await
    }
}

/// The values of [`MATCHES`].
struct Parameters {
    lists: [Option<String>; 5],
    query: Option<String>,
    times: [Option<i64>; 6],
}

impl Parameters {
    fn of(filter: &UserFilter) -> Self {
        let list = |values: &Option<Vec<String>>| values.as_deref().map(json_list);
        let UserFilter { created, last_active, last_sign_in, .. } = filter;
        let times = [created, last_active, last_sign_in].map(|range| [range.after, range.before]);
        let mut millis = times.into_iter().flatten().map(|time| time.map(super::millis));
        Self {
            lists: [
                list(&filter.email_addresses),
                list(&filter.ids),
                list(&filter.external_ids),
                list(&filter.usernames),
                list(&filter.organization_ids),
            ],
            query: filter.query.as_deref().map(like),
            times: std::array::from_fn(|_| millis.next().flatten()),
        }
    }

    fn named(&self) -> [(&str, &dyn ToSql); 12] {
        let [emails, ids, external_ids, usernames, organizations] = &self.lists;
        let [created_after, created_before, active_after, active_before, sign_in_after, sign_in_before] = &self.times;
        [
            (":emails", emails),
            (":ids", ids),
            (":external_ids", external_ids),
            (":usernames", usernames),
            (":organizations", organizations),
            (":query", &self.query),
            (":created_after", created_after),
            (":created_before", created_before),
            (":active_after", active_after),
            (":active_before", active_before),
            (":sign_in_after", sign_in_after),
            (":sign_in_before", sign_in_before),
        ]
    }
}
