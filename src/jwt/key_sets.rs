//! Which issuer's keys are where. One set per issuer, never mixed: two instances may use the same `kid`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jsonwebtoken::DecodingKey;
use url::Url;

use super::{KeySet, KeySetClient, KeySetStatus};

/// Where an issuer's keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A key set at this address.
    Url(Url),
    /// This one key; nothing is fetched.
    Key(DecodingKey),
}

/// The key sets of every issuer the program trusts.
#[derive(Debug)]
pub struct KeySets {
    client: KeySetClient,
    sources: HashMap<String, KeySource>,
    sets: Mutex<HashMap<String, Arc<KeySet>>>,
}

impl KeySets {
    /// Key sets that are fetched with `client`. An issuer in `sources` has its keys there; every other one publishes
    /// them at `/.well-known/jwks.json`, as Clerk's Frontend API does.
    #[must_use]
    pub fn new(client: KeySetClient, sources: HashMap<String, KeySource>) -> Self {
        Self { client, sources, sets: Mutex::default() }
    }

    /// The one key set of `issuer`, made on first use.
    ///
    /// # Errors
    /// When the issuer is not a URL and nothing else says where its keys are.
    pub fn of(&self, issuer: &str) -> Result<Arc<KeySet>, url::ParseError> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.get(issuer) {
            return Ok(Arc::clone(set));
        }
        let set = Arc::new(match self.sources.get(issuer) {
            Some(KeySource::Key(key)) => KeySet::fixed(key.clone()),
            Some(KeySource::Url(url)) => KeySet::remote(url.clone(), self.client.clone()),
            None => KeySet::remote(well_known(issuer)?, self.client.clone()),
        });
        sets.insert(issuer.to_owned(), Arc::clone(&set));
        Ok(set)
    }

    /// Fetches every set that has no keys yet, side by side.
    pub async fn prefetch(&self, now: Duration) {
        let fetches: Vec<_> =
            self.all().into_iter().map(|(_, set)| tokio::spawn(async move { set.prefetch(now).await })).collect();
        for fetch in fetches {
            // A fetch that panicked has logged itself and leaves the set unready, which readiness reports.
            let _ = fetch.await;
        }
    }

    /// Each issuer with the state of its keys, sorted by issuer.
    #[must_use]
    pub fn status(&self, now: Duration) -> Vec<(String, KeySetStatus)> {
        self.all().into_iter().map(|(issuer, set)| (issuer, set.status(now))).collect()
    }

    fn all(&self) -> Vec<(String, Arc<KeySet>)> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = sets.iter().map(|(issuer, set)| (issuer.clone(), Arc::clone(set))).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

fn well_known(issuer: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{issuer}/.well-known/jwks.json"))
}
