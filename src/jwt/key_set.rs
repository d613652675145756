//! One issuer's public keys. Verification reads a snapshot without a lock; only the rare miss takes the slow path:
//! one fetch at a time, spaced, and never replacing good keys by an error.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use jsonwebtoken::DecodingKey;
use secrecy::SecretString;
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    task::JoinHandle,
};

use super::{
    Algorithm, TokenError,
    backoff::{self, Jitter},
    fetch::{FetchError, KeyServer, KeyTimes, fetch, usable_keys},
    fetch_counts::{FetchCounts, FetchMeter, count},
    http::http_client,
    keys::Keys,
    verified_tokens::VerifiedTokens,
    verifying_key::{PublicKey, SecretKey, VerifyingKey},
};

/// One issuer's keys.
#[derive(Debug)]
pub struct KeySet {
    source: Source,
    verified: VerifiedTokens,
}

/// A key that is trusted now.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    pub key: VerifyingKey,
    /// Rises whenever a key of the set goes or changes. What was verified before means nothing after.
    pub generation: u64,
}

#[derive(Debug)]
enum Source {
    /// One key, given by the operator. It fits every `kid`, as in Clerk's SDK.
    Fixed(Arc<PublicKey>),
    /// A secret that the issuer signs with, too. It fits every `kid`.
    Secret(Arc<SecretKey>),
    /// Keys given by the operator, each for its own `kid`.
    Given(Keys, Vec<Algorithm>),
    Remote(Arc<Remote>),
}

#[derive(Debug)]
struct Remote {
    address: KeyServer,
    client: reqwest::Client,
    snapshot: ArcSwap<Snapshot>,
    /// Held during a fetch, so that there is one at a time. Holds when one was last begun for an unknown key id.
    flight: Arc<Mutex<Option<Duration>>>,
    /// How many fetches have ended: whoever waited for one need not begin another.
    ended: AtomicU64,
    meter: FetchMeter,
    jitter: Jitter,
}

#[derive(Debug, Default)]
struct Snapshot {
    keys: Keys,
    generation: u64,
    fetched_at: Option<Duration>,
    /// How the newest attempts failed; none after a success.
    failure: Option<Failure>,
    times: KeyTimes,
}

#[derive(Debug, Clone)]
struct Failure {
    error: FetchError,
    /// When the newest of them was begun.
    at: Duration,
    /// How many there were in a row.
    count: u32,
    /// How long after `at` nobody asks.
    wait: Duration,
}

/// What readiness reports of a key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetStatus {
    /// Whether a token could be verified now.
    pub ready: bool,
    /// How old the keys are; none for a fixed key or while there are none.
    pub age: Option<Duration>,
    /// How many keys there are.
    pub keys: usize,
    /// Why the newest fetch failed.
    pub error: Option<String>,
    /// How long nobody fetches after that.
    pub retry_in: Option<Duration>,
    /// How often the keys were fetched.
    pub counts: FetchCounts,
}

impl KeySetStatus {
    fn given(keys: usize) -> Self {
        Self { ready: true, age: None, keys, error: None, retry_in: None, counts: FetchCounts::default() }
    }
}

impl KeySet {
    /// A set that holds one key for ever and fetches nothing. Its algorithm is RS256.
    #[must_use]
    pub fn fixed(key: DecodingKey) -> Self {
        Self::new(Source::Fixed(Arc::new(PublicKey::new(key, &[Algorithm::Rs256]))))
    }

    /// A set that is one secret, shared with the issuer. Its algorithm is HS256, which no other set accepts.
    #[must_use]
    pub fn secret(secret: &SecretString) -> Self {
        Self::new(Source::Secret(Arc::new(SecretKey::new(secret))))
    }

    /// A set of the keys in a document (RFC 7517, section 5); none if it has no key that `algorithms` can be used with.
    #[must_use]
    pub fn from_jwks(document: &[u8], algorithms: &[Algorithm]) -> Option<Self> {
        let keys = usable_keys(document, algorithms).ok()?;
        Some(Self::new(Source::Given(keys, algorithms.to_vec())))
    }

    /// A set that is fetched from `url` when first needed.
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn remote(address: KeyServer) -> reqwest::Result<Self> {
        Self::with_jitter(address, backoff::random)
    }

    pub(super) fn with_jitter(address: KeyServer, jitter: Jitter) -> reqwest::Result<Self> {
        let client = http_client(&address.url)?;
        let snapshot = ArcSwap::from_pointee(Snapshot { times: address.times, ..Snapshot::default() });
        let (flight, ended) = (Arc::default(), AtomicU64::new(0));
        let remote = Remote { address, client, snapshot, flight, ended, meter: FetchMeter::default(), jitter };
        Ok(Self::new(Source::Remote(Arc::new(remote))))
    }

