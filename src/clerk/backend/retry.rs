//! When a call is made again, and after how long (`@clerk/shared`, `retry.ts`).

use std::time::Duration;

use super::{BackendError, call::Queue};

/// How often a call is made again, and how long it may take in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a call that failed is made again. Only calls that read are.
    pub retries: u32,
    /// The wait before the first of them; it doubles with each. Up to as much again is added at random.
    pub first_delay: Duration,
    /// The longest wait. An instance that asks for more (`Retry-After`) is not asked again.
    pub longest_wait: Duration,
    /// The longest that a call may take: waiting for its turn, all tries, and the waits between them. Half of it for calls
    /// that anybody can cause, so that those in front keep those behind waiting for no longer.
    pub total: Duration,
}

impl Default for RetryPolicy {
    /// Two more tries after 125 and 250 milliseconds or more, waits of 2 seconds at most, 8 seconds in all: somebody may
    /// be waiting for a page.
    fn default() -> Self {
        Self {
            retries: 2,
            first_delay: Duration::from_millis(125),
            longest_wait: Duration::from_secs(2),
            total: Duration::from_secs(8),
        }
    }
}

impl RetryPolicy {
    /// Every call is made once.
    #[must_use]
    pub fn none() -> Self {
        Self { retries: 0, ..Self::default() }
    }

    /// The longest that a call in this queue may take.
    pub(super) fn total_of(&self, queue: Queue) -> Duration {
        match queue {
            Queue::Application => self.total,
            Queue::Handshakes | Queue::Renewals => self.total / 2,
        }
    }

    /// How long to wait before the next try, after `retries_made` of them; none if there is not to be one. `random` says
    /// how much is added, so that those who failed together do not come back together.
    pub(super) fn wait(&self, retries_made: u32, retry_after: Option<Duration>, random: u8) -> Option<Duration> {
        let asked_for = retry_after.unwrap_or_default();
        if retries_made >= self.retries || asked_for > self.longest_wait {
            return None;
        }
        let delay = self.first_delay.saturating_mul(2_u32.saturating_pow(retries_made));
        let added = delay.saturating_mul(u32::from(random)) / 256;
        Some(delay.saturating_add(added).min(self.longest_wait).max(asked_for))
    }
}

/// Whether a call may be made again.
#[derive(Clone, Copy)]
pub(super) enum Repeat {
    /// It may have changed something.
    Never,
    /// It may have used up what can be read once, unless it was never sent.
    IfUnsent,
    /// It only reads.
    Always,
}

impl Repeat {
    pub(super) const fn allows(self, error: &BackendError) -> bool {
        match error {
            BackendError::Unreachable(_) => matches!(self, Self::IfUnsent | Self::Always),
            BackendError::Timeout
            | BackendError::NoAnswer(_)
            | BackendError::Refused { status: 429 | 500 | 502 | 503 | 504, .. } => matches!(self, Self::Always),
            BackendError::InvalidId | BackendError::Unexpected(_) | BackendError::Refused { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Option<Duration> {
        Some(Duration::from_millis(millis))
    }

    #[test]
    fn waits_double_and_up_to_as_much_is_added() {
        let policy = RetryPolicy { retries: 9, ..RetryPolicy::default() };
        assert_eq!([0, 1, 2].map(|made| policy.wait(made, None, 0)), [millis(125), millis(250), millis(500)]);
        assert_eq!(policy.wait(1, None, 128), millis(375));
        assert_eq!(policy.wait(8, None, 255), millis(2000), "never longer than the longest wait");
    }

    #[test]
    fn what_anybody_can_cause_ends_sooner() {
        let total = |queue| RetryPolicy::default().total_of(queue).as_secs();
        assert_eq!([Queue::Application, Queue::Handshakes, Queue::Renewals].map(total), [8, 4, 4]);
    }

    #[test]
    fn enough_is_enough() {
        let policy = RetryPolicy::default();
        assert_eq!([1, 2, 3].map(|made| policy.wait(made, None, 0).is_some()), [true, false, false]);
        assert_eq!(RetryPolicy::none().wait(0, None, 0), None);
    }

    #[test]
    fn what_the_instance_asks_for_is_waited_unless_it_is_too_long() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(0, millis(0), 0), millis(125));
        assert_eq!(policy.wait(0, millis(2000), 0), millis(2000));
        assert_eq!(policy.wait(0, millis(3000), 0), None);
    }
}
