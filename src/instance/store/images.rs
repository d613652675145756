//! Pictures of users and logos of organizations, at most one each.

use rusqlite::{OptionalExtension, params};

use super::{Call, Store, StoreError, millis};
use crate::instance::ids::new_id;

/// A picture.
pub struct Image {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

impl Store {
    /// The picture with this id, whoever's it is.
    pub async fn image(&self, id: String) -> Result<Option<Image>, StoreError> {
        self.write(move |transaction| {
            let sql = "SELECT content_type, bytes FROM profile_images WHERE id = ?1
                 UNION ALL SELECT content_type, bytes FROM organization_logos WHERE id = ?1";
            transaction
                .query_row(sql, [id], |row| Ok(Image { content_type: row.get(0)?, bytes: row.get(1)? }))
                .optional()
        })
        .await
    }
}

impl Call<'_> {
    /// Gives a user another picture. Returns its id: a new picture is never found under the name of an old one.
    pub fn set_profile_image(&self, user_id: &str, image: &Image) -> rusqlite::Result<String> {
        let id = new_id("img");
        self.transaction.execute(
            "INSERT OR REPLACE INTO profile_images (id, user_id, content_type, bytes) VALUES (?1, ?2, ?3, ?4)",
            params![id, user_id, image.content_type, image.bytes],
        )?;
        self.note_image(user_id, Some(&id))?;
        Ok(id)
    }

    /// Takes a user's picture away. Returns its id, if there was one.
    pub fn delete_profile_image(&self, user_id: &str) -> rusqlite::Result<Option<String>> {
        let sql = "DELETE FROM profile_images WHERE user_id = ?1 RETURNING id";
        let id = self.transaction.query_row(sql, [user_id], |row| row.get(0)).optional()?;
        self.note_image(user_id, None)?;
        Ok(id)
    }

    /// Gives an organization another logo, under a new name.
    pub fn set_logo(&self, organization_id: &str, logo: &Image) -> rusqlite::Result<()> {
        let id = new_id("img");
        self.transaction.execute(
            "INSERT OR REPLACE INTO organization_logos (id, organization_id, content_type, bytes)
             VALUES (?1, ?2, ?3, ?4)",
            params![id, organization_id, logo.content_type, logo.bytes],
        )?;
        self.note_logo(organization_id, Some(&id))
    }

    /// Takes an organization's logo away. Returns whether there was one.
    pub fn delete_logo(&self, organization_id: &str) -> rusqlite::Result<bool> {
        let sql = "DELETE FROM organization_logos WHERE organization_id = ?1";
        let existed = self.transaction.execute(sql, [organization_id])? > 0;
        self.note_logo(organization_id, None)?;
        Ok(existed)
    }

    fn note_image(&self, user_id: &str, image_id: Option<&str>) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE users SET profile_image_id = ?2, updated_at = ?3 WHERE id = ?1",
            params![user_id, image_id, millis(self.now)],
        )?;
        Ok(())
    }

    fn note_logo(&self, organization_id: &str, logo_id: Option<&str>) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE organizations SET logo_id = ?2, updated_at = ?3 WHERE id = ?1",
            params![organization_id, logo_id, millis(self.now)],
        )?;
        Ok(())
    }
}