    fn new(source: Source) -> Self {
        Self { source, verified: VerifiedTokens::default() }
    }

    /// Whether tokens may say that they are signed with this algorithm. Asked before any key is looked for.
    pub(super) fn accepts(&self, algorithm: &str) -> bool {
        let is_one = |algorithms: &[Algorithm]| algorithms.iter().any(|own| own.name() == algorithm);
        match &self.source {
            Source::Fixed(_) => is_one(&[Algorithm::Rs256]),
            Source::Secret(_) => algorithm == SecretKey::ALGORITHM,
            Source::Given(_, algorithms) => is_one(algorithms),
            Source::Remote(remote) => is_one(&remote.address.algorithms),
        }
    }

    /// The key for `kid`.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`] if the issuer has no such key, [`TokenError::KeysUnavailable`] or
    /// [`TokenError::KeysRefused`] if that cannot be told.
    pub(super) async fn key(&self, kid: Option<&str>, now: Duration) -> Result<TrustedKey, TokenError> {
        match &self.source {
            Source::Fixed(key) => Ok(TrustedKey { key: VerifyingKey::Public(Arc::clone(key)), generation: 0 }),
            Source::Secret(key) => Ok(TrustedKey { key: VerifyingKey::Secret(Arc::clone(key)), generation: 0 }),
            Source::Given(keys, _) => {
                let key = keys.get(kid).ok_or(TokenError::UnknownKey)?;
                Ok(TrustedKey { key: VerifyingKey::Public(Arc::clone(key)), generation: 0 })
            }
            Source::Remote(remote) => remote.key(kid, now).await,
        }
    }

    /// What these keys verified before.
    pub(super) const fn verified(&self) -> &VerifiedTokens {
        &self.verified
    }

    /// Fetches the keys in the background if there are none, or if they are old: before they are missed.
    pub fn refresh(&self, now: Duration) {
        if let Source::Remote(remote) = &self.source {
            remote.refresh(now);
        }
    }

    /// What readiness reports.
    #[must_use]
    pub fn status(&self, now: Duration) -> KeySetStatus {
        match &self.source {
            Source::Fixed(_) | Source::Secret(_) => KeySetStatus::given(1),
            Source::Given(keys, _) => KeySetStatus::given(keys.len()),
            Source::Remote(remote) => {
                let snapshot = remote.snapshot.load();
                KeySetStatus {
                    ready: snapshot.serves(now),
                    age: snapshot.age(now),
                    keys: snapshot.keys.len(),
                    error: snapshot.failure.as_ref().map(|failure| failure.error.to_string()),
                    retry_in: snapshot.failure.as_ref().map(|failure| failure.left(now)),
                    counts: remote.meter.counts(),
                }
            }
        }
    }
}

impl Remote {
    async fn key(self: &Arc<Self>, kid: Option<&str>, now: Duration) -> Result<TrustedKey, TokenError> {
        if let Some(key) = self.snapshot.load().usable(kid, now) {
            self.refresh(now);
            return Ok(key);
        }
        // No fetch would tell which key is meant.
        if kid.is_none() && self.snapshot.load().serves(now) {
            return Err(TokenError::UnknownKey);
        }
        self.fetch_for(kid, now).await;
        let snapshot = self.snapshot.load();
        match (snapshot.usable(kid, now), &snapshot.failure) {
            (Some(key), _) => Ok(key),
            (None, None) if snapshot.serves(now) => Err(TokenError::UnknownKey),
            (None, Some(failure)) => Err(failure.of_a_token(now)),
            (None, None) => Err(TokenError::KeysUnavailable(Duration::ZERO)),
        }
    }

    fn refresh(self: &Arc<Self>, now: Duration) {
        if self.snapshot.load().age(now).is_some_and(|age| age < self.address.times.refresh) {
            return;
        }
        if let Ok(slot) = Arc::clone(&self.flight).try_lock_owned() {
            self.begin(slot, now, |snapshot, _| snapshot.age(now).is_none_or(|age| age >= snapshot.times.refresh));
        }
    }

    /// Fetches for a key id that is missing, and waits for it; or waits for the fetch that is under way.
    async fn fetch_for(self: &Arc<Self>, kid: Option<&str>, now: Duration) {
        // Of a set without keys no key id is unknown.
        let is_unknown = self.snapshot.load().serves(now);
        let note = |counter| {
            if is_unknown {
                count(counter)
            }
        };
        let ended = self.ended.load(Ordering::Acquire);
        let slot = Arc::clone(&self.flight).lock_owned().await;
        if self.ended.load(Ordering::Acquire) != ended {
            return note(&self.meter.unknown_waited);
        }
        let fetch = self.begin(slot, now, |snapshot, last| snapshot.wants_fetch_for(kid, last, now));
        let Some(fetch) = fetch else { return note(&self.meter.unknown_refused) };
        note(&self.meter.unknown_fetched);
        // A fetch that panicked has logged itself and leaves the keys as they were.
        let _ended = fetch.await;
    }

