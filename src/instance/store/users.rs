//! Users, one at a time, as the Backend API shows and changes them.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{
    Call, EmailCode, ExternalAccount, FailedConnection, Store, StoreError, external_accounts, failed_connections,
    from_millis, json_object,
    memberships::{self, Membership},
    millis,
};
use crate::instance::metadata::{self, How};

/// A user.
pub struct User {
    /// `user_…`
    pub id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// What an application calls them; no two have the same.
    pub external_id: Option<String>,
    /// In lower case; no two have the same. Nobody signs in with it.
    pub username: Option<String>,
    /// BCP 47, such as `fr-FR`.
    pub locale: Option<String>,
    /// The first is the primary one.
    pub email_addresses: Vec<EmailAddress>,
    /// Accounts at identity providers that they sign in with, the oldest first.
    pub external_accounts: Vec<ExternalAccount>,
    /// Those that they wanted to connect and did not, the oldest first.
    pub failed_connections: Vec<FailedConnection>,
    /// Whether there is a password to sign in with.
    pub password_enabled: bool,
    /// When the password was last set.
    pub password_updated_at: Option<Duration>,
    /// How often signing in failed since it last worked.
    pub failed_attempts: u32,
    /// Until when nobody can sign in, after too many failures.
    pub locked_until: Option<Duration>,
    /// `img_…`
    pub profile_image_id: Option<String>,
    /// The organizations they belong to, the oldest membership first.
    pub memberships: Vec<Membership>,
    /// Whether the account is banned.
    pub banned: bool,
    /// Everybody may see it, only servers may change it.
    pub public_metadata: Map<String, Value>,
    /// Only servers may see it.
    pub private_metadata: Map<String, Value>,
    /// Browsers may change it.
    pub unsafe_metadata: Map<String, Value>,
    /// When they last signed in, if ever.
    pub last_sign_in_at: Option<Duration>,
    /// When a session of theirs was last used, if ever.
    pub last_active_at: Option<Duration>,
    /// When they signed up.
    pub created_at: Duration,
    /// When their name or metadata was last changed.
    pub updated_at: Duration,
}

/// An email address of a user.
pub struct EmailAddress {
    /// `idn_…`
    pub id: String,
    /// In lower case.
    pub email_address: String,
    /// The strategy that verified it, if it is.
    pub verified_by: Option<String>,
    /// A code that was sent to verify it.
    pub code: Option<EmailCode>,
}

impl User {
    /// The addresses to sign in with: the primary one and those that are verified.
    pub fn usable_addresses(&self) -> impl Iterator<Item = &EmailAddress> {
        let mut addresses = self.email_addresses.iter();
        addresses.next().into_iter().chain(addresses.filter(|email| email.verified_by.is_some()))
    }
}

/// New values; what is left out stays. An empty text is none.
#[derive(Default)]
pub struct UserChange {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub external_id: Option<String>,
    pub username: Option<String>,
    pub locale: Option<String>,
}

/// What no two users have the same of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueName {
    ExternalId,
    Username,
}

/// What to merge into a user's metadata; what is left out stays.
#[derive(Default)]
pub struct MetadataPatch {
    pub public_metadata: Option<Map<String, Value>>,
    pub private_metadata: Option<Map<String, Value>>,
    pub unsafe_metadata: Option<Map<String, Value>>,
}

/// The metadata was not merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("there is no such user")]
    UnknownUser,
    /// Names the metadata.
    #[error("{0} would be too large")]
    TooLarge(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The user with this id.
    pub async fn user(&self, id: String) -> Result<Option<User>, StoreError> {
        self.write(move |transaction| user(transaction, &id)).await
    }

    /// Merges into a user's metadata (deeply; `null` removes), or replaces it. Returns the user as they are now.
    pub async fn change_metadata(
        &self,
        id: String,
        patch: MetadataPatch,
        how: How,
        now: Duration,
    ) -> Result<User, MergeError> {
        self.write(move |transaction| change(transaction, &id, &patch, how, now)).await?
    }
}

