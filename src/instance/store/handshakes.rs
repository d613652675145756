//! Handshake payloads, kept for the moment between the redirect and the application server's question.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError, millis};
use crate::instance::ids::{hash_secret, new_secret};

const LIFETIME: Duration = Duration::from_secs(60);

impl Store {
    /// Keeps `directives` and returns the nonce that names them.
    pub async fn keep_handshake(&self, directives: Vec<String>, now: Duration) -> Result<String, StoreError> {
        self.write(move |transaction| {
            let nonce = new_secret();
            let directives = serde_json::json!(directives).to_string();
            transaction.execute("DELETE FROM handshakes WHERE expire_at <= ?1", [millis(now)])?;
            transaction.execute(
                "INSERT INTO handshakes (nonce_hash, directives, expire_at) VALUES (?1, ?2, ?3)",
                params![hash_secret(&nonce), directives, millis(now + LIFETIME)],
            )?;
            Ok(nonce)
        })
        .await
    }

    /// Hands out what a nonce names, once.
    pub async fn take_handshake(&self, nonce: String, now: Duration) -> Result<Option<Vec<String>>, StoreError> {
        let json: Option<String> = self
            .write(move |transaction| {
                transaction
                    .query_row(
                        "DELETE FROM handshakes WHERE nonce_hash = ?1 AND expire_at > ?2 RETURNING directives",
                        params![hash_secret(&nonce), millis(now)],
                        |row| row.get(0),
                    )
                    .optional()
            })
            .await?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }
}
