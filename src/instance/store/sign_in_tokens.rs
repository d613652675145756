//! Sign-in tokens: an application's server hands one out, and whoever holds it signs in with it, once.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use secrecy::SecretString;

use super::{Call, Store, StoreError, from_millis, millis};
use crate::instance::ids::{hash_secret, new_id, new_secret};

/// A sign-in token. The token itself is told once, when it is made.
pub struct SignInToken {
    /// `sit_…`
    pub id: String,
    /// Whom it signs in.
    pub user_id: String,
    /// `pending`, `accepted` or `revoked`.
    pub status: String,
    pub created_at: Duration,
    pub updated_at: Duration,
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
        self.write(move |transaction| {
            transaction.execute("DELETE FROM sign_in_tokens WHERE expire_at <= ?1", [millis(now)])?;
            let (id, token) = (new_id("sit"), new_secret());
            transaction.execute(
                "INSERT INTO sign_in_tokens (id, user_id, token_hash, status, expire_at, created_at, updated_at)
                 SELECT ?1, id, ?3, 'pending', ?4, ?5, ?5 FROM users WHERE id = ?2",
                params![id, user_id, hash_secret(&token), millis(now + lifetime), millis(now)],
            )?;
            Ok(by_id(transaction, &id)?.map(|found| (found, token.into())))
        })
        .await
    }

    /// Revokes a token that was not used. Returns it as it is now, if there is one with this id.
    pub async fn revoke_sign_in_token(&self, id: String, now: Duration) -> Result<Option<SignInToken>, StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE sign_in_tokens SET status = 'revoked', updated_at = ?2 WHERE id = ?1 AND status = 'pending'",
                params![id, millis(now)],
            )?;
            by_id(transaction, &id)
        })
        .await
    }
}

impl Call<'_> {
    /// Uses a token up. Returns whom it signs in.
    pub fn use_sign_in_token(&self, token: &str) -> rusqlite::Result<Result<String, TicketError>> {
        let found: Option<(String, String, String, i64)> = self
            .transaction
            .query_row(
                "SELECT id, user_id, status, expire_at FROM sign_in_tokens WHERE token_hash = ?1",
                [hash_secret(token)],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .optional()?;
        let Some((id, user_id, status, expire_at)) = found else { return Ok(Err(TicketError::Unknown)) };
        let refusal = match status.as_str() {
            "accepted" => Some(TicketError::Used),
            "revoked" => Some(TicketError::Revoked),
            _ if from_millis(expire_at) <= self.now => Some(TicketError::Expired),
            _ => None,
        };
        if let Some(refusal) = refusal {
            return Ok(Err(refusal));
        }
        self.transaction.execute(
            "UPDATE sign_in_tokens SET status = 'accepted', updated_at = ?2 WHERE id = ?1",
            params![id, millis(self.now)],
        )?;
        Ok(Ok(user_id))
    }
}

fn by_id(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<SignInToken>> {
    let sql = "SELECT id, user_id, status, created_at, updated_at FROM sign_in_tokens WHERE id = ?1";
    transaction.query_row(sql, [id], row_to_token).optional()
}

fn row_to_token(row: &Row<'_>) -> rusqlite::Result<SignInToken> {
    Ok(SignInToken {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        status: row.get("status")?,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
    })
}