    /// Begins a fetch if it is `wanted` and the last failure is long enough ago. The slot is taken before the fetch,
    /// whatever its result; the fetch goes on when whoever began it goes away.
    fn begin(
        self: &Arc<Self>,
        mut slot: OwnedMutexGuard<Option<Duration>>,
        now: Duration,
        wanted: impl FnOnce(&Snapshot, &mut Option<Duration>) -> bool,
    ) -> Option<JoinHandle<()>> {
        let snapshot = self.snapshot.load_full();
        let failed_just_now = snapshot.failure.as_ref().is_some_and(|failure| !failure.is_over(now));
        if failed_just_now || !wanted(&snapshot, &mut slot) {
            return None;
        }
        let remote = Arc::clone(self);
        Some(tokio::spawn(async move {
            match fetch(&remote.client, &remote.address).await {
                Ok(keys) => remote.replace(&snapshot, keys, now),
                Err(error) => remote.keep(&snapshot, error, now),
            }
            remote.ended.fetch_add(1, Ordering::Release);
            drop(slot);
        }))
    }

    fn replace(&self, old: &Snapshot, keys: Keys, now: Duration) {
        count(&self.meter.fetched);
        tracing::info!(url = %self.address, keys = keys.len(), "fetched a key set");
        let generation = if keys.keep_all_of(&old.keys) { old.generation } else { old.generation + 1 };
        self.snapshot.store(Arc::new(Snapshot {
            keys,
            generation,
            fetched_at: Some(now),
            failure: None,
            times: old.times,
        }));
    }

    fn keep(&self, old: &Snapshot, error: FetchError, now: Duration) {
        count(&self.meter.failed);
        let failures = old.failure.as_ref().map_or(0, |failure| failure.count).saturating_add(1);
        let wait = backoff::wait(failures, (self.jitter)());
        let keys_kept = old.keys.len();
        tracing::warn!(url = %self.address, %error, keys_kept, ?wait, "could not fetch a key set");
        self.snapshot.store(Arc::new(Snapshot {
            keys: old.keys.clone(),
            generation: old.generation,
            fetched_at: old.fetched_at,
            failure: Some(Failure { error, at: now, count: failures, wait }),
            times: old.times,
        }));
    }
}

impl Failure {
    /// Whether the key server may be asked again.
    fn is_over(&self, now: Duration) -> bool {
        elapsed(Some(self.at), now, self.wait)
    }

    /// How long it may not.
    fn left(&self, now: Duration) -> Duration {
        if self.is_over(now) { Duration::ZERO } else { self.wait.saturating_sub(now.saturating_sub(self.at)) }
    }

    /// What it means for a token that needs a key.
    fn of_a_token(&self, now: Duration) -> TokenError {
        match self.error {
            FetchError::Status(401) => TokenError::KeysRefused(self.left(now)),
            _ => TokenError::KeysUnavailable(self.left(now)),
        }
    }
}

impl Snapshot {
    fn usable(&self, kid: Option<&str>, now: Duration) -> Option<TrustedKey> {
        let key = self.keys.get(kid).filter(|_| self.serves(now))?;
        Some(TrustedKey { key: VerifyingKey::Public(Arc::clone(key)), generation: self.generation })
    }

    /// Counted from the fetch, never from use: a withdrawn key must not stay trusted because it is busy.
    fn age(&self, now: Duration) -> Option<Duration> {
        self.fetched_at.map(|at| now.saturating_sub(at))
    }

    fn serves(&self, now: Duration) -> bool {
        self.age(now).is_some_and(|age| age < self.times.stale)
    }

    /// `last` is when a fetch was last begun for an unknown key id.
    fn wants_fetch_for(&self, kid: Option<&str>, last: &mut Option<Duration>, now: Duration) -> bool {
        if !self.serves(now) {
            return true;
        }
        if self.keys.get(kid).is_some() || !elapsed(*last, now, self.times.cooldown) {
            return false;
        }
        *last = Some(now);
        true
    }
}

/// A clock that was set back must not block what waits for it: a time in the future has passed, too.
fn elapsed(since: Option<Duration>, now: Duration, at_least: Duration) -> bool {
    since.is_none_or(|since| since > now || now.saturating_sub(since) >= at_least)
}

#[cfg(test)]
#[path = "test_server_tests.rs"]
pub mod test_server;
#[cfg(test)]
#[path = "key_set_tests.rs"]
mod tests;
