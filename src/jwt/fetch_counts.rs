//! How often a key set was fetched, and what became of tokens with a key id that it does not have. For whoever watches.

use std::{
    ops::Add,
    sync::atomic::{AtomicU64, Ordering},
};

/// How often something happened since the key set was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FetchCounts {
    /// Fetches that brought keys.
    pub fetched: u64,
    /// Fetches that failed.
    pub failed: u64,
    /// Tokens with an unknown key id that began a fetch.
    pub unknown_fetched: u64,
    /// Tokens with an unknown key id that waited for a fetch which others had begun.
    pub unknown_waited: u64,
    /// Tokens with an unknown key id that came too soon after the last fetch for one.
    pub unknown_refused: u64,
}

impl Add for FetchCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            fetched: self.fetched + other.fetched,
            failed: self.failed + other.failed,
            unknown_fetched: self.unknown_fetched + other.unknown_fetched,
            unknown_waited: self.unknown_waited + other.unknown_waited,
            unknown_refused: self.unknown_refused + other.unknown_refused,
        }
    }
}

/// Counts for one key set.
#[derive(Debug, Default)]
pub struct FetchMeter {
    pub fetched: AtomicU64,
    pub failed: AtomicU64,
    pub unknown_fetched: AtomicU64,
    pub unknown_waited: AtomicU64,
    pub unknown_refused: AtomicU64,
}

impl FetchMeter {
    pub fn counts(&self) -> FetchCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        FetchCounts {
            fetched: read(&self.fetched),
            failed: read(&self.failed),
            unknown_fetched: read(&self.unknown_fetched),
            unknown_waited: read(&self.unknown_waited),
            unknown_refused: read(&self.unknown_refused),
        }
    }
}

/// Adds one.
pub fn count(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_two_sets_are_added_each_to_its_own() {
        let counts = |fetched| FetchCounts {
            fetched,
            failed: fetched + 1,
            unknown_fetched: fetched + 2,
            unknown_waited: fetched + 3,
            unknown_refused: fetched + 4,
        };
        let sum = FetchCounts { fetched: 13, failed: 15, unknown_fetched: 17, unknown_waited: 19, unknown_refused: 21 };
        assert_eq!(counts(10) + counts(3), sum);
    }
}
