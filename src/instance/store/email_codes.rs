//! Codes that are sent to email addresses, and the outbox that keeps what would have been sent.
//!
//! A code lives ten minutes and bears five wrong answers. Only one works per address at a time: a new one replaces it,
//! whoever asked for it.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, params};
use subtle::ConstantTimeEq;

use super::{Call, Store, StoreError, from_millis, millis};
use crate::instance::ids::{hash_secret, new_code, new_secret};

const LIFETIME: Duration = Duration::from_secs(10 * 60);
const MAX_FAILED_ATTEMPTS: u32 = 5;
/// Addresses with this in them belong to tests: they get no mail, and one code always works (Clerk, "Test emails and
/// phones").
const TEST_MARK: &str = "+clerk_test@";
const TEST_CODE: &str = "424242";
/// The outbox keeps the newest.
const MAX_MAILS: u32 = 200;

/// A code that was sent.
#[derive(Clone)]
pub struct EmailCode {
    /// The strategy it was sent for.
    pub strategy: String,
    /// In lower case.
    pub email_address: String,
    /// How often a wrong one was answered.
    pub failed_attempts: u32,
    /// When it stops working.
    pub expire_at: Duration,
}

impl EmailCode {
    /// Whether no answer is right any more.
    pub const fn is_exhausted(&self) -> bool {
        self.failed_attempts >= MAX_FAILED_ATTEMPTS
    }
}

/// A mail that would have been sent.
pub struct Mail {
    pub id: i64,
    pub recipient: String,
    pub subject: String,
    pub body: String,
    /// The code in it, if there is one.
    pub code: Option<String>,
    pub created_at: Duration,
}

/// What an answered code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeCheck {
    /// The one that was sent. It works no more.
    Correct,
    /// Another one.
    Wrong,
    /// Too late, or none was sent, or another one was sent since.
    Expired,
    /// Wrong too often. No answer is right any more.
    Exhausted,
}

