//! Which issuer's keys are where. One set per issuer, never mixed: two instances may use the same `kid`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use jsonwebtoken::DecodingKey;
use url::Url;

use super::{Clock, KeyServer, KeySet, KeySetStatus, KeyTimes};

/// How often sets are looked at that nobody asks for keys.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where an issuer's keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A key set at this address.
    Server(Box<KeyServer>),
    /// This one key; nothing is fetched.
    Key(DecodingKey),
}

/// An issuer has no key set.
#[derive(Debug, thiserror::Error)]
pub enum KeySetsError {
    /// The issuer is not a URL, and nothing else says where its keys are.
    #[error("the issuer is not a URL: {0}")]
    Url(#[from] url::ParseError),
    /// The HTTP client cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] reqwest::Error),
}

/// The key sets of every issuer that something in the program verifies tokens of.
#[derive(Debug)]
pub struct KeySets {
    sources: HashMap<String, KeySource>,
    sets: Mutex<Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    issuer: String,
    /// None if nobody but the issuer said where its keys are.
    server: Option<KeyServer>,
    /// Gone once nobody verifies with it: a project that names another issuer waits for the old one no more.
    set: Weak<KeySet>,
}

impl KeySets {
    /// An issuer in `sources` has its keys there; every other one publishes them at `/.well-known/jwks.json`, as Clerk's
    /// Frontend API does.
    #[must_use]
    pub fn new(sources: HashMap<String, KeySource>) -> Self {
        Self { sources, sets: Mutex::default() }
    }

    /// The one key set of `issuer`, made on first use.
    ///
    /// # Errors
    /// When nothing says where the issuer's keys are, or no TLS back end can be set up.
    pub fn of(&self, issuer: &str) -> Result<Arc<KeySet>, KeySetsError> {
        self.known_or(issuer, None, || {
            Ok(match self.sources.get(issuer) {
                Some(KeySource::Key(key)) => KeySet::fixed(key.clone()),
                Some(KeySource::Server(server)) => KeySet::remote(server.as_ref().clone())?,
                None => KeySet::remote(well_known(issuer)?.into())?,
            })
        })
    }

    /// As [`Self::of`], fetched at a pace of one's own.
    ///
    /// # Errors
    /// When nothing says where the issuer's keys are, or no TLS back end can be set up.
    pub fn with_times(&self, issuer: &str, times: KeyTimes) -> Result<Arc<KeySet>, KeySetsError> {
        if times == KeyTimes::default() {
            return self.of(issuer);
        }
        self.at(issuer, &KeyServer { times, ..well_known(issuer)?.into() })
    }

    /// The one key set of `issuer` at `server`, made on first use. Whoever says another address, other headers or other
    /// algorithms has another set. If the program itself says where this issuer's keys are, they are fetched there.
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn at(&self, issuer: &str, server: &KeyServer) -> Result<Arc<KeySet>, KeySetsError> {
        self.known_or(issuer, Some(server), || {
            Ok(match self.sources.get(issuer) {
                Some(KeySource::Key(key)) => KeySet::fixed(key.clone()),
                Some(KeySource::Server(own)) => KeySet::remote(KeyServer { url: own.url.clone(), ..server.clone() })?,
                None => KeySet::remote(server.clone())?,
            })
        })
    }

    fn known_or(
        &self,
        issuer: &str,
        server: Option<&KeyServer>,
        make: impl FnOnce() -> Result<KeySet, KeySetsError>,
    ) -> Result<Arc<KeySet>, KeySetsError> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &&Known| match (&known.server, server) {
            (None, None) => known.issuer == issuer,
            (Some(own), Some(server)) => known.issuer == issuer && own.is(server),
            _ => false,
        };
        if let Some(set) = sets.iter().filter(is_it).find_map(|known| known.set.upgrade()) {
            return Ok(set);
        }
        sets.retain(|known| known.set.strong_count() > 0);
        let set = Arc::new(make()?);
        sets.push(Known { issuer: issuer.to_owned(), server: server.cloned(), set: Arc::downgrade(&set) });
        Ok(set)
    }

    /// Fetches every set that has no keys, or old ones, in the background.
    pub fn refresh(&self, now: Duration) {
        for (_, set) in self.all() {
            set.refresh(now);
        }
    }

    /// Refreshes every set before it is missed, whether or not somebody asks for its keys, for as long as the sets are
    /// there: a program that was idle trusts no key that its issuer has withdrawn meanwhile.
    pub fn keep_fresh(self: &Arc<Self>, clock: Clock) -> impl Future<Output = ()> + Send + use<> {
        let sets = Arc::downgrade(self);
        async move {
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            loop {
                ticks.tick().await;
                let Some(sets) = sets.upgrade() else { return };
                sets.refresh(clock());
            }
        }
    }

    /// Each issuer with the state of its keys, sorted by issuer.
    #[must_use]
    pub fn status(&self, now: Duration) -> Vec<(String, KeySetStatus)> {
        self.all().into_iter().map(|(issuer, set)| (issuer, set.status(now))).collect()
    }

    fn all(&self) -> Vec<(String, Arc<KeySet>)> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let used = sets.iter().filter_map(|known| Some((known.issuer.clone(), known.set.upgrade()?)));
        let mut all: Vec<_> = used.collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

fn well_known(issuer: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{issuer}/.well-known/jwks.json"))
}

#[cfg(test)]
#[path = "key_sets_tests.rs"]
mod tests;
