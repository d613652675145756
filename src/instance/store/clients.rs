//! Clients (browsers) and their sessions.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Store, StoreError, from_millis, millis};
use crate::instance::ids::{hash_secret, new_id, new_secret};

/// Clerk's default: a session ends after a week, whatever happens in it.
const SESSION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A session that is active.
#[derive(Debug, Clone)]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// `user_…`
    pub user_id: String,
    /// When the user signed in.
    pub created_at: Duration,
}

/// A client's active session.
#[derive(Debug, Clone)]
pub struct ActiveSession {
    /// The session.
    pub session: Session,
    /// When the client's sessions last changed: `__client_uat`.
    pub client_updated_at: Duration,
}

impl Store {
    /// Starts a session for a user in the browser that holds `client_token`, or in a new one. Ends every other session
    /// there. Returns the session and the browser's new token.
    pub async fn start_session(
        &self,
        user_id: String,
        client_token: Option<String>,
        now: Duration,
    ) -> Result<(ActiveSession, String), StoreError> {
        self.write(move |transaction| {
            forget_old(transaction, now)?;
            let (client_id, token) = rotate_or_create(transaction, client_token.as_deref(), now)?;
            end_sessions(transaction, &client_id, "replaced")?;
            let session = Session { id: new_id("sess"), user_id, created_at: from_millis(millis(now)) };
            transaction.execute(
                "INSERT INTO sessions (id, client_id, user_id, status, created_at, expire_at)
                 VALUES (?1, ?2, ?3, 'active', ?4, ?5)",
                params![session.id, client_id, session.user_id, millis(now), millis(now + SESSION_LIFETIME)],
            )?;
            Ok((ActiveSession { session, client_updated_at: now }, token))
        })
        .await
    }

    /// Ends every session in the browser that holds `client_token`; returns the browser's new token, if it is known.
    pub async fn end_all_sessions(&self, client_token: String, now: Duration) -> Result<Option<String>, StoreError> {
        self.write(move |transaction| {
            let Some(client_id) = client_id(transaction, &client_token)? else { return Ok(None) };
            end_sessions(transaction, &client_id, "ended")?;
            rotate(transaction, &client_id, now).map(Some)
        })
        .await
    }

    /// The active session in the browser that holds `client_token`. A banned user has none.
    pub async fn active_session(
        &self,
        client_token: String,
        now: Duration,
    ) -> Result<Option<ActiveSession>, StoreError> {
        self.write(move |transaction| {
            transaction
                .query_row(
                    "SELECT sessions.id, sessions.user_id, sessions.created_at, clients.updated_at
                     FROM clients JOIN sessions ON sessions.client_id = clients.id JOIN users ON users.id = sessions.user_id
                     WHERE clients.token_hash = ?1 AND status = 'active' AND expire_at > ?2 AND NOT banned
                     ORDER BY sessions.created_at DESC LIMIT 1",
                    params![hash_secret(&client_token), millis(now)],
                    active_session,
                )
                .optional()
        })
        .await
    }

    /// Revokes a session. Returns whether there is one with this id.
    pub async fn revoke_session(&self, id: String, now: Duration) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE clients SET updated_at = ?2
                 WHERE id = (SELECT client_id FROM sessions WHERE id = ?1 AND status = 'active')",
                params![id, millis(now)],
            )?;
            transaction.execute("UPDATE sessions SET status = 'revoked' WHERE id = ?1 AND status = 'active'", [&id])?;
            transaction.query_row("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ?1)", [&id], |row| row.get(0))
        })
        .await
    }
}

fn active_session(row: &Row<'_>) -> rusqlite::Result<ActiveSession> {
    let session = Session { id: row.get(0)?, user_id: row.get(1)?, created_at: from_millis(row.get(2)?) };
    Ok(ActiveSession { session, client_updated_at: from_millis(row.get(3)?) })
}

fn client_id(transaction: &Transaction<'_>, token: &str) -> rusqlite::Result<Option<String>> {
    transaction
        .query_row("SELECT id FROM clients WHERE token_hash = ?1", [hash_secret(token)], |row| row.get(0))
        .optional()
}

/// A token that was seen before a sign-in is worth nothing after it: that is what stops session fixation.
fn rotate(transaction: &Transaction<'_>, client_id: &str, now: Duration) -> rusqlite::Result<String> {
    let token = new_secret();
    transaction.execute(
        "UPDATE clients SET token_hash = ?2, updated_at = ?3 WHERE id = ?1",
        params![client_id, hash_secret(&token), millis(now)],
    )?;
    Ok(token)
}

fn rotate_or_create(
    transaction: &Transaction<'_>,
    token: Option<&str>,
    now: Duration,
) -> rusqlite::Result<(String, String)> {
    let known = token.map(|token| client_id(transaction, token)).transpose()?.flatten();
    if let Some(id) = known {
        let token = rotate(transaction, &id, now)?;
        return Ok((id, token));
    }
    let (id, token) = (new_id("client"), new_secret());
    transaction.execute(
        "INSERT INTO clients (id, token_hash, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)",
        params![id, hash_secret(&token), millis(now)],
    )?;
    Ok((id, token))
}

/// What has expired is of no use to anybody: the file stays as large as what is in use.
fn forget_old(transaction: &Transaction<'_>, now: Duration) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM sessions WHERE expire_at <= ?1", [millis(now)])?;
    transaction.execute(
        "DELETE FROM clients WHERE updated_at <= ?1
         AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.client_id = clients.id)",
        [millis(now.saturating_sub(SESSION_LIFETIME))],
    )?;
    Ok(())
}

fn end_sessions(transaction: &Transaction<'_>, client_id: &str, status: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE sessions SET status = ?2 WHERE client_id = ?1 AND status = 'active'",
        params![client_id, status],
    )?;
    Ok(())
}
