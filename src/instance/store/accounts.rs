//! What signing in and up needs of the users.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Map, Value};

use super::{Call, Store, StoreError, User, millis, users::user};
use crate::instance::{ids::new_id, seed};

/// How an address is verified that an administrator vouches for.
pub const BY_ADMIN: &str = "admin";

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
#[derive(Clone, Default)]
pub struct NewUser {
    pub first_name: String,
    pub last_name: String,
    pub external_id: Option<String>,
    /// In lower case.
    pub username: Option<String>,
    pub locale: Option<String>,
    pub email: String,
    /// How the address was verified, if it was.
    pub verified_by: Option<&'static str>,
    pub password_hash: String,
    pub public_metadata: Map<String, Value>,
    pub unsafe_metadata: Map<String, Value>,
    pub banned: bool,
}

/// The user was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    #[error("the email address belongs to somebody")]
    EmailTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Nobody in particular was found.
#[derive(Debug, thiserror::Error)]
pub enum FindUserError {
    #[error("there is no such user")]
    Unknown,
    #[error("several users are called so")]
    Ambiguous,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The credentials of the user with this email address (in lower case).
    pub async fn credentials(&self, email: String) -> Result<Option<Credentials>, StoreError> {
        self.write(move |transaction| {
            let Some(owner) = owner_of_email(transaction, &email)? else { return Ok(None) };
            transaction
                .query_row("SELECT id, password_hash, banned FROM users WHERE id = ?1", [owner], |row| {
                    Ok(Credentials { user_id: row.get(0)?, password_hash: row.get(1)?, banned: row.get(2)? })
                })
                .optional()
        })
        .await
    }

    /// Creates a user and returns their id.
    pub async fn create_user(&self, user: NewUser, now: Duration) -> Result<String, CreateUserError> {
        self.write(move |transaction| {
            if owner_of_email(transaction, &user.email)?.is_some() {
                return Ok(Err(CreateUserError::EmailTaken));
            }
            let id = new_id("user");
            insert(transaction, &id, &user, now)?;
            Ok(Ok(id))
        })
        .await?
    }

    /// The user with this id or email address, or the only one whose address begins with it and an `@`.
    pub async fn find_user(&self, who: String) -> Result<User, FindUserError> {
        self.write(move |transaction| {
            let exact = "SELECT DISTINCT user_id FROM email_addresses WHERE user_id = ?1 OR email_address = lower(?1)";
            let mut ids = strings(transaction, exact, &who)?;
            if ids.is_empty() {
                // `A` follows `@`: a range, which the index of the addresses finds, as it would not find a pattern.
                let similar = "SELECT DISTINCT user_id FROM email_addresses
                               WHERE email_address >= ?1 || '@' AND email_address < ?1 || 'A' LIMIT 2";
                ids = strings(transaction, similar, &who.to_lowercase())?;
            }
            match ids.as_slice() {
                [] => Ok(Err(FindUserError::Unknown)),
                [id] => Ok(user(transaction, id)?.ok_or(FindUserError::Unknown)),
                _ => Ok(Err(FindUserError::Ambiguous)),
            }
        })
        .await?
    }

    /// The primary email address of a user.
    pub async fn email_of(&self, user_id: String) -> Result<Option<String>, StoreError> {
        self.write(move |transaction| {
            let sql =
                "SELECT email_address FROM email_addresses JOIN users ON primary_email_address_id = email_addresses.id
                       WHERE users.id = ?1";
            transaction.query_row(sql, [user_id], |row| row.get(0)).optional()
        })
        .await
    }
}

