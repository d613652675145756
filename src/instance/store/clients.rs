//! Clients (browsers): signing in and out of them.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};
use secrecy::SecretString;

use super::{
    Client, Store, StoreError, from_millis, millis,
    sessions::{self, Session},
};
use crate::instance::ids::{hash_secret, new_id, new_secret};

/// Clerk's default: a session ends after a week, whatever happens in it.
const SESSION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A client's active session.
pub struct ActiveSession {
    /// The session.
    pub session: Session,
    /// When the client's sessions last changed: `__client_uat`.
    pub client_updated_at: Duration,
    /// The session's refresh token, where a new one was made.
    pub refresh_token: Option<SecretString>,
}

impl Store {
    /// Starts a session for a user in the browser that holds `client_token`, or in a new one. Ends every other session
    /// there. Returns the session, with a refresh token, and the browser's new token.
    pub async fn start_session(
        &self,
        user_id: String,
        client_token: Option<String>,
        user_agent: String,
        now: Duration,
    ) -> Result<(ActiveSession, String), StoreError> {
        self.write(move |transaction| start_session(transaction, user_id, client_token.as_deref(), &user_agent, now))
            .await
    }

    /// Ends every session in the browser that holds `client_token`; returns the browser's new token, if it is known.
    pub async fn end_all_sessions(&self, client_token: String, now: Duration) -> Result<Option<String>, StoreError> {
        self.write(move |transaction| {
            let Some(client_id) = client_id(transaction, &client_token)? else { return Ok(None) };
            end_sessions(transaction, &client_id, "ended", now)?;
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
        self.write(move |transaction| active_session(transaction, &client_token, now)).await
    }

    /// The active session in the browser that holds `client_token`, with a new refresh token. The one before is worth
    /// nothing from now on.
    pub async fn renew_session(
        &self,
        client_token: String,
        now: Duration,
    ) -> Result<Option<ActiveSession>, StoreError> {
        self.write(move |transaction| {
            let Some(mut active) = active_session(transaction, &client_token, now)? else { return Ok(None) };
            active.refresh_token = Some(sessions::use_and_rotate(transaction, &active.session, now)?);
            Ok(Some(active))
        })
        .await
    }
}

pub(super) fn start_session(
    transaction: &Transaction<'_>,
    user_id: String,
    client_token: Option<&str>,
    user_agent: &str,
    now: Duration,
) -> rusqlite::Result<(ActiveSession, String)> {
    forget_old(transaction, now)?;
    let (client_id, token) = rotate_or_create(transaction, client_token, now)?;
    end_sessions(transaction, &client_id, "replaced", now)?;
    let (session, refresh_token) = insert_session(transaction, client_id, user_id, user_agent, now)?;
    let client_updated_at = from_millis(millis(now));
    Ok((ActiveSession { session, client_updated_at, refresh_token: Some(refresh_token) }, token))
}

fn active_session(
    transaction: &Transaction<'_>,
    client_token: &str,
    now: Duration,
) -> rusqlite::Result<Option<ActiveSession>> {
    let client = transaction
        .prepare_cached("SELECT id, updated_at FROM clients WHERE token_hash = ?1")?
        .query_row([hash_secret(client_token)], |row| Ok((row.get::<_, String>(0)?, from_millis(row.get(1)?))))
        .optional()?;
    let Some((client_id, client_updated_at)) = client else { return Ok(None) };
    let session = sessions::active_in_client(transaction, &client_id, now)?;
    Ok(session.map(|session| ActiveSession { session, client_updated_at, refresh_token: None }))
}

fn client_id(transaction: &Transaction<'_>, token: &str) -> rusqlite::Result<Option<String>> {
    transaction
        .prepare_cached("SELECT id FROM clients WHERE token_hash = ?1")?
        .query_row([hash_secret(token)], |row| row.get(0))
        .optional()
}

/// A token that was seen before a sign-in is worth nothing after it: that is what stops session fixation.
pub(super) fn rotate(transaction: &Transaction<'_>, client_id: &str, now: Duration) -> rusqlite::Result<String> {
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
    let (client, token) = create(transaction, now)?;
    Ok((client.id, token))
}

/// Writes a new browser. Returns its token, too.
pub(super) fn create(transaction: &Transaction<'_>, now: Duration) -> rusqlite::Result<(Client, String)> {
    let written_at = from_millis(millis(now));
    let client = Client { id: new_id("client"), created_at: written_at, updated_at: written_at };
    let token = new_secret();
    transaction.execute(
        "INSERT INTO clients (id, token_hash, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)",
        params![client.id, hash_secret(&token), millis(now)],
    )?;
    Ok((client, token))
}

/// Writes a new session. Returns its refresh token, too.
pub(super) fn insert_session(
    transaction: &Transaction<'_>,
    client_id: String,
    user_id: String,
    user_agent: &str,
    now: Duration,
) -> rusqlite::Result<(Session, SecretString)> {
    let session = sessions::insert(transaction, client_id, user_id, user_agent, now, now + SESSION_LIFETIME)?;
    transaction
        .execute("UPDATE users SET last_sign_in_at = ?2 WHERE id = ?1", params![session.user_id, millis(now)])?;
    let refresh_token = sessions::use_and_rotate(transaction, &session, now)?;
    Ok((session, refresh_token))
}

/// What has expired is of no use to anybody: the file stays as large as what is in use.
pub(super) fn forget_old(transaction: &Transaction<'_>, now: Duration) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM sessions WHERE expire_at <= ?1", [millis(now)])?;
    transaction.execute("DELETE FROM sign_ins WHERE abandon_at <= ?1", [millis(now)])?;
    transaction.execute("DELETE FROM sign_ups WHERE abandon_at <= ?1", [millis(now)])?;
    transaction.execute("DELETE FROM email_codes WHERE expire_at <= ?1", [millis(now)])?;
    transaction.execute("DELETE FROM external_verifications WHERE expire_at <= ?1", [millis(now)])?;
    transaction.execute(
        "DELETE FROM clients WHERE updated_at <= ?1
         AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.client_id = clients.id)",
        [millis(now.saturating_sub(SESSION_LIFETIME))],
    )?;
    Ok(())
}

pub(super) fn end_sessions(
    transaction: &Transaction<'_>,
    client_id: &str,
    status: &str,
    now: Duration,
) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE sessions SET status = ?2, updated_at = ?3 WHERE client_id = ?1 AND status = 'active'",
        params![client_id, status, millis(now)],
    )?;
    Ok(())
}
