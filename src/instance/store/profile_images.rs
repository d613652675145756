//! Pictures of users, at most one each.

use rusqlite::{OptionalExtension, params};

use super::{Call, Store, StoreError, millis};
use crate::instance::ids::new_id;

/// A picture.
pub struct ProfileImage {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

impl Store {
    /// The picture with this id.
    pub async fn profile_image(&self, id: String) -> Result<Option<ProfileImage>, StoreError> {
        self.write(move |transaction| {
            let sql = "SELECT content_type, bytes FROM profile_images WHERE id = ?1";
            transaction
                .query_row(sql, [id], |row| Ok(ProfileImage { content_type: row.get(0)?, bytes: row.get(1)? }))
                .optional()
        })
        .await
    }
}

impl Call<'_> {
    /// Gives a user another picture. Returns its id: a new picture is never found under the name of an old one.
    pub fn set_profile_image(&self, user_id: &str, image: &ProfileImage) -> rusqlite::Result<String> {
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

    fn note_image(&self, user_id: &str, image_id: Option<&str>) -> rusqlite::Result<()> {
        self.transaction.execute(
            "UPDATE users SET profile_image_id = ?2, updated_at = ?3 WHERE id = ?1",
            params![user_id, image_id, millis(self.now)],
        )?;
        Ok(())
    }
}
