//! Sign-in tokens: an application's server hands one out, and whoever holds it signs in with it, once. Actor tokens are
//! those that say who acts as the user.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{Call, Store, StoreError, from_millis, json_object, millis, organizations::text};
use crate::instance::ids::{hash_secret, new_id, new_secret};

/// A sign-in token. The token itself is told once, when it is made.
pub struct SignInToken {
    /// `sit_…`, or `act_…` with an actor.
    pub id: String,
    /// Whom it signs in.
    pub user_id: String,
    /// `pending`, `accepted` or `revoked`.
    pub status: String,
    /// Who acts as the user, if it is not they themselves.
    pub actor: Option<Map<String, Value>>,
    pub created_at: Duration,
    pub updated_at: Duration,
}

/// That somebody acts as a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impersonation {
    /// The `act` claim.
    pub actor: Map<String, Value>,
    pub longest_session: Duration,
}

/// What a token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Whom it signs in.
    pub user_id: String,
    /// Who acts as the user, if it is not they themselves.
    pub impersonation: Option<Impersonation>,
}

/// A token that does not sign anybody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketError {
    Unknown,
    Expired,
    Used,
    Revoked,
}

impl Store {
    /// Makes a token for a user. Returns it, if there is such a user.
    pub async fn create_sign_in_token(
        &self,
        user_id: String,
        lifetime: Duration,
        now: Duration,
    ) -> Result<Option<(SignInToken, SecretString)>, StoreError> {
        self.write(move |transaction| create(transaction, "sit", &user_id, (lifetime, None), now)).await
    }

    /// Makes a token for somebody to act as a user. Returns it, if there is such a user.
    pub async fn create_actor_token(
        &self,
        user_id: String,
        impersonation: Impersonation,
        lifetime: Duration,
        now: Duration,
    ) -> Result<Option<(SignInToken, SecretString)>, StoreError> {
        self.write(move |transaction| create(transaction, "act", &user_id, (lifetime, Some(&impersonation)), now)).await
    }

    /// As [`Store::revoke_sign_in_token`], for actor tokens.
    pub async fn revoke_actor_token(&self, id: String, now: Duration) -> Result<Option<SignInToken>, StoreError> {
        self.write(move |transaction| revoke(transaction, &id, true, now)).await
    }

    /// Revokes a token that was not used. Returns it as it is now, if there is one with this id.
    pub async fn revoke_sign_in_token(&self, id: String, now: Duration) -> Result<Option<SignInToken>, StoreError> {
        self.write(move |transaction| revoke(transaction, &id, false, now)).await
    }
}

impl Call<'_> {
    /// Uses a token up. Returns what it is good for.
    pub fn use_sign_in_token(&self, token: &str) -> rusqlite::Result<Result<Ticket, TicketError>> {
        let found = self.sign_in_token(token)?;
        if found.is_ok() {
            self.transaction.execute(
                "UPDATE sign_in_tokens SET status = 'accepted', updated_at = ?2 WHERE token_hash = ?1",
                params![hash_secret(token), millis(self.now)],
            )?;
        }
        Ok(found)
    }

    /// What a token is good for.
    pub fn sign_in_token(&self, token: &str) -> rusqlite::Result<Result<Ticket, TicketError>> {
        let found = self
            .transaction
            .query_row("SELECT * FROM sign_in_tokens WHERE token_hash = ?1", [hash_secret(token)], |row| {
                let longest_session: Option<i64> = row.get("longest_session")?;
                Ok((
                    row_to_token(row)?,
                    from_millis(row.get("expire_at")?),
                    from_millis(longest_session.unwrap_or_default()),
                ))
            })
            .optional()?;
        let Some((found, expire_at, longest_session)) = found else { return Ok(Err(TicketError::Unknown)) };
        let refusal = match found.status.as_str() {
            "accepted" => Some(TicketError::Used),
            "revoked" => Some(TicketError::Revoked),
            _ if expire_at <= self.now => Some(TicketError::Expired),
            _ => None,
        };
        if let Some(refusal) = refusal {
            return Ok(Err(refusal));
        }
        let impersonation = found.actor.map(|actor| Impersonation { actor, longest_session });
        Ok(Ok(Ticket { user_id: found.user_id, impersonation }))
    }

    /// Revokes every token for a user that was not used.
    pub(super) fn revoke_sign_in_tokens(&self, user_id: &str) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE sign_in_tokens SET status = 'revoked', updated_at = ?2 WHERE user_id = ?1 AND status = 'pending'",
            params![user_id, millis(self.now)],
        )?;
        Ok(())
    }

    /// Notes that somebody acts as the user of a session, and shortens it.
    pub fn impersonate(&self, session_id: &str, impersonation: &Impersonation) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE sessions SET actor = ?2, expire_at = min(expire_at, ?3) WHERE id = ?1",
            params![session_id, text(&impersonation.actor), millis(self.now + impersonation.longest_session)],
        )?;
        Ok(())
    }
}

fn create(
    transaction: &Transaction<'_>,
    prefix: &str,
    user_id: &str,
    (lifetime, impersonation): (Duration, Option<&Impersonation>),
    now: Duration,
) -> rusqlite::Result<Option<(SignInToken, SecretString)>> {
    transaction.execute("DELETE FROM sign_in_tokens WHERE expire_at <= ?1", [millis(now)])?;
    let (id, token) = (new_id(prefix), new_secret());
    transaction.execute(
        "INSERT INTO sign_in_tokens
           (id, user_id, token_hash, status, expire_at, created_at, updated_at, actor, longest_session)
         SELECT ?1, id, ?3, 'pending', ?4, ?5, ?5, ?6, ?7 FROM users WHERE id = ?2",
        params![
            id,
            user_id,
            hash_secret(&token),
            millis(now + lifetime),
            millis(now),
            impersonation.map(|it| text(&it.actor)),
            impersonation.map(|it| millis(it.longest_session))
        ],
    )?;
    Ok(by_id(transaction, &id)?.map(|found| (found, token.into())))
}

fn revoke(
    transaction: &Transaction<'_>,
    id: &str,
    of_actors: bool,
    now: Duration,
) -> rusqlite::Result<Option<SignInToken>> {
    if by_id(transaction, id)?.is_none_or(|found| found.actor.is_some() != of_actors) {
        return Ok(None);
    }
    transaction.execute(
        "UPDATE sign_in_tokens SET status = 'revoked', updated_at = ?2 WHERE id = ?1 AND status = 'pending'",
        params![id, millis(now)],
    )?;
    by_id(transaction, id)
}

fn by_id(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<SignInToken>> {
    transaction.query_row("SELECT * FROM sign_in_tokens WHERE id = ?1", [id], row_to_token).optional()
}

fn row_to_token(row: &Row<'_>) -> rusqlite::Result<SignInToken> {
    Ok(SignInToken {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        status: row.get("status")?,
        actor: row.get::<_, Option<String>>("actor")?.map(|_| json_object(row, "actor")).transpose()?,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
    })
}
