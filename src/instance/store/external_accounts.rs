//! Accounts at identity providers that users sign in with. What names one are its issuer and its subject, never its
//! email address.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Call, from_millis, millis};
use crate::instance::{ids::new_id, social::Identity};

/// An account at an identity provider.
pub struct ExternalAccount {
    /// `eac_…`
    pub id: String,
    /// The strategy that signs in with it.
    pub strategy: String,
    /// The account, as its provider names it.
    pub subject: String,
    /// As the provider told it; may be empty.
    pub email_address: String,
    /// As the provider told it; may be empty.
    pub first_name: String,
    /// As the provider told it; may be empty.
    pub last_name: String,
    pub created_at: Duration,
    pub updated_at: Duration,
}

impl Call<'_> {
    /// Who signs in with this identity.
    pub fn owner_of_identity(&self, identity: &Identity) -> rusqlite::Result<Option<String>> {
        self.transaction
            .prepare_cached("SELECT user_id FROM external_accounts WHERE issuer = ?1 AND subject = ?2")?
            .query_row([&identity.issuer, &identity.subject], |row| row.get(0))
            .optional()
    }

    /// Lets a user sign in with an identity that is nobody's yet. Returns the account's id.
    pub fn add_external_account(&self, user_id: &str, identity: &Identity) -> rusqlite::Result<String> {
        let id = new_id("eac");
        self.transaction.execute(
            "INSERT INTO external_accounts
               (id, user_id, strategy, issuer, subject, email_address, first_name, last_name, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
            params![
                id,
                user_id,
                identity.strategy,
                identity.issuer,
                identity.subject,
                identity.email.as_deref().unwrap_or_default(),
                identity.first_name,
                identity.last_name,
                millis(self.now)
            ],
        )?;
        self.forget_failed_connection(user_id, &identity.strategy)?;
        Ok(id)
    }

    /// Takes an account from a user. Returns whether they had it.
    pub fn delete_external_account(&self, user_id: &str, id: &str) -> rusqlite::Result<bool> {
        let sql = "DELETE FROM external_accounts WHERE id = ?1 AND user_id = ?2";
        Ok(self.transaction.execute(sql, [id, user_id])? > 0)
    }

    /// Whether an email address (in lower case) is a user's whose it was shown to be.
    pub fn is_verified_email(&self, email_address: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 FROM email_addresses WHERE email_address = ?1 AND verified_by IS NOT NULL";
        self.transaction.prepare_cached(sql)?.exists([email_address])
    }
}

/// The accounts of a user, the oldest first.
pub(super) fn of_user(transaction: &Transaction<'_>, user_id: &str) -> rusqlite::Result<Vec<ExternalAccount>> {
    transaction
        .prepare_cached("SELECT * FROM external_accounts WHERE user_id = ?1 ORDER BY created_at, rowid")?
        .query_map([user_id], row_to_account)?
        .collect()
}

fn row_to_account(row: &Row<'_>) -> rusqlite::Result<ExternalAccount> {
    Ok(ExternalAccount {
        id: row.get("id")?,
        strategy: row.get("strategy")?,
        subject: row.get("subject")?,
        email_address: row.get("email_address")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
    })
}
