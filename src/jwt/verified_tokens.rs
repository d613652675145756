//! Tokens whose signature held before: checking it again costs twenty times what everything else does.
//!
//! Bounded. Holds no token: an entry is found by the SHA-256 of the whole token, and counts only for the generation of
//! the key set that verified it. Claims and times are checked anew on every use.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::digest::{SHA256, digest};
use moka::sync::Cache;

use super::verify::VerifiedToken;

/// Room for some ten thousand: decoded, a token of a kilobyte takes about twice that.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
const ENTRY_BYTES: usize = 256;

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
        let entries = Cache::builder().weigher(|_, entry: &Entry| entry.bytes).max_capacity(MAX_BYTES).build();
        Self { entries, generation: AtomicU64::new(0) }
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifiedTokens({})", self.entries.entry_count())
    }
}
