//! Accounts that nobody can sign in to for a while, because too many attempts failed.

use std::{convert::Infallible, time::Duration};

use rusqlite::{OptionalExtension, params};

use super::{Call, CallError, Store, StoreError, from_millis, millis};

/// When an account is locked, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Lockout {
    /// So many failures in a row lock it.
    pub attempts: u32,
    /// For so long.
    pub duration: Duration,
}

impl Store {
    /// Ends an attempt to sign in with a password that was compared with `password_hash`. Returns whether it lets
    /// somebody in; a failure is counted, and a locked account lets nobody in.
    pub async fn settle_attempt(
        &self,
        user_id: String,
        password_hash: String,
        correct: bool,
        lockout: Lockout,
        now: Duration,
    ) -> Result<bool, StoreError> {
        let finished = self.call(None, now, move |call| -> Result<bool, CallError<Infallible>> {
            if call.locked_for(&user_id)?.is_some() {
                return Ok(false);
            }
            if correct && call.password_hash(&user_id)?.as_ref() == Some(&password_hash) {
                call.forget_failures(&user_id)?;
                return Ok(true);
            }
            call.count_failure(&user_id, lockout)?;
            Ok(false)
        });
        match finished.await?.outcome {
            Ok(accepted) => Ok(accepted),
            Err(never) => match never {},
        }
    }
}

impl Call<'_> {
    /// How much longer a user is locked out, if they are.
    pub fn locked_for(&self, user_id: &str) -> rusqlite::Result<Option<Duration>> {
        let until: Option<Option<i64>> = self
            .transaction
            .prepare_cached("SELECT locked_until FROM users WHERE id = ?1")?
            .query_row([user_id], |row| row.get(0))
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

    /// Locks a user out.
    pub fn lock(&self, user_id: &str, duration: Duration) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE users SET locked_until = ?2 WHERE id = ?1",
            params![user_id, millis(self.now + duration)],
        )?;
        Ok(())
    }

    /// Bans a user, or lifts the ban.
    pub fn set_banned(&self, user_id: &str, banned: bool) -> rusqlite::Result<()> {
        self.transaction.execute("UPDATE users SET banned = ?2 WHERE id = ?1", params![user_id, banned])?;
        Ok(())
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
