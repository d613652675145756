//! Tokens whose signature held before: checking it again costs twenty times what everything else does.
//!
//! Bounded. Holds no token: an entry is found by the SHA-256 of the whole token, and counts only for the generation of
//! the key set that verified it. Claims and times are checked anew on every use.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use moka::{policy::EvictionPolicy, sync::Cache};

use super::verify::VerifiedToken;

/// Room for some ten thousand: decoded, a token of a kilobyte takes about twice that.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
const ENTRY_BYTES: usize = 256;
/// For memory's sake alone: whether a token is still valid is decided on every use.
const KEPT_AT_MOST: Duration = Duration::from_secs(300);

/// The name a token is kept under.
pub type TokenHash = [u8; 32];

/// Hashes a token.
pub fn hash(token: &str) -> TokenHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

#[derive(Clone)]
struct Entry {
    verified: VerifiedToken,
    generation: u64,
    bytes: u32,
}

/// What one key set verified.
pub struct VerifiedTokens {
    entries: Cache<TokenHash, Entry>,
    generation: AtomicU64,
}

impl VerifiedTokens {
    /// What a token says, and the generation of the keys that verified it.
    pub fn get(&self, token: &TokenHash) -> Option<(VerifiedToken, u64)> {
        self.entries.get(token).map(|entry| (entry.verified, entry.generation))
    }

    /// Keeps what a token of `length` bytes says.
    pub fn insert(&self, token: TokenHash, length: usize, verified: VerifiedToken, generation: u64) {
        // Whatever older keys verified is worth nothing once one of them is gone.
        if self.generation.fetch_max(generation, Ordering::AcqRel) < generation {
            self.entries.invalidate_all();
        }
        let bytes = u32::try_from(length * 2 + ENTRY_BYTES).unwrap_or(u32::MAX);
        self.entries.insert(token, Entry { verified, generation, bytes });
    }

    /// Drops a token that is no longer of use.
    pub fn forget(&self, token: &TokenHash) {
        self.entries.invalidate(token);
    }
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        // The newest are the likeliest to come again: session tokens live for a minute.
        let entries = Cache::builder()
            .weigher(|_, entry: &Entry| entry.bytes)
            .max_capacity(MAX_BYTES)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(KEPT_AT_MOST)
            .build();
        Self { entries, generation: AtomicU64::new(0) }
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifiedTokens({})", self.entries.entry_count())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{jwt::UnverifiedToken, testing::TestKey};

    fn verified() -> VerifiedToken {
        let token = UnverifiedToken::parse(&TestKey::named("one").sign(&serde_json::json!({}))).unwrap();
        let (header, claims) = (Arc::clone(&token.header), Arc::clone(&token.unverified_claims));
        VerifiedToken { header, claims, seen_before: false }
    }

    fn name(number: u32) -> TokenHash {
        hash(&number.to_string())
    }

    #[test]
    fn new_tokens_take_the_place_of_old_ones_however_busy() {
        let (tokens, verified) = (VerifiedTokens::default(), verified());
        for number in 0..20_000 {
            tokens.insert(name(number), 1000, verified.clone(), 0);
            for _ in 0..3 {
                tokens.get(&name(number));
            }
        }
        tokens.insert(name(20_000), 1000, verified, 0);
        tokens.entries.run_pending_tasks();
        assert!(tokens.get(&name(20_000)).is_some() && tokens.get(&name(0)).is_none());
        let kept = tokens.entries.entry_count();
        assert_eq!(tokens.entries.weighted_size(), kept * 2256, "what a token of 1000 bytes takes");
        assert!((7000..=7436).contains(&kept), "{kept} of them have room in 16 MiB");
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
