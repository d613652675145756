//! Opening the file: schema, keys and seeded users are written in one transaction the first time.

use std::{
    fs::{self, OpenOptions},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, config::DbConfig, params};
use secrecy::SecretString;

use super::{Store, StoreError, millis, seeding};
use crate::instance::{
    ids::{new_id, new_secret},
    password::PasswordHasher,
    seed::Seed,
    signing_key::SigningKey,
};

/// The schemas, oldest first; a file's `user_version` says how many of them it has.
const MIGRATIONS: [&str; 9] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
];
/// The first schema with JWT templates.
const TEMPLATES_SINCE: usize = 2;
/// The first schema with organizations.
const ORGANIZATIONS_SINCE: usize = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More than there are statements to keep.
const CACHED_STATEMENTS: usize = 128;

/// What makes an instance itself.
pub struct Identity {
    pub instance_id: String,
    pub signing_key: SigningKey,
    pub secret_key: SecretString,
}

impl Store {
    /// Opens the file at `path`, and makes it if it is not there, with all that `seed` has. Without a path all is kept in
    /// memory.
    pub fn open(
        path: Option<&Path>,
        seed: &Seed,
        now: Duration,
        passwords: &PasswordHasher,
    ) -> Result<(Self, Identity), StoreError> {
        let mut connection = match path {
            Some(path) => {
                create_private(path)?;
                Connection::open(path)?
            }
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Plans do not depend on parameters: without this every statement with one is planned anew each time that it is
        // used, because a cached one forgets its parameters in between.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // Schema and keys survive a power cut.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = migrate(&transaction)?;
        let identity = match read_identity(&transaction)? {
            Some(identity) => identity,
            None => create(&transaction, now)?,
        };
        seeding::write_roles(&transaction, seed)?;
        if before == 0 || seed.at_every_start {
            seeding::write(&transaction, seed, passwords, now)?;
        } else {
            write_what_is_new(&transaction, before, seed, now)?;
        }
        transaction.commit()?;
        // From here on calls do not wait for the disk, but for the one that moves what was written into the file. What was
        // answered is with the operating system, so it outlives this program however that ends; a power cut may take the
        // last calls, each whole, and the file stays sound.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        Ok((Self { connection: Arc::new(Mutex::new(connection)) }, identity))
    }
}

/// The file holds a signing key: nobody else on the machine may read it.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Brings the file to the newest schema. Returns which one it had before; a new file has none, which is 0.
fn migrate(transaction: &Transaction<'_>) -> Result<usize, StoreError> {
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    let before = usize::try_from(found).unwrap_or_default();
    for migration in MIGRATIONS.iter().skip(before) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(before)
}

fn read_identity(transaction: &Transaction<'_>) -> Result<Option<Identity>, StoreError> {
    let row = transaction
        .query_row("SELECT instance_id, signing_key, secret_key FROM instance", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, String>(2)?))
        })
        .optional()?;
    let Some((instance_id, key, secret)) = row else { return Ok(None) };
    let signing_key = SigningKey::from_pkcs8(&key)?;
    Ok(Some(Identity { instance_id, signing_key, secret_key: secret.into() }))
}

/// What a file of an older schema could not have.
fn write_what_is_new(
    transaction: &Transaction<'_>,
    before: usize,
    seed: &Seed,
    now: Duration,
) -> Result<(), StoreError> {
    if before < TEMPLATES_SINCE {
        seeding::write_templates(transaction, seed, now)?;
    }
    if before < ORGANIZATIONS_SINCE {
        seeding::write_organizations(transaction, seed, now)?;
    }
    Ok(())
}

fn create(transaction: &Transaction<'_>, now: Duration) -> Result<Identity, StoreError> {
    let (signing_key, der) = SigningKey::generate()?;
    let (instance_id, secret) = (new_id("ins"), format!("sk_test_{}", new_secret()));
    transaction.execute(
        "INSERT INTO instance (id, instance_id, signing_key, secret_key, created_at) VALUES (1, ?1, ?2, ?3, ?4)",
        params![instance_id, der, secret, millis(now)],
    )?;
    Ok(Identity { instance_id, signing_key, secret_key: secret.into() })
}
