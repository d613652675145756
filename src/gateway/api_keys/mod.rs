//! API keys of a project: a file of hashes, `api-keys.json` beside `policies.json`, in the place of Zuplo's key service.
//!
//! A key is `ghk_`, 48 random digits, `_` and 8 digits that follow from the rest: scanners find such keys where they do
//! not belong, and typing errors are refused without looking anything up. The file holds SHA-256 hashes, which is enough
//! for secrets that nobody chose.

mod file;

use std::{collections::HashMap, fmt::Write, path::Path};

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub use file::{KeySummary, NewKey, create_key, list_keys, revoke_key};

use super::{
    context::User,
    project::{Environment, LoadError, Node, Options},
};

/// The file's name.
pub const FILE: &str = "api-keys.json";
const PREFIX: &str = "ghk_";
/// 192 bits.
const RANDOM_DIGITS: usize = 48;
const CHECK_DIGITS: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    keys: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyEntry {
    consumer: String,
    hash: String,
    #[serde(default)]
    metadata: Value,
    bucket: Option<String>,
    expires_on: Option<String>,
}

/// The keys of a project.
#[derive(Default)]
pub struct ApiKeys {
    /// By the first bytes of their hashes, which say nothing of the keys.
    by_start: HashMap<[u8; 8], Vec<ApiKey>>,
}

struct ApiKey {
    hash: [u8; 32],
    user: User,
    bucket: Option<String>,
    expires: Option<OffsetDateTime>,
}

/// Why a key opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadKey {
    /// It is no key at all, or mistyped.
    Malformed,
    /// Nobody has it.
    Unknown,
    /// It was somebody's until some time ago.
    Expired,
}

impl ApiKeys {
    /// Reads the file's content.
    pub fn read(path: &Path, content: &Value) -> Result<Self, LoadError> {
        let root = Node::root(path, content);
        let file: KeysFile = Options::at(root.clone(), &Environment::default())?.read()?;
        let mut keys = Self::default();
        for (position, entry) in file.keys.into_iter().enumerate() {
            let fault = |member: &str, expected: &str| {
                let place = root.step("keys").and_then(|keys| keys.step(&position.to_string()));
                let place = place.and_then(|entry| entry.step(member));
                place.unwrap_or_else(|| root.clone()).error(expected)
            };
            if !is_name(&entry.consumer) {
                return Err(fault("consumer", "the name of a consumer"));
            }
            let hash = from_hex(&entry.hash).ok_or_else(|| fault("hash", "a SHA-256 hash: 64 hexadecimal digits"))?;
            let expires = entry.expires_on.as_deref().map(|text| OffsetDateTime::parse(text, &Rfc3339)).transpose();
            let expires = expires.map_err(|_| fault("expiresOn", "a time such as \"2030-01-01T00:00:00Z\""))?;
            let user = User::new(entry.consumer, entry.metadata);
            let same_start = keys.by_start.entry(start(&hash)).or_default();
            same_start.push(ApiKey { hash, user, bucket: entry.bucket, expires });
        }
        Ok(keys)
    }

    /// Whose key this is, at the time `now` (since the Unix epoch). A key of a bucket opens only that.
    pub fn find(&self, key: &str, bucket: Option<&str>, now: std::time::Duration) -> Result<&User, BadKey> {
        if !is_well_formed(key) {
            return Err(BadKey::Malformed);
        }
        let hash = hash(key);
        let same_start = self.by_start.get(&start(&hash)).ok_or(BadKey::Unknown)?;
        let found = same_start.iter().find(|own| bool::from(own.hash.ct_eq(&hash)));
        let found = found.filter(|own| own.bucket.as_deref() == bucket).ok_or(BadKey::Unknown)?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if found.expires.is_some_and(|expires| expires.unix_timestamp() <= now) {
            return Err(BadKey::Expired);
        }
        Ok(&found.user)
    }
}

