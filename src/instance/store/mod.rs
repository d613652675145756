//! One SQLite file: keys, users, clients, sessions, sign-ins and sign-ups under way, codes, accounts elsewhere, JWT
//! templates, organizations. Every call is one transaction; what was answered was written.

mod accounts;
mod call;
mod client_list;
mod clients;
mod conditions;
mod domains;
mod email_addresses;
mod email_codes;
mod external_accounts;
mod external_verifications;
mod failed_connections;
mod handshakes;
mod images;
mod invitations;
mod jwt_templates;
mod lockout;
mod membership_list;
mod memberships;
mod open;
mod organizations;
mod roles;
mod seeding;
mod sessions;
mod sign_in_tokens;
mod sign_ins;
mod sign_ups;
mod user_list;
mod users;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, types::Type};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::{block_in_place, spawn_blocking},
};

use super::{password::PasswordError, signing_key::SigningKeyError};

pub use accounts::{BY_ADMIN, CreateUserError, Credentials, FindUserError, NewUser};
pub use call::{Call, CallError, Client, ClientView, CookieChange, CookieChanges, Finished};
pub use client_list::ClientSessions;
pub use clients::ActiveSession;
pub use domains::{Domain, DomainChange, DomainError};
pub use email_addresses::EmailChangeError;
pub use email_codes::{CodeCheck, EmailCode, Mail};
pub use external_accounts::ExternalAccount;
pub use external_verifications::{ExternalStatus, ExternalVerification, Purpose};
pub use failed_connections::FailedConnection;
pub use images::Image;
pub use invitations::{Invitation, InvitationError, NewInvitation};
pub use jwt_templates::{JwtTemplate, TemplateContent, WriteTemplateError};
pub use lockout::Lockout;
pub use membership_list::{MembershipColumn, MembershipFilter, OrganizationColumn, OrganizationFilter};
pub use memberships::{ActiveOrganization, Membership};
pub use organizations::{
    CREATOR_ROLE, NewOrganization, Organization, OrganizationChange, OrganizationError, SharedMetadata,
};
pub use roles::Role;
pub use sessions::{Session, SessionFilter};
pub use sign_in_tokens::{Impersonation, SignInToken, TicketError};
pub use sign_ins::{SignIn, SignInStatus, SignInView};
pub use sign_ups::{SignUp, SignUpView};
pub use user_list::{TimeRange, UserColumn, UserFilter};
pub use users::{EmailAddress, MergeError, MetadataPatch, UniqueName, User, UserChange};

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
    /// A seed file names something new that cannot be added.
    #[error("the seed's {what} {which} cannot be added: another one has its {field}")]
    SeedTaken {
        /// What it is.
        what: &'static str,
        /// Its id or name.
        which: String,
        /// What another one has.
        field: &'static str,
    },
    /// The thread that did the work died.
    #[error("the embedded Clerk's store stopped: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// At most this many.
    pub limit: u32,
    /// Without the first so many.
    pub offset: u32,
}

/// By what a list is ordered, and whether the largest comes first. Those that are equal follow in the order of their
/// creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order<Column> {
    pub column: Column,
    pub descending: bool,
}

impl<Column> Order<Column> {
    const fn direction(&self) -> &'static str {
        if self.descending { "DESC" } else { "ASC" }
    }
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

    /// Runs `work` in one transaction. An error takes everything back.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        let write = move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        match Handle::current().runtime_flavor() {
            // Other requests go on meanwhile on another thread. Waking that one for the work instead, and then this one
            // for the answer, takes longer than most of the work.
            RuntimeFlavor::MultiThread => block_in_place(write),
            _ => spawn_blocking(write).await?,
        }
    }
}

/// Does `work`, which may refuse halfway: a refusal takes all of it back.
fn whole_or_nothing<T, E>(
    transaction: &Transaction<'_>,
    work: impl FnOnce() -> rusqlite::Result<Result<T, E>>,
) -> rusqlite::Result<Result<T, E>> {
    transaction.execute_batch("SAVEPOINT attempt")?;
    let result = work()?;
    if result.is_err() {
        transaction.execute_batch("ROLLBACK TO attempt")?;
    }
    transaction.execute_batch("RELEASE attempt")?;
    Ok(result)
}

/// Clerk keeps times in milliseconds.
fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn from_millis(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

/// A column that holds a JSON object.
fn json_object(row: &Row<'_>, column: &str) -> rusqlite::Result<Map<String, Value>> {
    json_column(row, column)
}

/// A column that holds JSON.
fn json_column<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    let damaged = |error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error));
    serde_json::from_str(&text).map_err(damaged)
}

/// A list, as SQLite's `json_each` reads it.
fn json_list(values: &[String]) -> String {
    Value::from(values).to_string()
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `piece` anywhere.
fn like(piece: &str) -> String {
    let escaped = piece.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod attempt_tests;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod resource_tests;
#[cfg(test)]
mod tests;
