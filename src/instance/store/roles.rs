//! Roles: what members of an organization may do.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::json_column;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// `org:…`
    pub key: String,
    /// What people call it.
    pub name: String,
    /// `org:…:…`; those of Clerk's own features start with `org:sys_`.
    pub permissions: Vec<String>,
}

impl Role {
    /// Whether it comes with this permission.
    pub fn permits(&self, permission: &str) -> bool {
        self.permissions.iter().any(|granted| granted == permission)
    }
}

/// The role with this key.
pub(super) fn role(transaction: &Transaction<'_>, key: &str) -> rusqlite::Result<Option<Role>> {
    transaction
        .prepare_cached("SELECT key, name, permissions FROM roles WHERE key = ?1")?
        .query_row([key], row_to_role)
        .optional()
}

/// Every role.
pub(super) fn all(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<Role>> {
    transaction
        .prepare_cached("SELECT key, name, permissions FROM roles ORDER BY key")?
        .query_map([], row_to_role)?
        .collect()
}

/// Writes a role, unless there is one with its key.
pub(super) fn insert_if_missing(transaction: &Transaction<'_>, role: &Role) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO roles (key, name, permissions) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO NOTHING",
        params![role.key, role.name, super::json_list(&role.permissions)],
    )?;
    Ok(())
}

fn row_to_role(row: &Row<'_>) -> rusqlite::Result<Role> {
    Ok(Role { key: row.get("key")?, name: row.get("name")?, permissions: json_column(row, "permissions")? })
}
