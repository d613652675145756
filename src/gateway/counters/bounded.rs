//! Entries in memory that is bounded, whoever sends what. What counts still stays: room is made by what has passed, and
//! where there is none a new key is not taken. Who fills the memory with strangers' keys makes nobody's count go away.
//!
//! Each part has its own lock and a queue of when its entries end. An entry stands in the queue once; when its turn comes
//! it goes, or, if it was used since, stands behind again. That is a constant number of steps for each key, most of them
//! while others come, and no search through the entries.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Requests for different keys rarely wait for each other.
const PARTS: usize = 64;
/// So many that have passed go for each that comes: few enough that no request waits for a whole window's end.
const SWEEP: usize = 8;

/// Keys are kept as hashes: who is counted is nobody's to read, and a long key takes no more room.
type Key = (u64, u64);

/// Entries by the hash of their key.
pub struct Bounded<T> {
    hashers: (RandomState, RandomState),
    parts: Vec<Mutex<Part<T>>>,
    room: usize,
}

struct Part<T> {
    entries: HashMap<Key, Entry<T>>,
    /// When each entry ended, as far as was known when it was put there.
    ends: BinaryHeap<Reverse<(Duration, Key)>>,
}

struct Entry<T> {
    value: T,
    ends: Duration,
}

impl<T> Bounded<T> {
    /// Takes about so many entries.
    pub fn with_room_for(entries: usize) -> Self {
        let part = || Mutex::new(Part { entries: HashMap::new(), ends: BinaryHeap::new() });
        let parts = std::iter::repeat_with(part).take(PARTS).collect();
        Self { hashers: (RandomState::new(), RandomState::new()), parts, room: entries.div_ceil(PARTS) }
    }

    /// Does something with the entry of `key`, which is made with `new` if there is none. `act` also says when the entry
    /// ends. None where there is no room for another key.
    pub fn with<R>(
        &self,
        key: impl Hash,
        now: Duration,
        new: impl FnOnce() -> T,
        act: impl FnOnce(&mut T) -> (R, Duration),
    ) -> Option<R> {
        let key = (self.hashers.0.hash_one(&key), self.hashers.1.hash_one(&key));
        let part = usize::try_from(key.0 % PARTS as u64).unwrap_or_default();
        let mut part = self.parts[part].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = part.entries.get_mut(&key) {
            let (result, ends) = act(&mut entry.value);
            entry.ends = ends;
            return Some(result);
        }
        part.sweep(now, self.room);
        if part.entries.len() >= self.room {
            return None;
        }
        let mut value = new();
        let (result, ends) = act(&mut value);
        part.entries.insert(key, Entry { value, ends });
        part.ends.push(Reverse((ends, key)));
        Some(result)
    }

    /// Whether an eighth of the room or more is free.
    pub fn is_roomy(&self) -> bool {
        let len = |part: &Mutex<Part<T>>| part.lock().unwrap_or_else(PoisonError::into_inner).entries.len();
        self.parts.iter().map(len).sum::<usize>() <= self.room * PARTS / 8 * 7
    }
}

impl<T> Part<T> {
    /// Removes what has ended: a few entries, or as many as it takes to have room.
    fn sweep(&mut self, now: Duration, room: usize) {
        let mut swept = 0;
        while swept < SWEEP || self.entries.len() >= room {
            let Some(Reverse((_, key))) = self.ends.peek().filter(|next| next.0.0 <= now).copied() else { return };
            self.ends.pop();
            match self.entries.get(&key).map(|entry| entry.ends) {
                Some(ends) if ends > now => self.ends.push(Reverse((ends, key))),
                _ => {
                    self.entries.remove(&key);
                }
            }
            swept += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Adds one under `key`, for a minute.
    fn add(bounded: &Bounded<u64>, key: u64, now: Duration) -> Option<u64> {
        bounded.with(
            key,
            now,
            || 0,
            |count| {
                *count += 1;
                (*count, now + MINUTE)
            },
        )
    }

    fn len(bounded: &Bounded<u64>) -> usize {
        bounded.parts.iter().map(|part| part.lock().unwrap().entries.len()).sum()
    }

    #[test]
    fn strangers_push_nobody_out() {
        let bounded = Bounded::with_room_for(128);
        let now = Duration::from_secs(1000);
        let taken: Vec<u64> = (0..10_000).filter(|key| add(&bounded, *key, now) == Some(1)).collect();
        assert_eq!((taken.len(), len(&bounded)), (128, 128));
        assert!(taken.iter().all(|key| add(&bounded, *key, now) == Some(2)), "whoever was there is still counted");
    }

    #[test]
    fn what_has_passed_makes_room_and_what_is_in_use_stays() {
        let bounded = Bounded::with_room_for(128);
        let (first, later) = (Duration::from_secs(1000), Duration::from_secs(1061));
        let taken: Vec<u64> = (0..10_000).filter(|key| add(&bounded, *key, first).is_some()).collect();
        let in_use = &taken[..64];
        assert!(in_use.iter().all(|key| add(&bounded, *key, first + MINUTE / 2) == Some(2)));
        let fresh = (10_000..20_000).filter(|key| add(&bounded, *key, later).is_some()).count();
        assert_eq!((fresh, len(&bounded)), (64, 128));
        assert!(in_use.iter().all(|key| add(&bounded, *key, later) == Some(3)));
    }

    #[test]
    fn what_has_passed_goes_a_few_at_a_time_while_others_come() {
        let bounded = Bounded::with_room_for(1_000_000);
        assert!((0..10_000).all(|key| add(&bounded, key, Duration::from_secs(1000)).is_some()));
        assert!((20_000..22_000).all(|key| add(&bounded, key, Duration::from_secs(2000)).is_some()));
        assert!(len(&bounded) < 5_000, "{}", len(&bounded));
        let queued: usize = bounded.parts.iter().map(|part| part.lock().unwrap().ends.len()).sum();
        assert_eq!(queued, len(&bounded));
    }
}
