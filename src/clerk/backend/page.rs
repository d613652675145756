//! Lists, a page at a time.

use serde::Deserialize;

use super::call::Query;

/// Part of a list, and how long the whole of it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Answer<T>")]
pub struct Page<T> {
    /// The items of this page.
    pub data: Vec<T>,
    /// How many there are on all pages.
    pub total_count: u64,
}

/// The two shapes of a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer<T> {
    Bare(Vec<T>),
    Counted { data: Vec<T>, total_count: Option<u64> },
}

impl<T> From<Answer<T>> for Page<T> {
    /// Without a count, all that is known to exist is what is there.
    fn from(answer: Answer<T>) -> Self {
        let (data, total_count) = match answer {
            Answer::Bare(data) => (data, None),
            Answer::Counted { data, total_count } => (data, total_count),
        };
        Self { total_count: total_count.unwrap_or(data.len() as u64), data }
    }
}

/// Which page. An answer of more than a mebibyte is not read, so ask for a hundred items at a time rather than for 500.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paging {
    /// How many items: 1 to 500; 10 unless said otherwise.
    pub limit: Option<u32>,
    /// How many items to pass over.
    pub offset: Option<u32>,
}

impl Paging {
    pub(super) fn query(self) -> Query {
        Query::default().number("limit", self.limit).number("offset", self.offset)
    }
}
