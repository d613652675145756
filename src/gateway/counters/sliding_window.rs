//! A window that slides, approximated by two that do not: what was counted in the last one fades while this one passes.
//! Two numbers a key, whatever the limit; off by no more than the unevenness within one window.

use std::time::Duration;

use super::{Decision, Limit};

/// What was counted under one key. `count.lua` does with it what [`Self::count`] does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlidingWindow {
    /// Which window the counts are for, counted from the Unix epoch.
    pub index: u64,
    /// Requests in the window before.
    pub last: u64,
    /// Requests in this window.
    pub this: u64,
}

impl SlidingWindow {
    /// Counts a request at the time `now`, if `limit` allows it.
    pub fn count(&mut self, limit: Limit, now: Duration) -> Decision {
        let length = millis(limit.window);
        *self = self.moved_to(u64::try_from(now.as_millis() / length).unwrap_or(u64::MAX));
        let is_within = self.used(limit, now) + length <= u128::from(limit.requests) * length;
        self.this += u64::from(is_within);
        self.decision(is_within, limit, now)
    }

    /// What is said to a request that was counted, or was not.
    pub fn decision(&self, is_counted: bool, limit: Limit, now: Duration) -> Decision {
        let (length, passed) = (millis(limit.window), self.passed(limit, now));
        if !is_counted {
            return Decision::Limited { retry_after: from_millis(self.wait(limit.requests, length, passed)) };
        }
        let left = (u128::from(limit.requests) * length).saturating_sub(self.used(limit, now)) / length;
        Decision::Allowed {
            remaining: u64::try_from(left).unwrap_or(u64::MAX),
            reset: from_millis(2 * length - passed),
        }
    }

    /// When nothing of this is left.
    pub fn fades_at(&self, limit: Limit) -> Duration {
        from_millis((u128::from(self.index) + 2).saturating_mul(millis(limit.window)))
    }

    /// In thousandths of a request and of a window, so that nothing is rounded away.
    fn used(&self, limit: Limit, now: Duration) -> u128 {
        let (length, passed) = (millis(limit.window), self.passed(limit, now));
        u128::from(self.this) * length + u128::from(self.last) * (length - passed)
    }

    /// Milliseconds of this window that have passed; none while a clock that was set back is before it.
    fn passed(&self, limit: Limit, now: Duration) -> u128 {
        let length = millis(limit.window);
        if now.as_millis() / length == u128::from(self.index) { now.as_millis() % length } else { 0 }
    }

    /// Milliseconds until one more request is within the limit.
    fn wait(&self, requests: u64, length: u128, passed: u128) -> u128 {
        // How much of `count` may be left once there is room for one more beside `others`.
        let faded_enough = |count: u64, others: u64| {
            let room = requests.saturating_sub(1).checked_sub(others)?;
            let left = u128::from(room) * length / u128::from(count.max(1));
            Some(length.saturating_sub(left.min(length)))
        };
        match faded_enough(self.last, self.this) {
            Some(at) if requests > 0 => at.saturating_sub(passed).max(1),
            // Not in this window: what is counted now has to fade in the next one.
            _ => length - passed + faded_enough(self.this, 0).filter(|_| requests > 0).unwrap_or(length),
        }
    }

    /// A clock that is set back loses no count: by less than a window, this one stands still until the clock has caught
    /// up; by more, its counts move along, so that nobody waits for a time that is far ahead.
    const fn moved_to(self, index: u64) -> Self {
        match (index.saturating_sub(self.index), self.index.saturating_sub(index)) {
            (0, 0 | 1) => self,
            (0, _) => Self { index, ..self },
            (1, _) => Self { index, last: self.this, this: 0 },
            _ => Self { index, last: 0, this: 0 },
        }
    }
}

fn millis(window: Duration) -> u128 {
    window.as_millis().max(1)
}

fn from_millis(millis: u128) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
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
        matches!(window.count(LIMIT, at(seconds)), Decision::Allowed { .. })
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
    fn a_decision_says_what_is_left_and_how_long_to_wait() {
        let mut window = SlidingWindow::default();
        for remaining in [3, 2, 1, 0] {
            let reset = Duration::from_secs(110);
            assert_eq!(window.count(LIMIT, at(10)), Decision::Allowed { remaining, reset });
        }
        // The next minute begins in 50 s, and a quarter of it has to pass.
        assert_eq!(window.count(LIMIT, at(10)), Decision::Limited { retry_after: Duration::from_secs(65) });
        assert_eq!(window.count(LIMIT, at(60)), Decision::Limited { retry_after: Duration::from_secs(15) });
        assert!(allowed(&mut window, 75));
        let never = Limit { requests: 0, ..LIMIT };
        assert!(matches!(SlidingWindow::default().count(never, at(0)), Decision::Limited { .. }));
    }

    #[test]
    fn a_clock_that_steps_back_over_an_edge_loses_no_count() {
        let mut window = SlidingWindow::default();
        assert!((0..4).all(|_| allowed(&mut window, 59)));
        for seconds in [61, 58, 61, 59, 60] {
            assert!(!allowed(&mut window, seconds), "{seconds}");
        }
        assert!(allowed(&mut window, 90));
    }

    #[test]
    fn a_clock_that_was_far_ahead_locks_nobody_out() {
        let mut window = SlidingWindow::default();
        assert!((0..4).all(|_| allowed(&mut window, 100_000)));
        assert!(!allowed(&mut window, 10), "the count is not lost");
        assert!(allowed(&mut window, 90), "and fades as any other");
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_in_a_window_and_waiting_helps(
            steps in proptest::collection::vec(0_u64..40_000, 1..80),
            requests in 1_u64..6,
        ) {
            let limit = Limit { requests, window: Duration::from_secs(60) };
            let (mut window, mut now, mut in_window) = (SlidingWindow::default(), Duration::from_secs(1_000_000), Vec::new());
            let allows = |mut window: SlidingWindow, now| matches!(window.count(limit, now), Decision::Allowed { .. });
            for step in steps {
                now += Duration::from_millis(step);
                match window.count(limit, now) {
                    Decision::Allowed { remaining, .. } => {
                        in_window.push(now.as_secs() / 60);
                        prop_assert_eq!(allows(window, now), remaining > 0);
                    }
                    Decision::Limited { retry_after } => {
                        prop_assert!(allows(window, now + retry_after));
                        let before = now + retry_after - Duration::from_millis(2);
                        if before > now {
                            prop_assert!(!allows(window, before));
                        }
                    }
                }
                let this = in_window.iter().filter(|index| **index == now.as_secs() / 60).count();
                prop_assert!(this as u64 <= requests);
            }
        }
    }
}
