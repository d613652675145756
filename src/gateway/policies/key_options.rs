//! Where an issuer's keys come from, for policies that leave the choice: fetched, at a pace that `jwks` may set
//! (`refreshSeconds`, default 300; `staleSeconds`, default 3600; `cooldownSeconds`, default 10; `timeoutMs`, default
//! 5000), or read from a `jwksFile`, a key set in the project's folder.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;

use super::PolicySite;
use crate::{
    gateway::project::{LoadError, Options},
    jwt::{Algorithm, KeySet, KeyTimes},
};

const TIMES: &str = "jwks";
const FILE: &str = "jwksFile";

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The option `jwks`, as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WrittenTimes {
    refresh_seconds: Option<u64>,
    stale_seconds: Option<u64>,
    cooldown_seconds: Option<u64>,
    timeout_ms: Option<u64>,
}

/// How keys are fetched, within bounds in which neither the issuer nor trust in its keys suffers.
pub fn key_times(written: Option<WrittenTimes>, options: &Options<'_>) -> Result<KeyTimes, LoadError> {
    let mut times = KeyTimes::default();
    let Some(written) = written else { return Ok(times) };
    let within = |value: u64, least: u64, most: u64, name: &str| {
        let expected = || options.error(TIMES, &format!("`{name}` from {least} to {most}"));
        if (least..=most).contains(&value) { Ok(value) } else { Err(expected()) }
    };
    if let Some(seconds) = written.refresh_seconds {
        times.refresh = Duration::from_secs(within(seconds, 10, DAY_SECONDS, "refreshSeconds")?);
    }
    if let Some(seconds) = written.stale_seconds {
        times.stale = Duration::from_secs(within(seconds, 10, 7 * DAY_SECONDS, "staleSeconds")?);
    }
    if let Some(seconds) = written.cooldown_seconds {
        times.cooldown = Duration::from_secs(within(seconds, 1, 3600, "cooldownSeconds")?);
    }
    if let Some(millis) = written.timeout_ms {
        times.timeout = Duration::from_millis(within(millis, 100, 30_000, "timeoutMs")?);
    }
    if times.stale <= times.refresh {
        let (stale, refresh) = (times.stale.as_secs(), times.refresh.as_secs());
        return Err(options.error(TIMES, &format!("`staleSeconds` ({stale}) above `refreshSeconds` ({refresh})")));
    }
    Ok(times)
}

/// The keys in a file of the project's folder, which are read again whenever the file changes.
pub fn keys_in_file(
    file: &str,
    algorithms: &[Algorithm],
    options: &Options<'_>,
    site: &PolicySite<'_>,
) -> Result<Arc<KeySet>, LoadError> {
    let content = site.files.read(file);
    let content = content.map_err(|error| options.error(FILE, &format!("a file in the project's folder ({error})")))?;
    let keys = KeySet::from_jwks(&content, algorithms);
    keys.map(Arc::new).ok_or_else(|| options.error(FILE, "a key set (RFC 7517) with a key that can be used"))
}

/// Refuses the options for keys that are fetched where none are.
pub fn refuse_times(written: Option<&WrittenTimes>, source: &str, options: &Options<'_>) -> Result<(), LoadError> {
    match written {
        Some(_) => Err(options.error(TIMES, &format!("no times beside `{source}`, for which nothing is fetched"))),
        None => Ok(()),
    }
}
