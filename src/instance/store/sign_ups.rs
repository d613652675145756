//! Sign-ups under way: one per browser. There is no user before one is complete.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{
    Call, EmailCode, ExternalVerification,
    accounts::{self, NewUser},
    from_millis, json_object, millis,
};
use crate::instance::ids::new_id;

/// Clerk's own: a day.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A sign-up under way, or just done.
#[derive(Clone, Default)]
pub struct SignUp {
    /// `sua_…`
    pub id: String,
    /// In lower case.
    pub email_address: Option<String>,
    /// Whether a code that was sent there came back.
    pub email_verified: bool,
    /// PHC string.
    pub password_hash: Option<String>,
    /// Empty is none.
    pub first_name: String,
    /// Empty is none.
    pub last_name: String,
    pub unsafe_metadata: Map<String, Value>,
    pub locale: Option<String>,
    /// The user that came of it.
    pub created_user_id: Option<String>,
    /// Their session.
    pub created_session_id: Option<String>,
    /// When it is forgotten.
    pub abandon_at: Duration,
}

/// A sign-up with what there is to show of it.
pub struct SignUpView {
    pub sign_up: SignUp,
    /// The code that it waits for.
    pub code: Option<EmailCode>,
    /// What the browser was sent to an identity provider for.
    pub external: Option<ExternalVerification>,
}

impl Call<'_> {
    /// Begins a sign-up in this browser. One that was under way is forgotten.
    pub fn begin_sign_up(&mut self, sign_up: &mut SignUp) -> rusqlite::Result<()> {
        sign_up.id = new_id("sua");
        sign_up.abandon_at = self.now + LIFETIME;
        let client_id = self.client_id()?;
        self.transaction.execute(
            "INSERT OR REPLACE INTO sign_ups (id, client_id, abandon_at) VALUES (?1, ?2, ?3)",
            params![sign_up.id, client_id, millis(sign_up.abandon_at)],
        )?;
        self.save_sign_up(sign_up)
    }

    /// The sign-up with this id, if it is this browser's.
    pub fn sign_up(&self, id: &str) -> rusqlite::Result<Option<SignUp>> {
        let Some(client) = &self.client else { return Ok(None) };
        self.transaction
            .prepare_cached("SELECT * FROM sign_ups WHERE id = ?1 AND client_id = ?2 AND abandon_at > ?3")?
            .query_row(params![id, client.id, millis(self.now)], row_to_sign_up)
            .optional()
    }

    /// A sign-up with what there is to show of it.
    pub fn show_sign_up(&self, sign_up: SignUp) -> rusqlite::Result<SignUpView> {
        let (code, external) = (self.code(&sign_up.id)?, self.external_of(&sign_up.id)?);
        Ok(SignUpView { sign_up, code, external })
    }

    /// Keeps what has become of a sign-up.
    pub fn save_sign_up(&self, sign_up: &SignUp) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE sign_ups SET email_address = ?2, email_verified = ?3, password_hash = ?4, first_name = ?5,
               last_name = ?6, unsafe_metadata = ?7, locale = ?8, created_user_id = ?9, created_session_id = ?10
             WHERE id = ?1",
            params![
                sign_up.id,
                sign_up.email_address,
                sign_up.email_verified,
                sign_up.password_hash,
                sign_up.first_name,
                sign_up.last_name,
                Value::Object(sign_up.unsafe_metadata.clone()).to_string(),
                sign_up.locale,
                sign_up.created_user_id,
                sign_up.created_session_id
            ],
        )?;
        Ok(())
    }

    /// The sign-up under way in this browser.
    pub fn open_sign_up(&self) -> rusqlite::Result<Option<SignUp>> {
        let Some(client) = &self.client else { return Ok(None) };
        open_in_client(self.transaction, &client.id, self.now)
    }

    /// Creates a user and returns their id.
    pub fn create_user(&self, user: &NewUser) -> rusqlite::Result<String> {
        let id = new_id("user");
        accounts::insert(self.transaction, &id, user, self.now)?;
        Ok(id)
    }

    /// Whose an email address (in lower case) is.
    pub fn owner_of_email(&self, email_address: &str) -> rusqlite::Result<Option<String>> {
        accounts::owner_of_email(self.transaction, email_address)
    }
}

/// The sign-up under way in a browser.
pub(super) fn open_in_client(
    transaction: &Transaction<'_>,
    client_id: &str,
    now: Duration,
) -> rusqlite::Result<Option<SignUp>> {
    transaction
        .prepare_cached("SELECT * FROM sign_ups WHERE client_id = ?1 AND created_user_id IS NULL AND abandon_at > ?2")?
        .query_row(params![client_id, millis(now)], row_to_sign_up)
        .optional()
}

fn row_to_sign_up(row: &Row<'_>) -> rusqlite::Result<SignUp> {
    Ok(SignUp {
        id: row.get("id")?,
        email_address: row.get("email_address")?,
        email_verified: row.get("email_verified")?,
        password_hash: row.get("password_hash")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        unsafe_metadata: json_object(row, "unsafe_metadata")?,
        locale: row.get("locale")?,
        created_user_id: row.get("created_user_id")?,
        created_session_id: row.get("created_session_id")?,
        abandon_at: from_millis(row.get("abandon_at")?),
    })
}
