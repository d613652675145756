//! Which part of a list is asked for. What makes no sense is left out, as the rest of the query of Clerk's client is.

use crate::instance::store::Page;

const DEFAULT_LIMIT: u32 = 10;
const MAX_LIMIT: u32 = 500;

/// The query of a list.
pub struct ListQuery(Vec<(String, String)>);

impl ListQuery {
    /// Reads it.
    pub fn read(query: Option<String>) -> Self {
        Self(url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// A parameter with something in it.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, value)| found == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that comes once or more.
    pub fn all(&self, name: &str) -> Option<Vec<String>> {
        let values: Vec<String> =
            self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| value.clone()).collect();
        (!values.is_empty()).then_some(values)
    }

    /// `limit` and `offset`.
    pub fn page(&self) -> Page {
        let number = |name| self.one(name)?.parse::<u32>().ok();
        let limit = number("limit").unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
        Page { limit, offset: number("offset").unwrap_or_default() }
    }
}
