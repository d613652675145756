//! Changing a project's file of API keys: the only place that ever sees a new key, which it hands out once.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::{ApiKeys, FILE, is_name, make_key};
use crate::gateway::project::{Layout, LoadError, read};

/// Held while a command changes the file, beside it: two commands at once lose nothing. Stays there, empty.
const LOCK: &str = ".api-keys.lock";
/// As many digits of a hash as tell keys apart for people.
const SHOWN_DIGITS: usize = 12;

/// What a new key will be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewKey {
    /// Whose it is.
    pub consumer: String,
    /// What policies and upstreams get to know of its owner, as `user.data`.
    pub metadata: Map<String, Value>,
    /// When it ends (RFC 3339).
    pub expires_on: Option<String>,
    /// What alone it opens: policies with this `bucketName`.
    pub bucket: Option<String>,
}

/// A key, for people: it cannot be told from this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySummary {
    /// Whose it is.
    pub consumer: String,
    /// The first digits of its hash, which name it.
    pub id: String,
    /// When it ends, as the file has it.
    pub expires_on: Option<String>,
    /// What alone it opens.
    pub bucket: Option<String>,
}

/// Adds a key, made of `random` bytes, to the project in `directory`, and returns it. The file is made
/// if there is none.
///
/// # Errors
/// When the file cannot be read or written, or is not right, with the new key or without it.
pub fn create_key(directory: &Path, new: &NewKey, random: [u8; 24]) -> Result<String, LoadError> {
    let path = path(directory);
    if !is_name(&new.consumer) {
        return Err(LoadError::file(&path, "the name of a consumer, nothing that can be read"));
    }
    let _lock = lock(&path)?;
    let mut entries = entries(&path)?;
    let (key, hash) = make_key(random);
    let mut entry = json!({ "consumer": new.consumer, "hash": hash, "metadata": new.metadata });
    for (member, value) in [("bucket", &new.bucket), ("expiresOn", &new.expires_on)] {
        if let Some(value) = value {
            entry[member] = value.as_str().into();
        }
    }
    entries.push(entry);
    ApiKeys::read(&path, &json!({ "keys": entries }))?;
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
        bucket: text(entry, "bucket"),
    };
    Ok(entries(&path(directory))?.iter().map(summary).collect())
}

/// Removes the key called `id` from the project in `directory`; false if there is none.
///
/// # Errors
/// When the file cannot be read or written, or is not right.
pub fn revoke_key(directory: &Path, id: &str) -> Result<bool, LoadError> {
    let path = path(directory);
    let _lock = lock(&path)?;
    let entries = entries(&path)?;
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

fn path(directory: &Path) -> PathBuf {
    Layout::of(directory).config.join(FILE)
}

/// What the file holds, all of it right.
fn entries(path: &Path) -> Result<Vec<Value>, LoadError> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let content = read(path)?;
    ApiKeys::read(path, &content)?;
    Ok(content["keys"].as_array().cloned().unwrap_or_default())
}

/// Waits until no other command changes the file. The lock ends with what is returned, or with the program.
fn lock(path: &Path) -> Result<File, LoadError> {
    let lock = path.with_file_name(LOCK);
    let held = OpenOptions::new().create(true).append(true).open(&lock).and_then(|file| file.lock().map(|()| file));
    held.map_err(|error| LoadError::file(&lock, &format!("a file that can be locked ({error}), none")))
}

/// Whoever reads the file meanwhile reads the old one or the new one, never half of one; so does who reads it after the
/// machine lost its power.
fn save(path: &Path, entries: &[Value]) -> Result<(), LoadError> {
    let text = format!("{:#}\n", json!({ "keys": entries }));
    let new = path.with_extension("json.new");
    let written = write_private(&new, &text).and_then(|()| fs::rename(&new, path)).and_then(|()| sync_folder(path));
    written.map_err(|error| LoadError::file(path, &format!("a file that can be written ({error}), none")))
}

/// Nobody else can read the file, not even while it is written.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // What a command left that was ended halfway.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The new name is written down, too.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::TempFolder;

    fn new(consumer: &str) -> NewKey {
        NewKey { consumer: consumer.to_owned(), ..NewKey::default() }
    }

    #[test]
    fn a_key_is_what_it_was_described_as() {
        let folder = TempFolder::new();
        let Value::Object(metadata) = json!({ "plan": "pro" }) else { unreachable!() };
        let described = |expires_on: &str| NewKey {
            metadata: metadata.clone(),
            expires_on: Some(expires_on.to_owned()),
            bucket: Some("partners".to_owned()),
            ..new("acme")
        };
        let fault = create_key(folder.path(), &described("soon"), [1; 24]).unwrap_err().to_string();
        assert!(fault.contains("at /keys/0/expiresOn: expected a time such as"), "{fault}");
        assert_eq!(list_keys(folder.path()), Ok(Vec::new()), "what would not load is not written");
        let key = create_key(folder.path(), &described("1970-01-01T00:01:00Z"), [1; 24]).unwrap();
        let path = folder.path().join(FILE);
        let keys = ApiKeys::read(&path, &read(&path).unwrap()).unwrap();
        let find = |bucket, seconds| keys.find(&key, bucket, Duration::from_secs(seconds)).ok();
        let user = find(Some("partners"), 59).unwrap();
        assert_eq!((user.sub.as_str(), &*user.data), ("acme", &json!({ "plan": "pro" })));
        assert!(find(Some("partners"), 60).is_none() && find(None, 59).is_none() && find(Some("others"), 59).is_none());
        let listed = &list_keys(folder.path()).unwrap()[0];
        assert_eq!(listed.expires_on.as_deref(), Some("1970-01-01T00:01:00Z"));
        assert_eq!(listed.bucket.as_deref(), Some("partners"));
    }

    #[test]
    fn keys_come_and_go_and_the_file_holds_none() {
        let folder = TempFolder::new();
        assert_eq!(list_keys(folder.path()), Ok(Vec::new()));
        let acme = create_key(folder.path(), &new("acme"), [1; 24]).unwrap();
        let other = create_key(folder.path(), &new("other"), [2; 24]).unwrap();
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
        assert!(
            create_key(folder.path(), &new("acme"), [3; 24]).unwrap_err().to_string().contains("at /keys/0/consumer")
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "{ \"keys\": [{}] }", "what is not understood is not touched");
    }
    #[test]
    fn commands_at_once_lose_nothing() {
        const COMMANDS: u8 = 24;
        let folder = TempFolder::new();
        std::thread::scope(|scope| {
            for number in 0..COMMANDS {
                let folder = folder.path();
                scope.spawn(move || create_key(folder, &new(&format!("consumer {number}")), [number; 24]).unwrap());
            }
        });
        assert_eq!(list_keys(folder.path()).unwrap().len(), usize::from(COMMANDS));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempFolder::new();
        let path = folder.path().join(FILE);
        fs::write(&path, "{ \"keys\": [] }").unwrap();
        fs::write(path.with_extension("json.new"), "left behind").unwrap();
        create_key(folder.path(), &new("acme"), [1; 24]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!path.with_extension("json.new").exists());
    }

    #[test]
    fn a_key_is_somebodys() {
        let folder = TempFolder::new();
        for consumer in ["", " ", "a\nb"] {
            let fault = create_key(folder.path(), &new(consumer), [1; 24]).unwrap_err().to_string();
            assert!(fault.contains("expected the name of a consumer"), "{fault}");
        }
        assert_eq!(list_keys(folder.path()), Ok(Vec::new()));
    }
}
