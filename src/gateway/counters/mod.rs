//! Counting requests against limits. Policies know the trait; where the counts are is the program's business, so that
//! several gateways can share theirs.

mod memory;
mod period;

use std::{pin::Pin, time::Duration};

pub use memory::MemoryCounters;
pub use period::Period;

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
    Allowed,
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

/// Keeps counts.
pub trait CounterStore: Send + Sync {
    /// Counts a request under `key` at the time `now` (since the Unix epoch), if `limit` allows it.
    fn count<'a>(&'a self, key: &'a str, limit: Limit, now: Duration) -> Counted<'a>;

    /// What is used of the quota under `key` in the period that holds `now`.
    fn used<'a>(&'a self, key: &'a str, period: Period, now: Duration) -> Used<'a>;

    /// Adds a request to the quota under `key`. The first one begins the first period.
    fn add<'a>(&'a self, key: &'a str, period: Period, now: Duration) -> Added<'a>;
}

/// A window that slides, approximated by two that do not: what was counted in the last one fades while this one passes.
/// Two numbers a key, whatever the limit; off by no more than the unevenness within one window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlidingWindow {
    /// Which window the counts are for, counted from the Unix epoch.
    index: u64,
    last: u64,
    this: u64,
}

impl SlidingWindow {
    /// Counts a request at the time `now`, if `limit` allows it.
    pub fn count(&mut self, limit: Limit, now: Duration) -> Decision {
        let window = limit.window.as_millis().max(1);
        let (index, passed) = (now.as_millis() / window, now.as_millis() % window);
        self.move_to(u64::try_from(index).unwrap_or(u64::MAX));
        // In thousandths of a request and of a window, so that nothing is rounded away.
        let faded = u128::from(self.last) * (window - passed);
        let used = u128::from(self.this) * window + faded;
        if used + window <= u128::from(limit.requests) * window {
            self.this += 1;
            return Decision::Allowed;
        }
        let wait = self.wait(limit.requests, window, passed);
        Decision::Limited { retry_after: Duration::from_millis(u64::try_from(wait).unwrap_or(u64::MAX)) }
    }

    /// Milliseconds until one more request is within the limit.
    fn wait(&self, requests: u64, window: u128, passed: u128) -> u128 {
        // How much of `count` may be left once there is room for one more beside `others`.
        let faded_enough = |count: u64, others: u64| {
            let room = requests.saturating_sub(1).checked_sub(others)?;
            let left = u128::from(room) * window / u128::from(count.max(1));
            Some(window.saturating_sub(left.min(window)))
        };
        match faded_enough(self.last, self.this) {
            Some(at) if requests > 0 => at.saturating_sub(passed).max(1),
            // Not in this window: what is counted now has to fade in the next one.
            _ => window - passed + faded_enough(self.this, 0).filter(|_| requests > 0).unwrap_or(window),
        }
    }

    fn move_to(&mut self, index: u64) {
        // A clock that was set back must not lock anybody out: its window is another one, too.
        if index == self.index {
            return;
        }
        self.last = if self.index.checked_add(1) == Some(index) { self.this } else { 0 };
        self.this = 0;
        self.index = index;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: Limit = Limit { requests: 4, window: Duration::from_secs(60) };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(60_000 + seconds)
    }

    fn allowed(window: &mut SlidingWindow, seconds: u64) -> bool {
        window.count(LIMIT, at(seconds)) == Decision::Allowed
    }

    #[test]
    fn a_limit_holds_across_the_edge_of_a_window() {
        let mut window = SlidingWindow::default();
        assert!((0..4).all(|_| allowed(&mut window, 59)));
        assert!(!allowed(&mut window, 59));
        // At the edge everything of the last minute still counts; halfway through, half of it.
        assert!(!allowed(&mut window, 60));
        assert!(allowed(&mut window, 90) && allowed(&mut window, 90) && !allowed(&mut window, 90));
        assert!(allowed(&mut window, 300), "a pause clears it");
    }

    #[test]
    fn a_refusal_says_how_long_to_wait() {
        let mut window = SlidingWindow::default();
        (0..4).for_each(|_| assert!(allowed(&mut window, 10)));
        // The next minute begins in 50 s, and a quarter of it has to pass.
        assert_eq!(window.count(LIMIT, at(10)), Decision::Limited { retry_after: Duration::from_secs(65) });
        assert_eq!(window.count(LIMIT, at(60)), Decision::Limited { retry_after: Duration::from_secs(15) });
        assert!(allowed(&mut window, 75));
        let never = Limit { requests: 0, ..LIMIT };
        assert!(matches!(SlidingWindow::default().count(never, at(0)), Decision::Limited { .. }));
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let mut window = SlidingWindow::default();
        (0..4).for_each(|_| assert!(allowed(&mut window, 1000)));
        assert!(allowed(&mut window, 0));
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_in_a_window_and_waiting_helps(
            steps in proptest::collection::vec(0_u64..40_000, 1..80),
            requests in 1_u64..6,
        ) {
            let limit = Limit { requests, window: Duration::from_secs(60) };
            let (mut window, mut now, mut in_window) = (SlidingWindow::default(), Duration::from_secs(1_000_000), Vec::new());
            for step in steps {
                now += Duration::from_millis(step);
                match window.count(limit, now) {
                    Decision::Allowed => in_window.push(now.as_secs() / 60),
                    Decision::Limited { retry_after } => {
                        prop_assert_eq!(window.clone().count(limit, now + retry_after), Decision::Allowed);
                        let before = now + retry_after - Duration::from_millis(2);
                        if before > now {
                            prop_assert_ne!(window.clone().count(limit, before), Decision::Allowed);
                        }
                    }
                }
                let this = in_window.iter().filter(|index| **index == now.as_secs() / 60).count();
                prop_assert!(this as u64 <= requests);
            }
        }
    }
}