impl Call<'_> {
    /// Whose a name is.
    pub fn user_called(&self, kind: UniqueName, name: &str) -> rusqlite::Result<Option<String>> {
        let sql = match kind {
            UniqueName::ExternalId => "SELECT id FROM users WHERE external_id = ?1",
            UniqueName::Username => "SELECT id FROM users WHERE username = ?1",
        };
        self.transaction.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()
    }

    /// Changes a user.
    pub fn update_user(&self, id: &str, change: &UserChange) -> rusqlite::Result<()> {
        update(self.transaction, id, change, self.now)
    }

    /// Merges into a user's metadata, deeply; `null` removes.
    pub fn merge_metadata(&self, id: &str, patch: &MetadataPatch) -> rusqlite::Result<Result<User, MergeError>> {
        change(self.transaction, id, patch, How::Merge, self.now)
    }

    /// Merges into a user's metadata, or replaces it.
    pub fn change_metadata(
        &self,
        id: &str,
        patch: &MetadataPatch,
        how: How,
    ) -> rusqlite::Result<Result<User, MergeError>> {
        change(self.transaction, id, patch, how, self.now)
    }

    /// Replaces a user's unsafe metadata.
    pub fn replace_unsafe_metadata(
        &self,
        id: &str,
        metadata: Map<String, Value>,
    ) -> rusqlite::Result<Result<User, MergeError>> {
        let patch = MetadataPatch { unsafe_metadata: Some(metadata), ..MetadataPatch::default() };
        change(self.transaction, id, &patch, How::Replace, self.now)
    }

    /// Deletes a user and all that is kept of them.
    pub fn delete_user(&self, id: &str) -> rusqlite::Result<()> {
        self.transaction.execute(
            "DELETE FROM email_codes WHERE owner_id IN (SELECT id FROM email_addresses WHERE user_id = ?1)",
            [id],
        )?;
        self.transaction.execute(
            "UPDATE clients SET updated_at = ?2 WHERE id IN
               (SELECT client_id FROM sessions WHERE user_id = ?1 AND status = 'active')",
            params![id, millis(self.now)],
        )?;
        self.transaction.execute("DELETE FROM users WHERE id = ?1", [id])?;
        Ok(())
    }
}

fn update(transaction: &Transaction<'_>, id: &str, change: &UserChange, now: Duration) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE users SET first_name = coalesce(?2, first_name), last_name = coalesce(?3, last_name),
           external_id = nullif(coalesce(?5, external_id), ''), username = nullif(coalesce(?6, username), ''),
           locale = nullif(coalesce(?7, locale), ''), updated_at = ?4 WHERE id = ?1",
        params![
            id,
            change.first_name,
            change.last_name,
            millis(now),
            change.external_id,
            change.username,
            change.locale
        ],
    )?;
    Ok(())
}

fn change(
    transaction: &Transaction<'_>,
    id: &str,
    patch: &MetadataPatch,
    how: How,
    now: Duration,
) -> rusqlite::Result<Result<User, MergeError>> {
    let Some(mut user) = user(transaction, id)? else { return Ok(Err(MergeError::UnknownUser)) };
    for (name, metadata, patch) in [
        ("public_metadata", &mut user.public_metadata, &patch.public_metadata),
        ("private_metadata", &mut user.private_metadata, &patch.private_metadata),
        ("unsafe_metadata", &mut user.unsafe_metadata, &patch.unsafe_metadata),
    ] {
        if let Err(name) = metadata::change(name, metadata, patch.as_ref(), how) {
            return Ok(Err(MergeError::TooLarge(name)));
        }
    }
    user.updated_at = from_millis(millis(now));
    write_metadata(transaction, &user)?;
    Ok(Ok(user))
}

