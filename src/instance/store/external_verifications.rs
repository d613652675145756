//! What browsers have been sent to an identity provider for: one per browser, for ten minutes. What comes back counts
//! once, and in the browser that was sent.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::{Call, from_millis, json_column, millis};
use crate::instance::social::{Departure, ExternalError, Identity, Targets};

const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What a browser is sent to a provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A sign-in of Clerk's client.
    SignIn,
    /// A sign-up of Clerk's client.
    SignUp,
    /// A user who wants to sign in with the account, too.
    Connect,
    /// Signing in or up on the portal.
    Portal,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignUp => "sign_up",
            Self::Connect => "connect",
            Self::Portal => "portal",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "sign_in" => Self::SignIn,
            "sign_up" => Self::SignUp,
            "connect" => Self::Connect,
            _ => Self::Portal,
        }
    }
}

/// What has come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalStatus {
    /// The browser is not back.
    Unverified,
    /// The provider told who it is.
    Verified,
    /// It did, but a sign-up has to go on where a sign-in was meant, or the other way round.
    Transferable,
    /// Nothing.
    Failed,
}

impl ExternalStatus {
    /// Clerk's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Verified => "verified",
            Self::Transferable => "transferable",
            Self::Failed => "failed",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "unverified" => Self::Unverified,
            "verified" => Self::Verified,
            "transferable" => Self::Transferable,
            _ => Self::Failed,
        }
    }
}

/// A browser's way to a provider and back.
#[derive(Clone)]
pub struct ExternalVerification {
    pub purpose: Purpose,
    /// The sign-in, the sign-up or the user that it is for; empty for the portal's.
    pub owner_id: String,
    /// The provider's.
    pub strategy: String,
    /// Shows the provider that whoever brings the code is who asked for it (PKCE).
    pub code_verifier: String,
    /// Where the browser was sent.
    pub authorization_url: String,
    /// Where it goes afterwards.
    pub targets: Targets,
    pub status: ExternalStatus,
    /// Why it failed, or must go on elsewhere.
    pub error: Option<ExternalError>,
    /// Who it is.
    pub identity: Option<Identity>,
    /// When it is forgotten.
    pub expire_at: Duration,
}

impl Call<'_> {
    /// Notes that the browser is sent to a provider. What it was sent for before is forgotten.
    pub fn begin_external(&mut self, purpose: Purpose, owner_id: &str, departure: &Departure) -> rusqlite::Result<()> {
        let client_id = self.client_id()?;
        let now = millis(self.now);
        self.transaction.execute("DELETE FROM external_verifications WHERE expire_at <= ?1", [now])?;
        self.transaction.execute(
            "INSERT OR REPLACE INTO external_verifications
               (client_id, purpose, owner_id, strategy, state, code_verifier, authorization_url, redirect_url,
                complete_url, status, expire_at)
             VALUES (:client_id, :purpose, :owner_id, :strategy, :state, :code_verifier, :authorization_url,
               :redirect_url, :complete_url, 'unverified', :expire_at)",
            named_params! {
                ":client_id": client_id,
                ":purpose": purpose.as_str(),
                ":owner_id": owner_id,
                ":strategy": departure.strategy,
                ":state": departure.state,
                ":code_verifier": departure.code_verifier,
                ":authorization_url": departure.authorization_url,
                ":redirect_url": departure.targets.redirect_url,
                ":complete_url": departure.targets.complete_url,
                ":expire_at": millis(self.now + LIFETIME),
            },
        )?;
        Ok(())
    }

    /// What this browser was sent for with this `state`. The state works once, and in no other browser.
    pub fn arrive(&self, state: &str) -> rusqlite::Result<Option<ExternalVerification>> {
        let Some(client) = &self.client else { return Ok(None) };
        self.transaction
            .query_row(
                "UPDATE external_verifications SET state = NULL
                 WHERE state = ?1 AND client_id = ?2 AND expire_at > ?3 RETURNING *",
                params![state, client.id, millis(self.now)],
                row_to_verification,
            )
            .optional()
    }

    /// What this browser was sent to a provider for, if that counts still.
    pub fn external(&self) -> rusqlite::Result<Option<ExternalVerification>> {
        let Some(client) = &self.client else { return Ok(None) };
        self.transaction
            .prepare_cached("SELECT * FROM external_verifications WHERE client_id = ?1 AND expire_at > ?2")?
            .query_row(params![client.id, millis(self.now)], row_to_verification)
            .optional()
    }

    /// Where this browser wanted to go when it was last sent to a provider, whether or not that counts still.
    pub fn last_external_targets(&self) -> rusqlite::Result<Option<Targets>> {
        let Some(client) = &self.client else { return Ok(None) };
        self.transaction
            .query_row("SELECT * FROM external_verifications WHERE client_id = ?1", [&client.id], row_to_verification)
            .optional()
            .map(|found| found.map(|external| external.targets))
    }

    /// What this browser was sent to a provider for on behalf of this sign-in or sign-up.
    pub fn external_of(&self, owner_id: &str) -> rusqlite::Result<Option<ExternalVerification>> {
        Ok(self.external()?.filter(|external| external.owner_id == owner_id))
    }

    /// Keeps what has come of it, unless the browser was sent elsewhere since.
    pub fn save_external(&self, external: &ExternalVerification) -> rusqlite::Result<()> {
        let Some(client) = &self.client else { return Ok(()) };
        let identity = external.identity.as_ref().and_then(|identity| serde_json::to_string(identity).ok());
        self.transaction.execute(
            "UPDATE external_verifications SET purpose = ?2, owner_id = ?3, status = ?4, error = ?5, identity = ?6
             WHERE client_id = ?1 AND code_verifier = ?7",
            params![
                client.id,
                external.purpose.as_str(),
                external.owner_id,
                external.status.as_str(),
                external.error.map(ExternalError::code),
                identity,
                external.code_verifier
            ],
        )?;
        Ok(())
    }

    /// Forgets what this browser was sent to a provider for.
    pub fn forget_external(&self) -> rusqlite::Result<()> {
        let Some(client) = &self.client else { return Ok(()) };
        self.transaction.execute("DELETE FROM external_verifications WHERE client_id = ?1", [&client.id])?;
        Ok(())
    }
}

fn row_to_verification(row: &Row<'_>) -> rusqlite::Result<ExternalVerification> {
    let identity: Option<String> = row.get("identity")?;
    Ok(ExternalVerification {
        purpose: Purpose::read(&row.get::<_, String>("purpose")?),
        owner_id: row.get("owner_id")?,
        strategy: row.get("strategy")?,
        code_verifier: row.get("code_verifier")?,
        authorization_url: row.get("authorization_url")?,
        targets: Targets { redirect_url: row.get("redirect_url")?, complete_url: row.get("complete_url")? },
        status: ExternalStatus::read(&row.get::<_, String>("status")?),
        error: row.get::<_, Option<String>>("error")?.map(|code| ExternalError::read(&code)),
        identity: identity.map(|_| json_column(row, "identity")).transpose()?,
        expire_at: from_millis(row.get("expire_at")?),
    })
}