impl Call<'_> {
    /// What a user's password is checked against; empty if they have none.
    pub fn password_hash(&self, user_id: &str) -> rusqlite::Result<Option<String>> {
        self.transaction
            .prepare_cached("SELECT password_hash FROM users WHERE id = ?1")?
            .query_row([user_id], |row| row.get(0))
            .optional()
    }

    /// Gives a user another password.
    pub fn set_password(&self, user_id: &str, password_hash: &str) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE users SET password_hash = ?2, password_updated_at = ?3, updated_at = ?3 WHERE id = ?1",
            params![user_id, password_hash, millis(self.now)],
        )?;
        Ok(())
    }

    /// Notes that somebody showed that an address is theirs.
    pub fn verify_email(&self, user_id: &str, email_address: &str, strategy: &str) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE email_addresses SET verified_by = ?3
             WHERE user_id = ?1 AND email_address = ?2 AND verified_by IS NULL",
            params![user_id, email_address, strategy],
        )?;
        Ok(())
    }

    /// Notes that whoever signs in showed that an address is theirs. If it is the address that the account was made with,
    /// and nobody had shown that before, somebody else may have made it: every other way in goes, so that the account is
    /// its owner's alone.
    pub fn prove_email(&self, user_id: &str, email_address: &str, strategy: &str) -> rusqlite::Result<()> {
        let is_first_proof = "SELECT EXISTS (SELECT 1 FROM users JOIN email_addresses
                                ON email_addresses.id = primary_email_address_id
                              WHERE users.id = ?1 AND email_address = ?2 AND verified_by IS NULL)";
        if self.transaction.query_row(is_first_proof, [user_id, email_address], |row| row.get(0))? {
            self.close_other_ways_in(user_id, email_address)?;
            tracing::warn!(
                user.id = user_id,
                "an account was made before its address was verified; its owner has it now"
            );
        }
        self.verify_email(user_id, email_address, strategy)
    }

    /// Leaves nothing that signs in as a user but an address: no password and nobody about to choose one, no session, no
    /// other address and no code that was sent to one, no account elsewhere, no link.
    fn close_other_ways_in(&self, user_id: &str, email_address: &str) -> rusqlite::Result<()> {
        self.set_password(user_id, "")?;
        self.revoke_sessions(user_id, None)?;
        self.transaction.execute(
            "DELETE FROM email_codes WHERE email_address IN
               (SELECT email_address FROM email_addresses WHERE user_id = ?1 AND email_address <> ?2)",
            [user_id, email_address],
        )?;
        self.transaction.execute(
            "DELETE FROM email_addresses WHERE user_id = ?1 AND email_address <> ?2",
            [user_id, email_address],
        )?;
        for sql in [
            "DELETE FROM sign_ins WHERE user_id = ?1 AND status = 'needs_new_password'",
            "DELETE FROM external_accounts WHERE user_id = ?1",
            "DELETE FROM failed_connections WHERE user_id = ?1",
        ] {
            self.transaction.execute(sql, [user_id])?;
        }
        self.revoke_sign_in_tokens(user_id)
    }
}

fn strings(transaction: &Transaction<'_>, sql: &str, parameter: &str) -> rusqlite::Result<Vec<String>> {
    transaction.prepare_cached(sql)?.query_map([parameter], |row| row.get(0))?.collect()
}

/// Whose an email address (in lower case) is. One that somebody merely typed beside their primary one is nobody's.
pub(super) fn owner_of_email(transaction: &Transaction<'_>, email: &str) -> rusqlite::Result<Option<String>> {
    transaction
        .prepare_cached(
            "SELECT users.id FROM users JOIN email_addresses ON email_addresses.user_id = users.id
             WHERE email_address = ?1 AND (verified_by IS NOT NULL OR email_addresses.id = primary_email_address_id)",
        )?
        .query_row([email], |row| row.get(0))
        .optional()
}

/// Makes room for an address that is nobody's: whoever shows that it is theirs has it, not whoever typed it first.
pub(super) fn release_email(transaction: &Transaction<'_>, email: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "DELETE FROM email_addresses WHERE email_address = ?1 AND verified_by IS NULL
         AND NOT EXISTS (SELECT 1 FROM users WHERE id = user_id AND primary_email_address_id = email_addresses.id)",
        [email],
    )?;
    Ok(())
}

/// Writes a seeded user.
pub(super) fn insert_seed(
    transaction: &Transaction<'_>,
    seed: &seed::Person,
    password_hash: String,
    now: Duration,
) -> rusqlite::Result<()> {
    let user = NewUser {
        first_name: seed.first_name.clone(),
        last_name: seed.last_name.clone(),
        email: seed.email.clone(),
        verified_by: Some(BY_ADMIN),
        password_hash,
        public_metadata: seed.public_metadata.clone(),
        unsafe_metadata: seed.unsafe_metadata.clone(),
        banned: seed.banned,
        ..NewUser::default()
    };
    insert(transaction, &seed.id, &user, now)
}

/// Writes a new user.
pub(super) fn insert(transaction: &Transaction<'_>, id: &str, user: &NewUser, now: Duration) -> rusqlite::Result<()> {
    let now = millis(now);
    let text = |metadata: &Map<String, Value>| Value::Object(metadata.clone()).to_string();
    let email_id = new_id("idn");
    release_email(transaction, &user.email)?;
    transaction.execute(
        "INSERT INTO users (id, first_name, last_name, primary_email_address_id, password_hash, password_updated_at,
           public_metadata, unsafe_metadata, banned, created_at, updated_at, external_id, username, locale)
         VALUES (?1, ?2, ?3, ?4, ?5, ?9, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12)",
        params![
            id,
            user.first_name,
            user.last_name,
            email_id,
            user.password_hash,
            text(&user.public_metadata),
            text(&user.unsafe_metadata),
            user.banned,
            now,
            user.external_id,
            user.username,
            user.locale
        ],
    )?;
    transaction.execute(
        "INSERT INTO email_addresses (id, user_id, email_address, verified_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![email_id, id, user.email, user.verified_by, now],
    )?;
    Ok(())
}
