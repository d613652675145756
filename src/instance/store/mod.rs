//! One SQLite file: keys, users, clients, sessions. Every call is one transaction; what was answered was written.

mod clients;
mod handshakes;
mod open;
mod users;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::task::spawn_blocking;

use super::{password::PasswordError, signing_key::SigningKeyError};

pub use clients::{ActiveSession, Session};
pub use users::{CreateUserError, NewUser};

/// The instance's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or file cannot be made or opened.
    #[error("cannot make or open the embedded Clerk's file: {0}")]
    File(#[from] std::io::Error),
    /// SQLite refused.
    #[error("the embedded Clerk's file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file was made by a newer version.
    #[error(
        "the embedded Clerk's file has schema {found}, this program knows {known}: use a newer version, or move the file away"
    )]
    NewerSchema {
        /// The file's version.
        found: i64,
        /// This program's version.
        known: i64,
    },
    /// The signing key in the file is damaged.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// A password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The thread that did the work died.
    #[error("the embedded Clerk's store stopped: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

/// The instance's file.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
}

impl Store {
    /// Whether the file can be used.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.write(|transaction| transaction.query_row("SELECT 1 FROM instance", [], |_| Ok(()))).await
    }

    /// Runs `work` in one transaction, away from the threads that serve requests. An error takes everything back.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        spawn_blocking(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
        .await?
    }
}

/// Clerk keeps times in milliseconds.
fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn from_millis(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

#[cfg(test)]
mod tests;
