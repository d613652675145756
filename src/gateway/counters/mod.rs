//! Counting requests against limits. Policies know the trait; where the counts are is the program's business: in this
//! process ([`MemoryCounters`]), or in a Redis or Valkey that several gateways share ([`RedisCounters`]).

mod bounded;
mod memory;
mod outage;
mod period;
mod shared;
mod sliding_window;

use std::{pin::Pin, time::Duration};

pub use memory::MemoryCounters;
pub use period::Period;
pub use shared::RedisCounters;

/// How many requests in how much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Requests in one window.
    pub requests: u64,
    /// The window, which slides.
    pub window: Duration,
}

/// What a counter says to one more request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is within the limit, and counted.
    Allowed {
        /// How many more would be within it now.
        remaining: u64,
        /// When all of the limit would be there again, if none came.
        reset: Duration,
    },
    /// It is beyond the limit, and not counted. After this time one more would be within it, if none came before.
    Limited {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// The counts cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the counters cannot be had: {0}")]
pub struct CounterError(pub String);

/// What a store returns once it has counted.
pub type Counted<'a> = Pin<Box<dyn Future<Output = Result<Decision, CounterError>> + Send + 'a>>;

/// What is used of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Requests in this period.
    pub requests: u64,
    /// When this period began.
    pub began: Duration,
}

/// What a store returns once it has looked a quota up.
pub type Used<'a> = Pin<Box<dyn Future<Output = Result<Usage, CounterError>> + Send + 'a>>;

/// What a store returns once it has added to a quota.
pub type Added<'a> = Pin<Box<dyn Future<Output = Result<(), CounterError>> + Send + 'a>>;

/// Keeps counts. A store that cannot be had says so once in the log; every caller is told by its error.
pub trait CounterStore: Send + Sync {
    /// Counts a request under `key` at the time `now` (since the Unix epoch), if `limit` allows it. The same key with
    /// another window is another count.
    fn count<'a>(&'a self, key: &'a str, limit: Limit, now: Duration) -> Counted<'a>;

    /// What is used of the quota under `key` in the period that holds `now`. The first look begins the first period.
    fn used<'a>(&'a self, key: &'a str, period: Period, now: Duration) -> Used<'a>;

    /// Adds a request to the quota under `key`, in the period that `began` then or in a later one if that is over.
    fn add<'a>(&'a self, key: &'a str, period: Period, began: Duration) -> Added<'a>;
}
