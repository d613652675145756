//! What a gateway is loaded with, whether it runs inside the application or alone.

use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use super::{StartError, config::Variables};
use crate::{
    gateway::{CounterStore, Dependencies, MemoryCounters, RedisCounters, Registry, Upstream},
    jwt::{Clock, KeySets},
};

/// The parts of a gateway that clients reach at `public_url` and that counts for itself. A project's `$env(…)` can name every variable; the issuer is
/// known even where `CLERK_FRONTEND_API_URL` is not set, so that the article's policy entry needs no change.
///
/// # Errors
/// When no TLS back end can be set up.
pub fn dependencies(
    variables: &Variables,
    issuer: Option<&str>,
    registry: Arc<Registry>,
    key_sets: Arc<KeySets>,
    public_url: Url,
    clock: Clock,
) -> Result<Dependencies, StartError> {
    let issuer = issuer.map(|issuer| ("CLERK_FRONTEND_API_URL".to_owned(), issuer.to_owned()));
    let variables = variables.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Dependencies {
        key_sets,
        environment: variables.chain(issuer).collect(),
        registry,
        counters: Arc::new(MemoryCounters::default()),
        upstream: Upstream::new()?,
        public_url,
        clock,
    })
}

/// Where requests are counted for limits: together with other gateways, if there is a store for that.
///
/// # Errors
/// When its address is not right.
pub fn counters(redis: Option<&SecretString>) -> Result<Arc<dyn CounterStore>, StartError> {
    Ok(match redis {
        Some(url) => Arc::new(RedisCounters::connect(url)?),
        None => Arc::new(MemoryCounters::default()),
    })
}
