//! JWT templates: what tokens for third parties say.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{Page, Store, StoreError, from_millis, json_object, millis};
use crate::instance::ids::new_id;

/// A template.
pub struct JwtTemplate {
    /// `jtmp_…`
    pub id: String,
    /// What it says.
    pub content: TemplateContent,
    /// When it was made.
    pub created_at: Duration,
    /// When it was last changed.
    pub updated_at: Duration,
}

/// What a template says.
#[derive(Debug)]
pub struct TemplateContent {
    /// What applications call it; no two have the same name.
    pub name: String,
    /// The claims, shortcodes included.
    pub claims: Map<String, Value>,
    /// How long its tokens live.
    pub lifetime_seconds: u32,
    /// How long before they are made its tokens are valid, for clocks that lag.
    pub allowed_clock_skew_seconds: u32,
}

/// The template was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteTemplateError {
    #[error("there is no such template")]
    UnknownTemplate,
    #[error("another template has this name")]
    NameTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// A page of the templates, newest first, and how many there are.
    pub async fn jwt_templates(&self, page: Page) -> Result<(Vec<JwtTemplate>, u32), StoreError> {
        self.write(move |transaction| {
            let total = transaction.query_row("SELECT count(*) FROM jwt_templates", [], |row| row.get(0))?;
            let templates = transaction
                .prepare("SELECT * FROM jwt_templates ORDER BY created_at DESC, rowid DESC LIMIT ?1 OFFSET ?2")?
                .query_map(params![page.limit, page.offset], row_to_template)?
                .collect::<Result<_, _>>()?;
            Ok((templates, total))
        })
        .await
    }

    /// The template with this id.
    pub async fn jwt_template(&self, id: String) -> Result<Option<JwtTemplate>, StoreError> {
        self.write(move |transaction| by_id(transaction, &id)).await
    }

    /// The template with this name.
    pub async fn jwt_template_by_name(&self, name: String) -> Result<Option<JwtTemplate>, StoreError> {
        self.write(move |transaction| {
            transaction.query_row("SELECT * FROM jwt_templates WHERE name = ?1", [name], row_to_template).optional()
        })
        .await
    }

    /// Makes a template.
    pub async fn create_jwt_template(
        &self,
        content: TemplateContent,
        now: Duration,
    ) -> Result<JwtTemplate, WriteTemplateError> {
        self.write(move |transaction| {
            let id = new_id("jtmp");
            if name_taken(transaction, &content.name, &id)? {
                return Ok(Err(WriteTemplateError::NameTaken));
            }
            insert(transaction, &id, &content, now)?;
            let written_at = from_millis(millis(now));
            Ok(Ok(JwtTemplate { id, content, created_at: written_at, updated_at: written_at }))
        })
        .await?
    }

    /// Changes a template by `change`. Returns it as it is now.
    pub async fn update_jwt_template(
        &self,
        id: String,
        change: impl FnOnce(&mut TemplateContent) + Send + 'static,
        now: Duration,
    ) -> Result<JwtTemplate, WriteTemplateError> {
        self.write(move |transaction| {
            let Some(mut template) = by_id(transaction, &id)? else {
                return Ok(Err(WriteTemplateError::UnknownTemplate));
            };
            change(&mut template.content);
            if name_taken(transaction, &template.content.name, &id)? {
                return Ok(Err(WriteTemplateError::NameTaken));
            }
            template.updated_at = from_millis(millis(now));
            update(transaction, &template)?;
            Ok(Ok(template))
        })
        .await?
    }

    /// Deletes a template. Returns whether there was one with this id.
    pub async fn delete_jwt_template(&self, id: String) -> Result<bool, StoreError> {
        self.write(move |transaction| Ok(transaction.execute("DELETE FROM jwt_templates WHERE id = ?1", [id])? > 0))
            .await
    }
}

/// Writes a seeded template, unless there is one with its id. Returns whether it is there now: another one may have its
/// name.
pub(super) fn insert_if_missing(
    transaction: &Transaction<'_>,
    id: &str,
    content: &TemplateContent,
    now: Duration,
) -> rusqlite::Result<bool> {
    if by_id(transaction, id)?.is_some() {
        return Ok(true);
    }
    if name_taken(transaction, &content.name, id)? {
        return Ok(false);
    }
    insert(transaction, id, content, now).map(|()| true)
}

fn insert(transaction: &Transaction<'_>, id: &str, content: &TemplateContent, now: Duration) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO jwt_templates (id, name, claims, lifetime, allowed_clock_skew, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        params![
            id,
            content.name,
            claims_text(content),
            content.lifetime_seconds,
            content.allowed_clock_skew_seconds,
            millis(now)
        ],
    )?;
    Ok(())
}

fn update(transaction: &Transaction<'_>, template: &JwtTemplate) -> rusqlite::Result<()> {
    let content = &template.content;
    transaction.execute(
        "UPDATE jwt_templates SET name = ?2, claims = ?3, lifetime = ?4, allowed_clock_skew = ?5, updated_at = ?6
         WHERE id = ?1",
        params![
            template.id,
            content.name,
            claims_text(content),
            content.lifetime_seconds,
            content.allowed_clock_skew_seconds,
            millis(template.updated_at)
        ],
    )?;
    Ok(())
}

fn claims_text(content: &TemplateContent) -> String {
    Value::Object(content.claims.clone()).to_string()
}

/// Whether a template other than `id` has this name.
fn name_taken(transaction: &Transaction<'_>, name: &str, id: &str) -> rusqlite::Result<bool> {
    transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM jwt_templates WHERE name = ?1 AND id <> ?2)",
        params![name, id],
        |row| row.get(0),
    )
}

fn by_id(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<JwtTemplate>> {
    transaction.query_row("SELECT * FROM jwt_templates WHERE id = ?1", [id], row_to_template).optional()
}

fn row_to_template(row: &Row<'_>) -> rusqlite::Result<JwtTemplate> {
    let content = TemplateContent {
        name: row.get("name")?,
        claims: json_object(row, "claims")?,
        lifetime_seconds: row.get("lifetime")?,
        allowed_clock_skew_seconds: row.get("allowed_clock_skew")?,
    };
    Ok(JwtTemplate {
        id: row.get("id")?,
        content,
        created_at: from_millis(row.get("created_at")?),
        updated_at: from_millis(row.get("updated_at")?),
    })
}
