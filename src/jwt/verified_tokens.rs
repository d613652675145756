//! Tokens whose signature held before: checking it again costs twenty times what everything else does.
//!
//! Bounded. Holds no token: an entry is found by the SHA-256 of the whole token, and counts only for the generation of
//! the key set that verified it. Claims and times are checked anew on every use.
//!
//! The oldest goes first, however often it came: session tokens live for a minute, and one that lives longer is verified
//! once more for every few thousand others. A cache that ranks its entries costs as much as half a verification.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry as Slot},
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_lc_rs::digest::{SHA256, digest};

use super::verify::VerifiedToken;

/// Room for some ten thousand: decoded, a token of a kilobyte takes about twice that.
const MAX_BYTES: usize = 16 * 1024 * 1024;
const ENTRY_BYTES: usize = 256;
/// One for each value of half a byte. Requests that come at the same time seldom look in the same part.
const PARTS: usize = 16;

/// The name a token is kept under.
pub type TokenHash = [u8; 32];

/// Hashes a token.
pub fn hash(token: &str) -> TokenHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

/// What one key set verified.
pub struct VerifiedTokens {
    parts: [Mutex<Part>; PARTS],
    generation: AtomicU64,
}

#[derive(Default)]
struct Part {
    entries: HashMap<TokenHash, Entry>,
    /// All of them, the oldest first.
    order: VecDeque<TokenHash>,
    bytes: usize,
}

struct Entry {
    /// What the token says, and the generation of the keys that verified it; none once that is of no more use. The entry
    /// stays until its turn comes.
    verified: Option<(VerifiedToken, u64)>,
    bytes: usize,
}

impl VerifiedTokens {
    /// What a token says, and the generation of the keys that verified it.
    pub fn get(&self, token: &TokenHash) -> Option<(VerifiedToken, u64)> {
        self.part(token).entries.get(token)?.verified.clone()
    }

    /// Keeps what a token of `length` bytes says.
    pub fn insert(&self, token: TokenHash, length: usize, verified: VerifiedToken, generation: u64) {
        // Whatever older keys verified is worth nothing once one of them is gone.
        if self.generation.fetch_max(generation, Ordering::AcqRel) < generation {
            self.parts.iter().for_each(|part| drop(std::mem::take(&mut *lock(part))));
        }
        let entry = Entry { verified: Some((verified, generation)), bytes: length * 2 + ENTRY_BYTES };
        // Freed when nobody waits for it any more.
        let _old = self.part(&token).insert(token, entry);
    }

    /// Drops a token that is no longer of use.
    pub fn forget(&self, token: &TokenHash) {
        let _old = self.part(token).entries.get_mut(token).and_then(|entry| entry.verified.take());
    }

    fn part(&self, token: &TokenHash) -> MutexGuard<'_, Part> {
        lock(&self.parts[usize::from(token[0] >> 4)])
    }
}