impl Call<'_> {
    /// Sends a code to an address, for `owner_id` to wait for.
    pub fn send_code(&self, owner_id: &str, email_address: &str, strategy: &str) -> rusqlite::Result<()> {
        let is_test = email_address.contains(TEST_MARK);
        let code = if is_test { TEST_CODE.to_owned() } else { new_code() };
        self.keep_code(owner_id, email_address, strategy, &code)?;
        if is_test { Ok(()) } else { self.send_mail(email_address, &code, strategy) }
    }

    /// Lets `owner_id` wait for a code that nobody was sent and that no answer fits. It runs out as others do, so that
    /// what becomes of answers does not tell whether one was sent.
    pub fn withhold_code(&self, owner_id: &str, email_address: &str, strategy: &str) -> rusqlite::Result<()> {
        self.keep_code(owner_id, email_address, strategy, &new_secret())
    }

    fn keep_code(&self, owner_id: &str, email_address: &str, strategy: &str, code: &str) -> rusqlite::Result<()> {
        self.transaction.execute(
            "INSERT OR REPLACE INTO email_codes (owner_id, email_address, strategy, code_hash, expire_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![owner_id, email_address, strategy, hash(owner_id, code), millis(self.now + LIFETIME)],
        )?;
        Ok(())
    }

    /// Whether no answer to the code that `owner_id` waits for can be right any more.
    pub fn is_code_over(&self, owner_id: &str) -> rusqlite::Result<bool> {
        let code = self.code(owner_id)?;
        Ok(code.is_none_or(|code| code.is_exhausted() || code.expire_at <= self.now))
    }

    /// The code that `owner_id` waits for.
    pub fn code(&self, owner_id: &str) -> rusqlite::Result<Option<EmailCode>> {
        self.transaction
            .prepare_cached("SELECT * FROM email_codes WHERE owner_id = ?1")?
            .query_row([owner_id], row_to_code)
            .optional()
    }

    /// Forgets the code that `owner_id` waits for.
    pub fn forget_code(&self, owner_id: &str) -> rusqlite::Result<()> {
        self.transaction.execute("DELETE FROM email_codes WHERE owner_id = ?1", [owner_id])?;
        Ok(())
    }

    /// Checks an answer. A wrong one is counted, and the right one works once.
    pub fn check_code(&self, owner_id: &str, strategy: &str, answer: &str) -> rusqlite::Result<CodeCheck> {
        let stored: Option<(Vec<u8>, u32)> = self
            .transaction
            .query_row(
                "SELECT code_hash, failed_attempts FROM email_codes
                 WHERE owner_id = ?1 AND strategy = ?2 AND expire_at > ?3",
                params![owner_id, strategy, millis(self.now)],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((stored, failed_attempts)) = stored else { return Ok(CodeCheck::Expired) };
        if failed_attempts >= MAX_FAILED_ATTEMPTS {
            return Ok(CodeCheck::Exhausted);
        }
        if bool::from(stored.ct_eq(&hash(owner_id, answer))) {
            self.transaction.execute("DELETE FROM email_codes WHERE owner_id = ?1", [owner_id])?;
            return Ok(CodeCheck::Correct);
        }
        self.transaction
            .execute("UPDATE email_codes SET failed_attempts = failed_attempts + 1 WHERE owner_id = ?1", [owner_id])?;
        Ok(CodeCheck::Wrong)
    }

    /// Tells the owner of an address that somebody wanted to sign up with it.
    pub fn tell_owner(&self, email_address: &str) -> rusqlite::Result<()> {
        let body = "Somebody wanted to sign up with this address, which has an account. If it was you: sign in, or \
                    replace the password if you forgot it. Otherwise there is nothing to do.";
        let is_test = email_address.contains(TEST_MARK);
        if is_test { Ok(()) } else { self.post(email_address, "You have an account already", body, None) }
    }

    fn send_mail(&self, recipient: &str, code: &str, strategy: &str) -> rusqlite::Result<()> {
        let purpose = match strategy {
            "reset_password_email_code" => "reset your password",
            _ => "go on",
        };
        let body = format!("Your code is {code}. Enter it within 10 minutes to {purpose}.");
        self.post(recipient, &format!("{code} is your code"), &body, Some(code))
    }

    fn post(&self, recipient: &str, subject: &str, body: &str, code: Option<&str>) -> rusqlite::Result<()> {
        self.transaction.execute(
            "INSERT INTO mails (recipient, subject, body, code, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![recipient, subject, body, code, millis(self.now)],
        )?;
        self.transaction.execute(
            "DELETE FROM mails WHERE id <= (SELECT id FROM mails ORDER BY id DESC LIMIT 1 OFFSET ?1)",
            [MAX_MAILS],
        )?;
        Ok(())
    }
}

impl Store {
    /// The newest mails, newest first.
    pub async fn mails(&self) -> Result<Vec<Mail>, StoreError> {
        self.write(|transaction| {
            let mut statement = transaction.prepare("SELECT * FROM mails ORDER BY id DESC")?;
            statement.query_map([], row_to_mail)?.collect()
        })
        .await
    }
}

/// Bound to its owner: nobody else's answer has the same hash.
fn hash(owner_id: &str, code: &str) -> Vec<u8> {
    hash_secret(&format!("{owner_id}:{code}"))
}

fn row_to_code(row: &Row<'_>) -> rusqlite::Result<EmailCode> {
    Ok(EmailCode {
        strategy: row.get("strategy")?,
        email_address: row.get("email_address")?,
        failed_attempts: row.get("failed_attempts")?,
        expire_at: from_millis(row.get("expire_at")?),
    })
}

fn row_to_mail(row: &Row<'_>) -> rusqlite::Result<Mail> {
    Ok(Mail {
        id: row.get("id")?,
        recipient: row.get("recipient")?,
        subject: row.get("subject")?,
        body: row.get("body")?,
        code: row.get("code")?,
        created_at: from_millis(row.get("created_at")?),
    })
}
