//! Accounts elsewhere that users wanted to connect and did not: what came of the last try with each provider. It is told
//! until they try again or wave it away, in whichever browser.

use std::time::Duration;

use rusqlite::{Transaction, params};

use super::{Call, from_millis, millis};
use crate::instance::{ids::new_id, social::ExternalError};

/// A try that failed.
pub struct FailedConnection {
    /// `eac_…`, as if it were an account.
    pub id: String,
    /// The provider's.
    pub strategy: String,
    /// Why it failed.
    pub error: ExternalError,
    /// When.
    pub created_at: Duration,
}

impl Call<'_> {
    /// Notes why a user did not get an account connected.
    pub fn note_failed_connection(&self, user_id: &str, strategy: &str, error: ExternalError) -> rusqlite::Result<()> {
        self.transaction.execute(
            "INSERT OR REPLACE INTO failed_connections (id, user_id, strategy, error, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![new_id("eac"), user_id, strategy, error.code(), millis(self.now)],
        )?;
        Ok(())
    }

    /// Forgets why a user did not get an account at this provider connected.
    pub fn forget_failed_connection(&self, user_id: &str, strategy: &str) -> rusqlite::Result<()> {
        let sql = "DELETE FROM failed_connections WHERE user_id = ?1 AND strategy = ?2";
        self.transaction.execute(sql, [user_id, strategy])?;
        Ok(())
    }

    /// Forgets the try with this id. Returns whether the user had made it.
    pub fn delete_failed_connection(&self, user_id: &str, id: &str) -> rusqlite::Result<bool> {
        let sql = "DELETE FROM failed_connections WHERE id = ?1 AND user_id = ?2";
        Ok(self.transaction.execute(sql, [id, user_id])? > 0)
    }
}

/// What a user tried in vain, the oldest first.
pub(super) fn of_user(transaction: &Transaction<'_>, user_id: &str) -> rusqlite::Result<Vec<FailedConnection>> {
    let sql =
        "SELECT id, strategy, error, created_at FROM failed_connections WHERE user_id = ?1 ORDER BY created_at, rowid";
    transaction
        .prepare_cached(sql)?
        .query_map([user_id], |row| {
            Ok(FailedConnection {
                id: row.get(0)?,
                strategy: row.get(1)?,
                error: ExternalError::read(&row.get::<_, String>(2)?),
                created_at: from_millis(row.get(3)?),
            })
        })?
        .collect()
}
