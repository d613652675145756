//! Accounts that nobody can sign in to for a while, because too many attempts failed.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::{Call, from_millis, millis};

/// When an account is locked, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Lockout {
    /// So many failures in a row lock it.
    pub attempts: u32,
    /// For so long.
    pub duration: Duration,
}

impl Call<'_> {
    /// How much longer a user is locked out, if they are.
    pub fn locked_for(&self, user_id: &str) -> rusqlite::Result<Option<Duration>> {
        let until: Option<Option<i64>> = self
            .transaction
            .query_row("SELECT locked_until FROM users WHERE id = ?1", [user_id], |row| row.get(0))
            .optional()?;
        let until = until.flatten().map(from_millis).filter(|until| *until > self.now);
        Ok(until.map(|until| until.saturating_sub(self.now)))
    }

    /// Counts a failure. Returns how long the user is locked out, if this was one too many. A lock that is over counts
    /// from the start again.
    pub fn count_failure(&self, user_id: &str, lockout: Lockout) -> rusqlite::Result<Option<Duration>> {
        let now = millis(self.now);
        self.transaction.execute(
            "UPDATE users SET failed_attempts = CASE WHEN locked_until <= ?2 THEN 1 ELSE failed_attempts + 1 END,
               locked_until = CASE WHEN locked_until <= ?2 THEN NULL ELSE locked_until END WHERE id = ?1",
            params![user_id, now],
        )?;
        self.transaction.execute(
            "UPDATE users SET locked_until = ?3 WHERE id = ?1 AND locked_until IS NULL AND failed_attempts >= ?2",
            params![user_id, lockout.attempts, millis(self.now + lockout.duration)],
        )?;
        self.locked_for(user_id)
    }

    /// Forgets the failures: signing in worked.
    pub fn forget_failures(&self, user_id: &str) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE users SET failed_attempts = 0, locked_until = NULL
             WHERE id = ?1 AND (failed_attempts > 0 OR locked_until IS NOT NULL)",
            [user_id],
        )?;
        Ok(())
    }
}