/// Whether people can tell a consumer by this.
fn is_name(consumer: &str) -> bool {
    !consumer.trim().is_empty() && !consumer.contains(char::is_control)
}

fn start(hash: &[u8; 32]) -> [u8; 8] {
    let mut start = [0; 8];
    start.copy_from_slice(&hash[..8]);
    start
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

fn check_digits(rest: &str) -> String {
    to_hex(&hash(rest))[..CHECK_DIGITS].to_owned()
}

fn is_well_formed(key: &str) -> bool {
    let Some((rest, check)) = key.rsplit_once('_') else { return false };
    let digits = rest.strip_prefix(PREFIX).unwrap_or_default();
    digits.len() == RANDOM_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && check_digits(rest) == check
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

/// A new key, made of 24 random bytes, and its hash as the file holds it.
#[must_use]
pub fn make_key(random: [u8; 24]) -> (String, String) {
    let rest = format!("{PREFIX}{}", to_hex(&random));
    let key = format!("{rest}_{}", check_digits(&rest));
    let hash = to_hex(&hash(&key));
    (key, hash)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn keys(entries: &Value) -> Result<ApiKeys, String> {
        ApiKeys::read(Path::new(FILE), &json!({ "keys": entries })).map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_is_known_by_its_hash() {
        let (key, hash) = make_key([7; 24]);
        let (other, _) = make_key([8; 24]);
        let keys = keys(&json!([{ "consumer": "acme", "hash": hash, "metadata": { "plan": "large" } }])).unwrap();
        let user = keys.find(&key, None, NOW).unwrap_or_else(|bad| panic!("{bad:?}"));
        assert_eq!((user.sub.as_str(), &*user.data), ("acme", &json!({ "plan": "large" })));
        let mistyped = key.replacen("07", "70", 1);
        for (text, bad) in [
            (other.as_str(), BadKey::Unknown),
            (&mistyped, BadKey::Malformed),
            ("", BadKey::Malformed),
            ("ghk_1_2", BadKey::Malformed),
        ] {
            assert!(keys.find(text, None, NOW).is_err_and(|found| found == bad), "{text}");
        }
        assert!(keys.find(&hash, None, NOW).is_err(), "the hash is no key");
    }

    #[test]
    fn keys_end_and_belong_to_buckets() {
        let (key, hash) = make_key([7; 24]);
        let with =
            |expires: &str| keys(&json!([{ "consumer": "acme", "hash": hash, "bucket": "b", "expiresOn": expires }]));
        let find = |expires: &str, bucket| with(expires).unwrap().find(&key, bucket, NOW).map(|user| user.sub.clone());
        assert_eq!(find("2027-01-15T08:00:01Z", Some("b")), Ok("acme".to_owned()));
        assert_eq!(find("2027-01-15T08:00:00Z", Some("b")), Err(BadKey::Expired));
        assert_eq!(find("2030-01-01T00:00:00+01:00", None), Err(BadKey::Unknown));
        assert_eq!(find("2030-01-01T00:00:00+01:00", Some("c")), Err(BadKey::Unknown));
    }

    #[test]
    fn faults_are_named() {
        let hash = make_key([7; 24]).1;
        for (entries, expected) in [
            (json!([{ "consumer": "a", "hash": "x" }]), "api-keys.json at /keys/0/hash: expected a SHA-256 hash"),
            (json!([{ "consumer": "a", "hash": hash, "expiresOn": "soon" }]), "at /keys/0/expiresOn: expected a time"),
            (json!([{ "hash": hash }]), "at /keys/0/consumer: expected a value"),
            (json!([{ "consumer": " ", "hash": hash }]), "at /keys/0/consumer: expected the name of a consumer"),
            (json!([{ "consumer": "a", "hash": hash, "key": "x" }]), "at /keys/0/key: expected one of"),
        ] {
            let error = keys(&entries).map(|_| ()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