/// The user with this id.
pub(super) fn user(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<User>> {
    let mut statement = transaction.prepare_cached("SELECT * FROM users WHERE id = ?1")?;
    let Some(mut user) = statement.query_row([id], row_to_user).optional()? else { return Ok(None) };
    add_what_is_theirs(transaction, &mut user)?;
    Ok(Some(user))
}

/// What is kept of a user elsewhere than in their row.
pub(super) fn add_what_is_theirs(transaction: &Transaction<'_>, user: &mut User) -> rusqlite::Result<()> {
    user.email_addresses = email_addresses(transaction, &user.id)?;
    user.external_accounts = external_accounts::of_user(transaction, &user.id)?;
    user.failed_connections = failed_connections::of_user(transaction, &user.id)?;
    user.memberships = memberships::of_user(transaction, &user.id)?;
    Ok(())
}

/// A user with nothing but their row.
pub(super) fn row_to_user(row: &Row<'_>) -> rusqlite::Result<User> {
    let name = |column| row.get(column).map(|name: String| Some(name).filter(|name| !name.is_empty()));
    let time = |column| row.get(column).map(|time: Option<i64>| time.map(from_millis));
    Ok(User {
        id: row.get("id")?,
        first_name: name("first_name")?,
        last_name: name("last_name")?,
        external_id: row.get("external_id")?,
        username: row.get("username")?,
        locale: row.get("locale")?,
        email_addresses: Vec::new(),
        external_accounts: Vec::new(),
        failed_connections: Vec::new(),
        password_enabled: !row.get::<_, String>("password_hash")?.is_empty(),
        password_updated_at: time("password_updated_at")?,
        failed_attempts: row.get("failed_attempts")?,
        locked_until: time("locked_until")?,
        profile_image_id: row.get("profile_image_id")?,
        memberships: Vec::new(),
        banned: row.get("banned")?,
        public_metadata: json_object(row, "public_metadata")?,
        private_metadata: json_object(row, "private_metadata")?,
        unsafe_metadata: json_object(row, "unsafe_metadata")?,
        last_sign_in_at: time("last_sign_in_at")?,
        last_active_at: time("last_active_at")?,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
    })
}

/// The email addresses of a user: the primary one, then the oldest first.
fn email_addresses(transaction: &Transaction<'_>, user_id: &str) -> rusqlite::Result<Vec<EmailAddress>> {
    transaction
        .prepare_cached(
            "SELECT email_addresses.id, email_addresses.email_address, verified_by, strategy, failed_attempts, expire_at
             FROM email_addresses LEFT JOIN email_codes ON owner_id = email_addresses.id WHERE user_id = ?1
             ORDER BY email_addresses.id = (SELECT primary_email_address_id FROM users WHERE users.id = ?1) DESC,
               created_at, email_addresses.rowid",
        )?
        .query_map([user_id], row_to_email_address)?
        .collect()
}

/// Whether there is a user with this id.
pub(super) fn exists(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<bool> {
    transaction.prepare_cached("SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1)")?.query_row([id], |row| row.get(0))
}

/// The first of a user's email addresses.
pub(super) fn primary_email_address(transaction: &Transaction<'_>, user_id: &str) -> rusqlite::Result<Option<String>> {
    Ok(email_addresses(transaction, user_id)?.into_iter().next().map(|email| email.email_address))
}

fn row_to_email_address(row: &Row<'_>) -> rusqlite::Result<EmailAddress> {
    let email_address: String = row.get("email_address")?;
    let code = match row.get("strategy")? {
        Some(strategy) => Some(EmailCode {
            strategy,
            email_address: email_address.clone(),
            failed_attempts: row.get("failed_attempts")?,
            expire_at: from_millis(row.get("expire_at")?),
        }),
        None => None,
    };
    Ok(EmailAddress { id: row.get("id")?, email_address, verified_by: row.get("verified_by")?, code })
}

fn write_metadata(transaction: &Transaction<'_>, user: &User) -> rusqlite::Result<()> {
    let text = |metadata: &Map<String, Value>| Value::Object(metadata.clone()).to_string();
    transaction.execute(
        "UPDATE users SET public_metadata = ?2, private_metadata = ?3, unsafe_metadata = ?4, updated_at = ?5
         WHERE id = ?1",
        params![
            user.id,
            text(&user.public_metadata),
            text(&user.private_metadata),
            text(&user.unsafe_metadata),
            millis(user.updated_at)
        ],
    )?;
    Ok(())
}
