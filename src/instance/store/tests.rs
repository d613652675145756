//! The store, in a real file: opening, signing in and out.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{open::Identity, *};
use crate::{
    instance::{
        password::PasswordHasher,
        seed::{SEED_USERS, Seed},
        signing_key::SigningKey,
    },
    testing::TempFolder,
};

pub(super) const NOW: Duration = Duration::from_secs(1_000_000);

pub(super) struct File {
    pub(super) path: PathBuf,
    _folder: TempFolder,
}

impl File {
    pub(super) fn new() -> Self {
        let folder = TempFolder::new();
        Self { path: folder.path().join("deep/instance.db"), _folder: folder }
    }

    pub(super) fn open(&self) -> (Store, Identity) {
        Store::open(Some(&self.path), &Seed::default(), NOW, &PasswordHasher::default()).unwrap()
    }
}

async fn sign_in(store: &Store, token: Option<&str>) -> (ActiveSession, String) {
    store.start_session(SEED_USERS[0].id.to_owned(), token.map(str::to_owned), String::new(), NOW).await.unwrap()
}

async fn session_of(store: &Store, token: &str, now: Duration) -> Option<String> {
    store.active_session(token.to_owned(), now).await.unwrap().map(|active| active.session.id)
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let file = File::new();
    let (store, before) = file.open();
    let (active, token) = sign_in(&store, None).await;
    drop(store);
    let (store, after) = file.open();
    assert_eq!(before.instance_id, after.instance_id);
    assert_eq!(before.signing_key.jwk("k"), after.signing_key.jwk("k"));
    assert_eq!(session_of(&store, &token, NOW).await, Some(active.session.id));
    let ada = store.credentials("ada@example.com".to_owned()).await.unwrap().unwrap();
    assert_eq!(ada.user_id, SEED_USERS[0].id);
}

#[tokio::test]
async fn a_sign_in_rotates_the_clients_token_and_replaces_its_session() {
    let (store, _) = File::new().open();
    let (first, old_token) = sign_in(&store, None).await;
    let (second, new_token) = sign_in(&store, Some(&old_token)).await;
    assert_ne!(first.session.id, second.session.id);
    assert_eq!(session_of(&store, &old_token, NOW).await, None, "the token from before the sign-in is worth nothing");
    assert_eq!(session_of(&store, &new_token, NOW).await, Some(second.session.id));
}

#[tokio::test]
async fn sign_out_revocation_and_age_end_a_session() {
    let (store, _) = File::new().open();
    let (_, token) = sign_in(&store, None).await;
    let new_token = store.end_all_sessions(token.clone(), NOW).await.unwrap().unwrap();
    assert_eq!(session_of(&store, &token, NOW).await, None);
    assert_eq!(session_of(&store, &new_token, NOW).await, None);

    let (active, token) = sign_in(&store, None).await;
    let later = NOW + Duration::from_secs(5);
    let revoked = store.revoke_session(active.session.id, later).await.unwrap().unwrap();
    assert_eq!((revoked.status.as_str(), revoked.updated_at), ("revoked", later));
    assert_eq!(session_of(&store, &token, later).await, None);
    assert!(store.revoke_session("sess_unknown".to_owned(), later).await.unwrap().is_none());

    let (active, token) = sign_in(&store, None).await;
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    assert_eq!(session_of(&store, &token, NOW + week - Duration::from_secs(1)).await, Some(active.session.id));
    assert_eq!(session_of(&store, &token, NOW + week).await, None);
}

#[tokio::test]
async fn a_banned_user_has_no_session() {
    let (store, _) = File::new().open();
    let banned = SEED_USERS.iter().find(|user| user.banned).unwrap();
    let (active, token) = store.start_session(banned.id.to_owned(), None, String::new(), NOW).await.unwrap();
    assert_eq!(session_of(&store, &token, NOW).await, None);
    assert!(store.renew_session(token, NOW).await.unwrap().is_none());
    assert!(store.usable_session(active.session.id.clone(), NOW).await.unwrap().is_none());
    let refresh_token = active.refresh_token.unwrap();
    let refreshed = store.refresh_session(active.session.id, banned.id.to_owned(), refresh_token, NOW).await.unwrap();
    assert!(refreshed.is_none());
}

#[tokio::test]
async fn a_refresh_token_belongs_to_one_session_and_one_user() {
    let (store, _) = File::new().open();
    let (active, client_token) = sign_in(&store, None).await;
    let (other, _) = sign_in(&store, None).await;
    let session = &active.session;
    let refresh = async |id: &str, user_id: &str, token: &SecretString, now| {
        let refreshed = store.refresh_session(id.to_owned(), user_id.to_owned(), token.clone(), now).await.unwrap();
        refreshed.map(|session| session.id)
    };
    let token = active.refresh_token.unwrap();
    let later = NOW + Duration::from_secs(90);
    assert_eq!(refresh(&session.id, &session.user_id, &token, later).await.as_ref(), Some(&session.id));
    assert_eq!(refresh(&session.id, &session.user_id, &token, later).await.as_ref(), Some(&session.id), "again");
    let used = store.session(session.id.clone(), later).await.unwrap().unwrap();
    assert_eq!((used.last_active_at, used.updated_at), (later, NOW));
    let ada = store.user(session.user_id.clone()).await.unwrap().unwrap();
    assert_eq!((ada.last_active_at, ada.last_sign_in_at), (Some(later), Some(NOW)));

    assert_eq!(refresh(&other.session.id, &session.user_id, &token, later).await, None, "another session");
    assert_eq!(refresh(&session.id, SEED_USERS[1].id, &token, later).await, None, "another user");
    assert_eq!(refresh(&session.id, &session.user_id, &other.refresh_token.unwrap(), later).await, None);
    assert_eq!(refresh(&session.id, &session.user_id, &"".into(), later).await, None);

    let renewed = store.renew_session(client_token.clone(), later).await.unwrap().unwrap().refresh_token.unwrap();
    assert_eq!(refresh(&session.id, &session.user_id, &token, later).await, None, "the one before a handshake");
    assert!(refresh(&session.id, &session.user_id, &renewed, later).await.is_some());
    assert_eq!(refresh(&session.id, &session.user_id, &renewed, session.expire_at).await, None, "after its end");
    store.end_all_sessions(client_token, later).await.unwrap();
    assert_eq!(refresh(&session.id, &session.user_id, &renewed, later).await, None, "after signing out");
}

