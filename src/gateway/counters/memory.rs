//! Counts in this process: gone with it, and shared with no other.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{Added, Counted, CounterStore, Decision, Limit, Period, SlidingWindow, Usage, Used};

/// Requests for different keys rarely wait for each other.
const SHARDS: usize = 64;
/// A million keys in all, of some fifty bytes.
const KEYS_PER_SHARD: usize = 16 * 1024;
/// Among so many the oldest is dropped to make room: cheap, and rarely one that is in use.
const CANDIDATES: usize = 8;

/// Keys are kept as hashes: who is limited is nobody's to read, and a long key takes no more room.
type Key = (u64, u64);

/// Counts in memory that is bounded, whoever sends what.
pub struct MemoryCounters {
    limits: Shards<SlidingWindow>,
    quotas: Shards<Quota>,
}

/// What is used of a quota, and when its first period began.
#[derive(Debug, Clone, Copy)]
struct Quota {
    anchor: Duration,
    began: Duration,
    requests: u64,
}

/// Entries by the hash of their key, in parts that lock apart.
struct Shards<T> {
    hashers: (RandomState, RandomState),
    parts: Vec<Mutex<HashMap<Key, Entry<T>>>>,
    keys_per_part: usize,
}

struct Entry<T> {
    value: T,
    touched: Duration,
}

impl Default for MemoryCounters {
    fn default() -> Self {
        Self { limits: Shards::with_capacity(KEYS_PER_SHARD), quotas: Shards::with_capacity(KEYS_PER_SHARD) }
    }
}

impl<T> Shards<T> {
    fn with_capacity(keys_per_part: usize) -> Self {
        let parts = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { hashers: (RandomState::new(), RandomState::new()), parts, keys_per_part }
    }

    /// Does something with the entry of `key`, which is made with `new` if there is none.
    fn with<R>(&self, key: &str, now: Duration, new: impl FnOnce() -> T, act: impl FnOnce(&mut T) -> R) -> R {
        let key = (self.hashers.0.hash_one(key), self.hashers.1.hash_one(key));
        let part = usize::try_from(key.0 % SHARDS as u64).unwrap_or_default();
        let mut entries = self.parts[part].lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.keys_per_part && !entries.contains_key(&key) {
            let oldest = entries.iter().take(CANDIDATES).min_by_key(|(_, entry)| entry.touched).map(|(key, _)| *key);
            oldest.and_then(|oldest| entries.remove(&oldest));
        }
        let entry = entries.entry(key).or_insert_with(|| Entry { value: new(), touched: now });
        entry.touched = now;
        act(&mut entry.value)
    }
}

impl MemoryCounters {
    fn decide(&self, key: &str, limit: Limit, now: Duration) -> Decision {
        self.limits.with(key, now, SlidingWindow::default, |window| window.count(limit, now))
    }

    fn quota(&self, key: &str, period: Period, now: Duration, more: u64) -> Usage {
        let new = || Quota { anchor: now, began: now, requests: 0 };
        self.quotas.with(key, now, new, |quota| {
            let (began, _) = period.around(quota.anchor, now);
            // An answer may come late: what its period would have counted, the current one does.
            if began > quota.began {
                (quota.began, quota.requests) = (began, 0);
            }
            quota.requests += more;
            Usage { requests: quota.requests, began: quota.began }
        })
    }
}

impl CounterStore for MemoryCounters {
    fn count<'a>(&'a self, key: &'a str, limit: Limit, now: Duration) -> Counted<'a> {
        let decision = self.decide(key, limit, now);
        Box::pin(std::future::ready(Ok(decision)))
    }

    fn used<'a>(&'a self, key: &'a str, period: Period, now: Duration) -> Used<'a> {
        let usage = self.quota(key, period, now, 0);
        Box::pin(std::future::ready(Ok(usage)))
    }

    fn add<'a>(&'a self, key: &'a str, period: Period, now: Duration) -> Added<'a> {
        self.quota(key, period, now, 1);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { requests: 1, window: Duration::from_secs(60) };

    #[test]
    fn keys_are_counted_apart() {
        let counters = MemoryCounters::default();
        let now = Duration::from_secs(600);
        assert_eq!(counters.decide("a", LIMIT, now), Decision::Allowed);
        assert_ne!(counters.decide("a", LIMIT, now), Decision::Allowed);
        assert_eq!(counters.decide("b", LIMIT, now), Decision::Allowed);
    }

    #[test]
    fn a_late_answer_does_not_bring_the_last_period_back() {
        let counters = MemoryCounters::default();
        let [first, next] = [100, 3700].map(Duration::from_secs);
        counters.quota("a", Period::Hourly, first, 1);
        counters.quota("a", Period::Hourly, next, 5);
        counters.quota("a", Period::Hourly, next - Duration::from_secs(1), 1);
        assert_eq!(counters.quota("a", Period::Hourly, next, 0), Usage { requests: 6, began: next });
    }

    #[test]
    fn memory_is_bounded() {
        let shards = Shards::with_capacity(3);
        for number in 0..10_000 {
            shards.with(&number.to_string(), Duration::from_secs(number), || number, |_| ());
        }
        assert!(shards.parts.iter().all(|part| part.lock().unwrap().len() == 3));
        let kept = shards.with("9999", Duration::from_secs(9999), || 0, |number| *number);
        assert_eq!(kept, 9999, "the newest stays");
    }
}
