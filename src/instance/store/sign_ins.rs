//! Sign-ins under way: one per browser.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Call, EmailCode, ExternalVerification, User, from_millis, millis, users};
use crate::instance::ids::new_id;

/// Clerk's own: a day.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A sign-in under way, or just done.
#[derive(Clone)]
pub struct SignIn {
    /// `sia_…`
    pub id: String,
    /// Who wants to sign in, once it is known.
    pub user_id: Option<String>,
    /// What they typed.
    pub identifier: Option<String>,
    /// What it waits for.
    pub status: SignInStatus,
    /// The strategy of the first factor that was shown.
    pub verified_by: Option<String>,
    /// The session that came of it.
    pub created_session_id: Option<String>,
    /// When it is forgotten.
    pub abandon_at: Duration,
}

/// A sign-in with what there is to show of it.
pub struct SignInView {
    pub sign_in: SignIn,
    /// Who wants to sign in.
    pub user: Option<User>,
    /// The code that it waits for.
    pub code: Option<EmailCode>,
    /// What the browser was sent to an identity provider for.
    pub external: Option<ExternalVerification>,
}

/// What a sign-in waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInStatus {
    /// An email address.
    NeedsIdentifier,
    /// A password or a code.
    NeedsFirstFactor,
    /// A new password: the old one was forgotten.
    NeedsNewPassword,
    /// Nothing more.
    Complete,
}

impl SignInStatus {
    /// Clerk's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsIdentifier => "needs_identifier",
            Self::NeedsFirstFactor => "needs_first_factor",
            Self::NeedsNewPassword => "needs_new_password",
            Self::Complete => "complete",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "needs_identifier" => Self::NeedsIdentifier,
            "needs_first_factor" => Self::NeedsFirstFactor,
            "needs_new_password" => Self::NeedsNewPassword,
            _ => Self::Complete,
        }
    }
}

impl Call<'_> {
    /// Begins a sign-in in this browser. One that was under way is forgotten.
    pub fn begin_sign_in(&mut self, user_id: Option<String>, identifier: Option<String>) -> rusqlite::Result<SignIn> {
        let status = if user_id.is_some() { SignInStatus::NeedsFirstFactor } else { SignInStatus::NeedsIdentifier };
        let sign_in = SignIn {
            id: new_id("sia"),
            user_id,
            identifier,
            status,
            verified_by: None,
            created_session_id: None,
            abandon_at: self.now + LIFETIME,
        };
        let client_id = self.client_id()?;
        self.transaction.execute(
            "INSERT OR REPLACE INTO sign_ins (id, client_id, user_id, identifier, status, abandon_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                sign_in.id,
                client_id,
                sign_in.user_id,
                sign_in.identifier,
                status.as_str(),
                millis(sign_in.abandon_at)
            ],
        )?;
        Ok(sign_in)
    }

    /// The sign-in with this id, if it is this browser's.
    pub fn sign_in(&self, id: &str) -> rusqlite::Result<Option<SignIn>> {
        let Some(client) = &self.client else { return Ok(None) };
        self.transaction
            .prepare_cached("SELECT * FROM sign_ins WHERE id = ?1 AND client_id = ?2 AND abandon_at > ?3")?
            .query_row(params![id, client.id, millis(self.now)], row_to_sign_in)
            .optional()
    }

    /// The sign-in under way in this browser.
    pub fn open_sign_in(&self) -> rusqlite::Result<Option<SignIn>> {
        let Some(client) = &self.client else { return Ok(None) };
        open_in_client(self.transaction, &client.id, self.now)
    }

    /// A sign-in with what there is to show of it.
    pub fn show_sign_in(&self, sign_in: SignIn) -> rusqlite::Result<SignInView> {
        let user = match &sign_in.user_id {
            Some(id) => users::user(self.transaction, id)?,
            None => None,
        };
        let (code, external) = (self.code(&sign_in.id)?, self.external_of(&sign_in.id)?);
        Ok(SignInView { sign_in, user, code, external })
    }

    /// Keeps what has become of a sign-in.
    pub fn save_sign_in(&self, sign_in: &SignIn) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE sign_ins SET user_id = ?2, identifier = ?3, status = ?4, verified_by = ?5, created_session_id = ?6
             WHERE id = ?1",
            params![
                sign_in.id,
                sign_in.user_id,
                sign_in.identifier,
                sign_in.status.as_str(),
                sign_in.verified_by,
                sign_in.created_session_id
            ],
        )?;
        Ok(())
    }
}

/// The sign-in under way in a browser.
pub(super) fn open_in_client(
    transaction: &Transaction<'_>,
    client_id: &str,
    now: Duration,
) -> rusqlite::Result<Option<SignIn>> {
    transaction
        .prepare_cached("SELECT * FROM sign_ins WHERE client_id = ?1 AND status <> 'complete' AND abandon_at > ?2")?
        .query_row(params![client_id, millis(now)], row_to_sign_in)
        .optional()
}

fn row_to_sign_in(row: &Row<'_>) -> rusqlite::Result<SignIn> {
    Ok(SignIn {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        identifier: row.get("identifier")?,
        status: SignInStatus::read(&row.get::<_, String>("status")?),
        verified_by: row.get("verified_by")?,
        created_session_id: row.get("created_session_id")?,
        abandon_at: from_millis(row.get("abandon_at")?),
    })
}
