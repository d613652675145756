//! Counts in this process: gone with it, and shared with no other.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{Counted, CounterStore, Decision, Limit, SlidingWindow};

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
    hashers: (RandomState, RandomState),
    shards: Vec<Mutex<HashMap<Key, Entry>>>,
    keys_per_shard: usize,
}

struct Entry {
    window: SlidingWindow,
    used: Duration,
}

impl Default for MemoryCounters {
    fn default() -> Self {
        Self::with_capacity(KEYS_PER_SHARD)
    }
}

impl MemoryCounters {
    fn with_capacity(keys_per_shard: usize) -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { hashers: (RandomState::new(), RandomState::new()), shards, keys_per_shard }
    }

    fn decide(&self, key: &str, limit: Limit, now: Duration) -> Decision {
        let key = (self.hashers.0.hash_one(key), self.hashers.1.hash_one(key));
        let shard = usize::try_from(key.0 % SHARDS as u64).unwrap_or_default();
        let mut entries = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.keys_per_shard && !entries.contains_key(&key) {
            let oldest = entries.iter().take(CANDIDATES).min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key);
            oldest.and_then(|oldest| entries.remove(&oldest));
        }
        let entry = entries.entry(key).or_insert_with(|| Entry { window: SlidingWindow::default(), used: now });
        entry.used = now;
        entry.window.count(limit, now)
    }
}

impl CounterStore for MemoryCounters {
    fn count<'a>(&'a self, key: &'a str, limit: Limit, now: Duration) -> Counted<'a> {
        let decision = self.decide(key, limit, now);
        Box::pin(std::future::ready(Ok(decision)))
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
    fn memory_is_bounded() {
        let counters = MemoryCounters::with_capacity(3);
        for number in 0..10_000 {
            counters.decide(&number.to_string(), LIMIT, Duration::from_secs(number));
        }
        assert!(counters.shards.iter().all(|shard| shard.lock().unwrap().len() == 3));
        assert_ne!(counters.decide("9999", LIMIT, Duration::from_secs(9999)), Decision::Allowed, "the newest stays");
    }
}
