//! Changing a project's file of API keys: the only place that ever sees a new key, which it hands out once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{ApiKeys, FILE, make_key};
use crate::gateway::project::{Layout, LoadError, read};

/// As many digits of a hash as tell keys apart for people.
const SHOWN_DIGITS: usize = 12;

/// A key, for people: it cannot be told from this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySummary {
    /// Whose it is.
    pub consumer: String,
    /// The first digits of its hash, which name it.
    pub id: String,
    /// When it ends, as the file has it.
    pub expires_on: Option<String>,
}

/// Adds a key for `consumer`, made of `random` bytes, to the project in `directory`, and returns it. The file is made
/// if there is none.
///
/// # Errors
/// When the file cannot be read or written, or is not right.
pub fn create_key(directory: &Path, consumer: &str, random: [u8; 24]) -> Result<String, LoadError> {
    let (path, mut entries) = open(directory)?;
    let (key, hash) = make_key(random);
    entries.push(json!({ "consumer": consumer, "hash": hash, "metadata": {} }));
    save(&path, &entries)?;
    Ok(key)
}

/// The keys of the project in `directory`.
///
/// # Errors
/// When the file cannot be read, or is not right.
pub fn list_keys(directory: &Path) -> Result<Vec<KeySummary>, LoadError> {
    let text = |entry: &Value, member: &str| entry[member].as_str().map(str::to_owned);
    let summary = |entry: &Value| KeySummary {
        consumer: text(entry, "consumer").unwrap_or_default(),
        id: id(entry).to_owned(),
        expires_on: text(entry, "expiresOn"),
    };
    Ok(open(directory)?.1.iter().map(summary).collect())
}

/// Removes the key called `id` from the project in `directory`; false if there is none.
///
/// # Errors
/// When the file cannot be read or written, or is not right.
pub fn revoke_key(directory: &Path, id: &str) -> Result<bool, LoadError> {
    let (path, entries) = open(directory)?;
    let before = entries.len();
    let kept: Vec<Value> = entries.into_iter().filter(|entry| self::id(entry) != id).collect();
    let found = kept.len() < before;
    if found {
        save(&path, &kept)?;
    }
    Ok(found)
}

fn id(entry: &Value) -> &str {
    let hash = entry["hash"].as_str().unwrap_or_default();
    hash.get(..SHOWN_DIGITS).unwrap_or(hash)
}

/// The file and its entries, which are all right.
fn open(directory: &Path) -> Result<(PathBuf, Vec<Value>), LoadError> {
    let path = Layout::of(directory).config.join(FILE);
    if !path.is_file() {
        return Ok((path, Vec::new()));
    }
    let content = read(&path)?;
    ApiKeys::read(&path, &content)?;
    let entries = content["keys"].as_array().cloned().unwrap_or_default();
    Ok((path, entries))
}

/// Whoever reads the file meanwhile reads the old one or the new one, never half of one.
fn save(path: &Path, entries: &[Value]) -> Result<(), LoadError> {
    let text = format!("{:#}\n", json!({ "keys": entries }));
    let new = path.with_extension("json.new");
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
    written.map_err(|error| LoadError::file(path, &format!("a file that can be written ({error}), none")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::TempFolder;

    #[test]
    fn keys_come_and_go_and_the_file_holds_none() {
        let folder = TempFolder::new();
        assert_eq!(list_keys(folder.path()), Ok(Vec::new()));
        let acme = create_key(folder.path(), "acme", [1; 24]).unwrap();
        let other = create_key(folder.path(), "other", [2; 24]).unwrap();
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("ghk_"), "{text}");
        let listed = list_keys(folder.path()).unwrap();
        let consumers: Vec<&str> = listed.iter().map(|key| key.consumer.as_str()).collect();
        assert_eq!(consumers, ["acme", "other"]);
        assert_eq!(revoke_key(folder.path(), &listed[0].id), Ok(true));
        assert_eq!(revoke_key(folder.path(), &listed[0].id), Ok(false));
        let keys = ApiKeys::read(&path, &read(&path).unwrap()).unwrap();
        assert!(keys.find(&acme, None, Duration::ZERO).is_err() && keys.find(&other, None, Duration::ZERO).is_ok());
        fs::write(&path, "{ \"keys\": [{}] }").unwrap();
        assert!(create_key(folder.path(), "acme", [3; 24]).unwrap_err().to_string().contains("at /keys/0/consumer"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{ \"keys\": [{}] }", "what is not understood is not touched");
    }
}