#[tokio::test]
async fn a_handshake_is_collected_once_and_in_time() {
    let (store, _) = File::new().open();
    let directives = vec!["a=b".to_owned()];
    let nonce = store.keep_handshake(directives.clone(), NOW).await.unwrap();
    assert_eq!(store.take_handshake(nonce.clone(), NOW).await.unwrap(), Some(directives.clone()));
    assert_eq!(store.take_handshake(nonce, NOW).await.unwrap(), None);
    let nonce = store.keep_handshake(directives, NOW).await.unwrap();
    assert_eq!(store.take_handshake(nonce, NOW + Duration::from_secs(60)).await.unwrap(), None);
}

#[tokio::test]
async fn an_email_address_belongs_to_one_user() {
    let (store, _) = File::new().open();
    let user = NewUser { email: "ada@example.com".to_owned(), ..NewUser::default() };
    assert!(matches!(store.create_user(user, NOW).await, Err(CreateUserError::EmailTaken)));
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let file = File::new();
    drop(file.open());
    let connection = Connection::open(&file.path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error =
        Store::open(Some(&file.path), &Seed::default(), NOW, &PasswordHasher::default()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("schema 99"), "{error}");
}

/// A file as version 1 of the schema had it, with one user, whose session is called `sess_1`.
fn write_version_1(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(include_str!("schema_1.sql")).unwrap();
    let (_, key) = SigningKey::generate().unwrap();
    connection.execute("INSERT INTO instance VALUES (1, 'ins_1', ?1, 'sk_test_1', 1)", [key]).unwrap();
    connection
        .execute_batch(
            "INSERT INTO users VALUES ('user_1', 'Ada', '', 'hash', '{\"role\":\"admin\"}', 0, 1000, 2000);
             INSERT INTO users VALUES ('user_2', '', '', 'hash', '{}', 0, 1000, 1000);
             INSERT INTO email_addresses VALUES ('idn_1', 'user_1', 'ada@example.com', 1000);
             INSERT INTO clients VALUES ('client_1', x'00', 1, 1);
             INSERT INTO sessions VALUES ('sess_0', 'client_1', 'user_1', 'replaced', 3000, 2000000000);
             INSERT INTO sessions VALUES ('sess_1', 'client_1', 'user_1', 'active', 4000, 2000000000);",
        )
        .unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
}

#[tokio::test]
async fn a_file_of_version_1_becomes_one_of_version_2() {
    let file = File::new();
    write_version_1(&file.path);
    let (store, identity) = file.open();
    assert_eq!(identity.instance_id, "ins_1");
    let ada = store.user("user_1".to_owned()).await.unwrap().unwrap();
    assert_eq!((ada.first_name.as_deref(), ada.email_addresses[0].id.as_str()), (Some("Ada"), "idn_1"));
    assert_eq!(ada.public_metadata["role"], "admin");
    assert_eq!(ada.last_name, None);
    assert!(ada.private_metadata.is_empty() && ada.unsafe_metadata.is_empty());
    let last = Some(Duration::from_secs(4));
    assert_eq!((ada.last_sign_in_at, ada.last_active_at, ada.updated_at), (last, last, Duration::from_secs(2)));
    let other = store.user("user_2".to_owned()).await.unwrap().unwrap();
    assert_eq!((other.last_sign_in_at, other.last_active_at), (None, None), "never signed in");

    let (session, _) = store.usable_session("sess_1".to_owned(), NOW).await.unwrap().unwrap();
    assert_eq!((session.updated_at, session.last_active_at), (Duration::from_secs(4), Duration::from_secs(4)));
    let refreshed = store.refresh_session("sess_1".to_owned(), "user_1".to_owned(), "".into(), NOW).await.unwrap();
    assert!(refreshed.is_none(), "a session from before has no refresh token");
    assert!(store.jwt_template_by_name("supabase".to_owned()).await.unwrap().is_some());
}

#[tokio::test]
async fn the_seeded_template_can_be_deleted_for_good() {
    let file = File::new();
    let (store, _) = file.open();
    let template = store.jwt_template_by_name("supabase".to_owned()).await.unwrap().unwrap();
    assert!(store.delete_jwt_template(template.id).await.unwrap());
    drop(store);
    let (store, _) = file.open();
    assert!(store.jwt_template_by_name("supabase".to_owned()).await.unwrap().is_none());
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let file = File::new();
    drop(file.open());
    let mode = std::fs::metadata(&file.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn the_disk_is_waited_for_when_the_file_is_made_and_not_with_every_call() {
    let (store, _) = File::new().open();
    let connection = store.connection.lock().unwrap();
    let setting = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    const NORMAL: i64 = 1;
    assert_eq!(setting("synchronous"), NORMAL);
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal", "without it, this is not enough for a file that stays whole");
}
