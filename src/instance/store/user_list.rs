//! Users, found and counted.

use rusqlite::{ToSql, named_params};

use super::{
    Order, Page, Store, StoreError, json_list, like,
    users::{User, add_what_is_theirs, row_to_user},
};

/// Which users. What is left out lets everybody pass.
#[derive(Default)]
pub struct UserFilter {
    /// One of these, in lower case.
    pub email_addresses: Option<Vec<String>>,
    /// One of these.
    pub ids: Option<Vec<String>>,
    /// A piece of the id, an email address or the name; capitals do not matter in ASCII.
    pub query: Option<String>,
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
        }
    }
}

const MATCHES: &str = r"(:emails IS NULL OR EXISTS (SELECT 1 FROM email_addresses
       WHERE user_id = users.id AND email_address IN (SELECT value FROM json_each(:emails))))
     AND (:ids IS NULL OR users.id IN (SELECT value FROM json_each(:ids)))
     AND (:query IS NULL OR users.id LIKE :query ESCAPE '\' OR first_name || ' ' || last_name LIKE :query ESCAPE '\'
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
            let (emails, ids, query) = filter.parameters();
            let parameters: &[(&str, &dyn ToSql)] = named_params! {
                ":emails": emails, ":ids": ids, ":query": query, ":limit": page.limit, ":offset": page.offset,
            };
            let mut statement = transaction.prepare(&sql)?;
            let mut users = statement.query_map(parameters, row_to_user)?.collect::<Result<Vec<User>, _>>()?;
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
            let (emails, ids, query) = filter.parameters();
            let parameters: &[(&str, &dyn ToSql)] = named_params! { ":emails": emails, ":ids": ids, ":query": query };
            transaction.query_row(&format!("SELECT count(*) FROM users WHERE {MATCHES}"), parameters, |row| row.get(0))
        })
        .await
    }
}

impl UserFilter {
    /// The values of [`MATCHES`].
    fn parameters(&self) -> (Option<String>, Option<String>, Option<String>) {
        let list = |values: &Option<Vec<String>>| values.as_deref().map(json_list);
        (list(&self.email_addresses), list(&self.ids), self.query.as_deref().map(like))
    }
}
