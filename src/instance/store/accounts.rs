//! What signing in and up needs of the users.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};

use super::{Store, StoreError, millis};
use crate::instance::{ids::new_id, seed::SeedUser};

/// What a password is checked against, and whom it opens.
#[derive(Clone)]
pub struct Credentials {
    /// `user_…`
    pub user_id: String,
    /// PHC string.
    pub password_hash: String,
    /// Whether the account is banned.
    pub banned: bool,
}

/// A user about to be created. The email address is in lower case.
#[derive(Clone)]
pub struct NewUser {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub password_hash: String,
}

/// The user was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    #[error("the email address belongs to somebody")]
    EmailTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The credentials of the user with this email address (in lower case).
    pub async fn credentials(&self, email: String) -> Result<Option<Credentials>, StoreError> {
        self.write(move |transaction| {
            transaction
                .query_row(
                    "SELECT users.id, password_hash, banned FROM users
                     JOIN email_addresses ON email_addresses.user_id = users.id WHERE email_address = ?1",
                    [email],
                    |row| Ok(Credentials { user_id: row.get(0)?, password_hash: row.get(1)?, banned: row.get(2)? }),
                )
                .optional()
        })
        .await
    }

    /// Creates a user and returns their id.
    pub async fn create_user(&self, user: NewUser, now: Duration) -> Result<String, CreateUserError> {
        let id = self
            .write(move |transaction| {
                if email_taken(transaction, &user.email)? {
                    return Ok(None);
                }
                let id = new_id("user");
                insert(transaction, &id, &user, "{}", false, now)?;
                Ok(Some(id))
            })
            .await?;
        id.ok_or(CreateUserError::EmailTaken)
    }

    /// The email address a user signs in with.
    pub async fn email_of(&self, user_id: String) -> Result<Option<String>, StoreError> {
        self.write(move |transaction| {
            transaction
                .query_row("SELECT email_address FROM email_addresses WHERE user_id = ?1", [user_id], |row| row.get(0))
                .optional()
        })
        .await
    }
}

fn email_taken(transaction: &Transaction<'_>, email: &str) -> rusqlite::Result<bool> {
    transaction
        .query_row("SELECT EXISTS (SELECT 1 FROM email_addresses WHERE email_address = ?1)", [email], |row| row.get(0))
}

/// Writes a seeded user.
pub(super) fn insert_seed(
    transaction: &Transaction<'_>,
    seed: &SeedUser,
    password_hash: &str,
    now: Duration,
) -> rusqlite::Result<()> {
    let user = NewUser {
        first_name: seed.first_name.to_owned(),
        last_name: seed.last_name.to_owned(),
        email: seed.email.to_owned(),
        password_hash: password_hash.to_owned(),
    };
    let metadata = serde_json::json!({ "role": seed.role }).to_string();
    insert(transaction, seed.id, &user, &metadata, seed.banned, now)
}

fn insert(
    transaction: &Transaction<'_>,
    id: &str,
    user: &NewUser,
    public_metadata: &str,
    banned: bool,
    now: Duration,
) -> rusqlite::Result<()> {
    let now = millis(now);
    transaction.execute(
        "INSERT INTO users (id, first_name, last_name, password_hash, public_metadata, banned, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        params![id, user.first_name, user.last_name, user.password_hash, public_metadata, banned, now],
    )?;
    transaction.execute(
        "INSERT INTO email_addresses (id, user_id, email_address, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![new_id("idn"), id, user.email, now],
    )?;
    Ok(())
}
