//! Counts in this process: gone with it, and shared with no other. A million callers at a time; those beyond that are not
//! counted until somebody's time has passed, which is an outage and treated as such.

use std::time::Duration;

use super::{
    Added, Counted, CounterError, CounterStore, Decision, Limit, Period, Usage, Used, bounded::Bounded, outage::Outage,
    sliding_window::SlidingWindow,
};

/// A little more than a million keys, of some hundred bytes.
const ROOM: usize = 1 << 20;

/// Counts in memory that is bounded.
pub struct MemoryCounters {
    limits: Bounded<SlidingWindow>,
    quotas: Bounded<Quota>,
    outage: Outage,
}

/// What is used of a quota, and when its first period began.
#[derive(Debug, Clone, Copy)]
struct Quota {
    anchor: Duration,
    began: Duration,
    requests: u64,
}

impl Default for MemoryCounters {
    fn default() -> Self {
        Self::with_room_for(ROOM)
    }
}

impl MemoryCounters {
    fn with_room_for(keys: usize) -> Self {
        let (limits, quotas) = (Bounded::with_room_for(keys), Bounded::with_room_for(keys));
        Self { limits, quotas, outage: Outage::default() }
    }

    fn decide(&self, key: &str, limit: Limit, now: Duration) -> Result<Decision, CounterError> {
        let decision = self.limits.with((key, limit.window), now, SlidingWindow::default, |window| {
            let decision = window.count(limit, now);
            (decision, window.fades_at(limit))
        });
        self.taken(decision)
    }

    /// A caller who sends nothing for a whole period begins anew.
    fn quota(&self, key: &str, period: Period, now: Duration, more: u64) -> Result<Usage, CounterError> {
        let new = || Quota { anchor: now, began: now, requests: 0 };
        let usage = self.quotas.with((key, period), now, new, |quota| {
            let (began, _) = period.around(quota.anchor, now);
            // An answer may come late, and a clock be set back: what the last period would have counted, this one does.
            if began > quota.began {
                (quota.began, quota.requests) = (began, 0);
            }
            quota.requests += more;
            let (_, ends) = period.around(quota.anchor, quota.began);
            (Usage { requests: quota.requests, began: quota.began }, period.around(quota.anchor, ends).1)
        });
        self.taken(usage)
    }

    fn taken<T>(&self, counted: Option<T>) -> Result<T, CounterError> {
        let Some(counted) = counted else {
            let error = CounterError("the memory for counts is full".to_owned());
            self.outage.goes_on(&error);
            return Err(error);
        };
        if self.outage.is_on() && self.limits.is_roomy() && self.quotas.is_roomy() {
            self.outage.is_over();
        }
        Ok(counted)
    }
}

impl CounterStore for MemoryCounters {
    fn count<'a>(&'a self, key: &'a str, limit: Limit, now: Duration) -> Counted<'a> {
        Box::pin(std::future::ready(self.decide(key, limit, now)))
    }

    fn used<'a>(&'a self, key: &'a str, period: Period, now: Duration) -> Used<'a> {
        Box::pin(std::future::ready(self.quota(key, period, now, 0)))
    }

    fn add<'a>(&'a self, key: &'a str, period: Period, began: Duration) -> Added<'a> {
        Box::pin(std::future::ready(self.quota(key, period, began, 1).map(|_| ())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { requests: 1, window: Duration::from_secs(60) };

    fn is_allowed(counters: &MemoryCounters, key: &str, limit: Limit, now: Duration) -> bool {
        matches!(counters.decide(key, limit, now).unwrap(), Decision::Allowed { .. })
    }

    #[test]
    fn keys_and_windows_are_counted_apart() {
        let counters = MemoryCounters::default();
        let now = Duration::from_secs(600);
        assert!(is_allowed(&counters, "a", LIMIT, now));
        assert!(!is_allowed(&counters, "a", LIMIT, now));
        assert!(is_allowed(&counters, "b", LIMIT, now));
        let other_window = Limit { window: Duration::from_secs(3600), ..LIMIT };
        assert!(is_allowed(&counters, "a", other_window, now));
        assert!(!is_allowed(&counters, "a", LIMIT, now), "another window leaves this one alone");
    }

    #[test]
    fn a_late_answer_does_not_bring_the_last_period_back() {
        let counters = MemoryCounters::default();
        let [first, next] = [100, 3700].map(Duration::from_secs);
        counters.quota("a", Period::Hourly, first, 1).unwrap();
        counters.quota("a", Period::Hourly, next, 5).unwrap();
        counters.quota("a", Period::Hourly, next - Duration::from_secs(1), 1).unwrap();
        assert_eq!(counters.quota("a", Period::Hourly, next, 0), Ok(Usage { requests: 6, began: next }));
        assert_eq!(counters.quota("a", Period::Daily, next, 0), Ok(Usage { requests: 0, began: next }));
    }

    #[test]
    fn a_million_callers_are_each_held_to_their_limit() {
        let counters = MemoryCounters::default();
        let now = Duration::from_secs(600);
        let callers: Vec<String> = (0..1_000_000).map(|number| number.to_string()).collect();
        assert!(callers.iter().all(|caller| is_allowed(&counters, caller, LIMIT, now)));
        assert!(!callers.iter().any(|caller| is_allowed(&counters, caller, LIMIT, now)));
    }

    #[test]
    fn who_does_not_fit_is_not_counted_and_takes_nobodys_place() {
        let counters = MemoryCounters::with_room_for(64);
        let now = Duration::from_secs(600);
        let decisions: Vec<_> = (0..1000).map(|number| counters.decide(&number.to_string(), LIMIT, now)).collect();
        for (number, decision) in decisions.iter().enumerate().filter(|(_, decision)| decision.is_ok()) {
            assert!(matches!(decision, Ok(Decision::Allowed { .. })));
            assert!(!is_allowed(&counters, &number.to_string(), LIMIT, now));
        }
        assert_eq!(decisions.iter().filter(|decision| decision.is_ok()).count(), 64);
        assert!(counters.outage.is_on());
        assert!(is_allowed(&counters, "stranger", LIMIT, now + Duration::from_secs(120)), "time makes room");
    }
}
