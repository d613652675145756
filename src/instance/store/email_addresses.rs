//! The email addresses of a user.

use rusqlite::{OptionalExtension, params};

use super::{Call, accounts, millis};
use crate::instance::ids::new_id;

/// An address was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailChangeError {
    /// The user has no such address.
    Unknown,
    /// It is not verified, or it is the primary one.
    Unfit,
}

impl Call<'_> {
    /// Gives a user one more address (in lower case), which is nobody's. Returns its id.
    pub fn add_email(&self, user_id: &str, email_address: &str) -> rusqlite::Result<String> {
        let id = new_id("idn");
        accounts::release_email(self.transaction, email_address)?;
        self.transaction.execute(
            "INSERT INTO email_addresses (id, user_id, email_address, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![id, user_id, email_address, millis(self.now)],
        )?;
        Ok(id)
    }

    /// Makes a verified address the primary one.
    pub fn set_primary_email(&self, user_id: &str, id: &str) -> rusqlite::Result<Result<(), EmailChangeError>> {
        match self.email_facts(user_id, id)? {
            None => Ok(Err(EmailChangeError::Unknown)),
            Some((false, _)) => Ok(Err(EmailChangeError::Unfit)),
            Some((true, _)) => {
                self.transaction
                    .execute("UPDATE users SET primary_email_address_id = ?2 WHERE id = ?1", params![user_id, id])?;
                Ok(Ok(()))
            }
        }
    }

    /// Takes an address away that is not the primary one.
    pub fn delete_email(&self, user_id: &str, id: &str) -> rusqlite::Result<Result<(), EmailChangeError>> {
        match self.email_facts(user_id, id)? {
            None => Ok(Err(EmailChangeError::Unknown)),
            Some((_, true)) => Ok(Err(EmailChangeError::Unfit)),
            Some((_, false)) => {
                self.forget_code(id)?;
                self.transaction.execute("DELETE FROM email_addresses WHERE id = ?1", [id])?;
                Ok(Ok(()))
            }
        }
    }

    /// Whose an address is.
    pub fn user_of_address(&self, id: &str) -> rusqlite::Result<Option<String>> {
        let sql = "SELECT user_id FROM email_addresses WHERE id = ?1";
        self.transaction.query_row(sql, [id], |row| row.get(0)).optional()
    }

    /// Whether an address of a user is verified, and whether it is the primary one.
    fn email_facts(&self, user_id: &str, id: &str) -> rusqlite::Result<Option<(bool, bool)>> {
        let sql = "SELECT verified_by IS NOT NULL, email_addresses.id IS primary_email_address_id
                   FROM email_addresses JOIN users ON users.id = user_id WHERE email_addresses.id = ?1 AND user_id = ?2";
        self.transaction.query_row(sql, params![id, user_id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }
}
