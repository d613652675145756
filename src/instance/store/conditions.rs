//! What a list is narrowed to. A query has only the conditions that are asked for: one that may be left out by its value
//! (`:ids IS NULL OR …`) keeps SQLite from every index, and all others wait while it looks at every row.

use rusqlite::ToSql;

use super::{Page, json_list, like};

/// Conditions that must all hold, each on a value that has a name.
#[derive(Default)]
pub(super) struct Conditions {
    sql: Vec<&'static str>,
    values: Vec<(&'static str, Box<dyn ToSql>)>,
}

impl Conditions {
    /// With one more, if there is a value for it.
    pub fn on(mut self, name: &'static str, value: Option<impl ToSql + 'static>, condition: &'static str) -> Self {
        if let Some(value) = value {
            self.sql.push(condition);
            self.values.push((name, Box::new(value)));
        }
        self
    }

    /// As [`Self::on`], with a list that `json_each` reads.
    pub fn on_list(self, name: &'static str, values: Option<&[String]>, condition: &'static str) -> Self {
        self.on(name, values.map(json_list), condition)
    }

    /// As [`Self::on`], with a pattern for `LIKE … ESCAPE '\'` that finds `piece` anywhere. Finding it looks at every row
    /// that the other conditions leave.
    pub fn on_piece(self, name: &'static str, piece: Option<&str>, condition: &'static str) -> Self {
        self.on(name, piece.map(like), condition)
    }

    /// What goes behind `WHERE`.
    pub fn sql(&self) -> String {
        if self.sql.is_empty() { "true".to_owned() } else { format!("({})", self.sql.join(") AND (")) }
    }

    /// The values that [`Self::sql`] names.
    pub fn values(&self) -> Vec<(&'static str, &dyn ToSql)> {
        self.values.iter().map(|(name, value)| (*name, &**value)).collect()
    }

    /// The same, with `:limit` and `:offset`.
    pub fn values_of_page<'a>(&'a self, page: &'a Page) -> Vec<(&'static str, &'a dyn ToSql)> {
        let mut values = self.values();
        values.extend([(":limit", &page.limit as &dyn ToSql), (":offset", &page.offset)]);
        values
    }
}
