//! One issuer's public keys. Verification reads a snapshot without a lock; only the rare miss takes the slow path:
//! one fetch at a time, spaced, and never replacing good keys by an error.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use jsonwebtoken::DecodingKey;
use tokio::sync::Mutex;
use url::Url;

use super::{
    KeySetClient, TokenError,
    fetch::{FetchError, Keys},
};

/// Keys older than this are fetched again in the background, while the old ones still serve. Clerk's SDK uses 5 min.
const REFRESH_AFTER: Duration = Duration::from_secs(300);
/// Keys older than this serve no longer: the issuer has been unreachable for too long to vouch for them.
const STALE_AFTER: Duration = Duration::from_secs(3600);
/// At most one fetch per this time for key ids that are not in the set, whoever sends them.
const UNKNOWN_KID_COOLDOWN: Duration = Duration::from_secs(10);
/// Time between attempts while there are no keys at all, or while a refresh keeps failing.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// One issuer's keys.
#[derive(Debug)]
pub struct KeySet {
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// One key, given by the operator. It fits every `kid`, as in Clerk's SDK.
    Fixed(DecodingKey),
    Remote(Arc<Remote>),
}

#[derive(Debug)]
struct Remote {
    url: Url,
    client: KeySetClient,
    snapshot: ArcSwap<Snapshot>,
    /// Held during a fetch, so that there is one at a time. Holds when fetches were last tried.
    flight: Mutex<Attempts>,
}

#[derive(Debug, Default)]
struct Snapshot {
    keys: HashMap<String, DecodingKey>,
    fetched_at: Option<Duration>,
    /// Why the newest attempt failed; none after a success.
    error: Option<FetchError>,
}

#[derive(Debug, Default)]
struct Attempts {
    any: Option<Duration>,
    unknown_kid: Option<Duration>,
}

/// What readiness reports of a key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetStatus {
    /// Whether a token could be verified now.
    pub ready: bool,
    /// How old the keys are; none for a fixed key or while there are none.
    pub age: Option<Duration>,
    /// Why the newest fetch failed.
    pub error: Option<String>,
}

impl KeySet {
    /// A set that holds one key for ever and fetches nothing.
    #[must_use]
    pub const fn fixed(key: DecodingKey) -> Self {
        Self { source: Source::Fixed(key) }
    }

    /// A set that is fetched from `url` when first needed.
    #[must_use]
    pub fn remote(url: Url, client: KeySetClient) -> Self {
        let remote = Remote { url, client, snapshot: ArcSwap::default(), flight: Mutex::default() };
        Self { source: Source::Remote(Arc::new(remote)) }
    }

    /// The key for `kid`.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`] if the issuer has no such key, [`TokenError::KeysUnavailable`] if that cannot be told.
    pub async fn key(&self, kid: Option<&str>, now: Duration) -> Result<DecodingKey, TokenError> {
        match &self.source {
            Source::Fixed(key) => Ok(key.clone()),
            Source::Remote(remote) => remote.key(kid, now).await,
        }
    }

    /// Fetches the keys if there are none yet, so that the first request finds them.
    pub async fn prefetch(&self, now: Duration) {
        if let Source::Remote(remote) = &self.source {
            remote.fetch_if(now, |snapshot, _| snapshot.keys.is_empty()).await;
        }
    }

    /// What readiness reports.
    #[must_use]
    pub fn status(&self, now: Duration) -> KeySetStatus {
        match &self.source {
            Source::Fixed(_) => KeySetStatus { ready: true, age: None, error: None },
            Source::Remote(remote) => {
                let snapshot = remote.snapshot.load();
                KeySetStatus {
                    ready: snapshot.serves(now),
                    age: snapshot.age(now),
                    error: snapshot.error.as_ref().map(ToString::to_string),
                }
            }
        }
    }
}

impl Remote {
    async fn key(self: &Arc<Self>, kid: Option<&str>, now: Duration) -> Result<DecodingKey, TokenError> {
        let kid = kid.ok_or(TokenError::UnknownKey)?;
        let snapshot = self.snapshot.load_full();
        if let Some(key) = snapshot.usable(kid, now) {
            if snapshot.age(now).is_some_and(|age| age >= REFRESH_AFTER) {
                self.refresh_in_background(now);
            }
            return Ok(key);
        }
        self.fetch_if(now, |snapshot, attempts| snapshot.wants_fetch_for(kid, attempts, now)).await;
        let snapshot = self.snapshot.load();
        match snapshot.usable(kid, now) {
            Some(key) => Ok(key),
            None if snapshot.serves(now) && snapshot.error.is_none() => Err(TokenError::UnknownKey),
            None => Err(TokenError::KeysUnavailable),
        }
    }

    fn refresh_in_background(self: &Arc<Self>, now: Duration) {
        let remote = Arc::clone(self);
        tokio::spawn(async move {
            remote.fetch_if(now, |snapshot, _| snapshot.age(now).is_some_and(|age| age >= REFRESH_AFTER)).await;
        });
    }

    /// Fetches if `wanted` still holds once no other fetch is under way, and if the last attempt is long enough ago.
    /// The slot is taken before the fetch, whatever its result.
    async fn fetch_if(&self, now: Duration, wanted: impl FnOnce(&Snapshot, &mut Attempts) -> bool) {
        let mut attempts = self.flight.lock().await;
        let snapshot = self.snapshot.load_full();
        let failing = snapshot.error.is_some() && !elapsed(attempts.any, now, RETRY_AFTER_FAILURE);
        if failing || !wanted(&snapshot, &mut attempts) {
            return;
        }
        attempts.any = Some(now);
        match self.client.fetch(&self.url).await {
            Ok(keys) => self.replace(keys, now),
            Err(error) => self.keep(&snapshot, error),
        }
    }

    fn replace(&self, keys: Keys, now: Duration) {
        tracing::info!(url = %self.url, keys = keys.len(), "fetched a key set");
        self.snapshot.store(Arc::new(Snapshot { keys, fetched_at: Some(now), error: None }));
    }

    fn keep(&self, old: &Snapshot, error: FetchError) {
        tracing::warn!(url = %self.url, %error, keys_kept = old.keys.len(), "could not fetch a key set");
        let kept = Snapshot { keys: old.keys.clone(), fetched_at: old.fetched_at, error: Some(error) };
        self.snapshot.store(Arc::new(kept));
    }
}

impl Snapshot {
    fn usable(&self, kid: &str, now: Duration) -> Option<DecodingKey> {
        self.serves(now).then(|| self.keys.get(kid).cloned())?
    }

    /// Counted from the fetch, never from use: a withdrawn key must not stay trusted because it is busy.
    fn age(&self, now: Duration) -> Option<Duration> {
        self.fetched_at.map(|at| now.saturating_sub(at))
    }

    fn serves(&self, now: Duration) -> bool {
        self.age(now).is_some_and(|age| age < STALE_AFTER)
    }

    fn wants_fetch_for(&self, kid: &str, attempts: &mut Attempts, now: Duration) -> bool {
        if !self.serves(now) {
            return true;
        }
        if self.keys.contains_key(kid) || !elapsed(attempts.unknown_kid, now, UNKNOWN_KID_COOLDOWN) {
            return false;
        }
        attempts.unknown_kid = Some(now);
        true
    }
}

fn elapsed(since: Option<Duration>, now: Duration, at_least: Duration) -> bool {
    since.is_none_or(|since| now.saturating_sub(since) >= at_least)
}

#[cfg(test)]
#[path = "key_set_tests.rs"]
mod tests;