impl Part {
    /// Returns what had to go.
    fn insert(&mut self, token: TokenHash, entry: Entry) -> Vec<Entry> {
        let mut old = Vec::new();
        while self.bytes + entry.bytes > MAX_BYTES / PARTS
            && let Some(oldest) = self.order.pop_front()
        {
            let gone = self.entries.remove(&oldest);
            self.bytes -= gone.as_ref().map_or(0, |gone| gone.bytes);
            old.extend(gone);
        }
        let bytes = entry.bytes;
        match self.entries.entry(token) {
            // The same text, so it takes the same room.
            Slot::Occupied(mut slot) => old.push(slot.insert(entry)),
            Slot::Vacant(slot) => {
                slot.insert(entry);
                self.order.push_back(token);
                self.bytes += bytes;
            }
        }
        old
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| Mutex::default()), generation: AtomicU64::new(0) }
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept: usize = self.parts.iter().map(|part| lock(part).entries.len()).sum();
        write!(formatter, "VerifiedTokens({kept})")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{jwt::UnverifiedToken, testing::TestKey};

    fn verified() -> VerifiedToken {
        let token = UnverifiedToken::parse(&TestKey::named("one").sign(&serde_json::json!({}))).unwrap();
        let (header, claims) = (Arc::clone(&token.header), token.unverified_claims.clone());
        VerifiedToken { header, claims, seen_before: false }
    }

    fn name(number: u32) -> TokenHash {
        hash(&number.to_string())
    }

    /// How many there are, how many of them in line, and the bytes that they are thought to take.
    fn sums(tokens: &VerifiedTokens) -> (usize, usize, usize) {
        let parts = tokens.parts.iter().map(lock);
        parts.fold((0, 0, 0), |(kept, in_line, bytes), part| {
            (kept + part.entries.len(), in_line + part.order.len(), bytes + part.bytes)
        })
    }

    #[test]
    fn new_tokens_take_the_place_of_the_oldest_however_busy() {
        let (tokens, verified) = (VerifiedTokens::default(), verified());
        for number in 0..20_000 {
            tokens.insert(name(number), 1000, verified.clone(), 0);
            assert!(tokens.get(&name(number)).is_some());
            tokens.get(&name(0));
        }
        assert!(tokens.get(&name(0)).is_none());
        // As many of 2256 bytes as have room in each part.
        let kept = 16 * (1_048_576 / 2256);
        assert_eq!(sums(&tokens), (kept, kept, kept * 2256));
    }

    #[test]
    fn room_is_used_to_the_last_byte() {
        let (tokens, verified) = (VerifiedTokens::default(), verified());
        let name = |number: u32| {
            let mut name = [0; 32];
            name[28..].copy_from_slice(&number.to_be_bytes());
            name
        };
        // Each takes 4096 bytes, and one part has room for 1 MiB.
        (0..256).for_each(|number| tokens.insert(name(number), 1920, verified.clone(), 0));
        assert!(tokens.get(&name(0)).is_some());
        tokens.insert(name(256), 1920, verified, 0);
        assert!(tokens.get(&name(0)).is_none() && tokens.get(&name(1)).is_some());
    }

    #[test]
    fn a_token_that_comes_again_and_again_takes_no_more_room() {
        let (tokens, verified) = (VerifiedTokens::default(), verified());
        for _ in 0..10_000 {
            tokens.insert(name(1), 1000, verified.clone(), 0);
            tokens.forget(&name(1));
            assert!(tokens.get(&name(1)).is_none());
        }
        tokens.forget(&name(2));
        assert_eq!(sums(&tokens), (1, 1, 2256));
        tokens.insert(name(1), 1000, verified, 0);
        assert!(tokens.get(&name(1)).is_some());
    }

    #[test]
    fn the_largest_token_has_room() {
        let tokens = VerifiedTokens::default();
        tokens.insert(name(1), 8192, verified(), 0);
        assert!(tokens.get(&name(1)).is_some());
        assert_eq!(format!("{tokens:?}"), "VerifiedTokens(1)");
    }

    #[test]
    fn tokens_of_one_generation_are_kept_beside_each_other_and_go_with_it() {
        let (tokens, verified) = (VerifiedTokens::default(), verified());
        let kept = || [1, 2, 3, 4].map(|number| tokens.get(&name(number)).map(|(_, generation)| generation));
        for (number, generation) in [(1, 0), (2, 0)] {
            tokens.insert(name(number), 1000, verified.clone(), generation);
        }
        assert_eq!(kept(), [Some(0), Some(0), None, None]);
        tokens.insert(name(3), 1000, verified.clone(), 1);
        assert_eq!(kept(), [None, None, Some(1), None]);
        // Verified before the keys changed, and kept after: it counts for the old keys, and drops nothing.
        tokens.insert(name(4), 1000, verified, 0);
        assert_eq!(kept(), [None, None, Some(1), Some(0)]);
    }
}
