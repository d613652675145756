//! The store, in a real file.

use std::path::PathBuf;

use super::{open::Identity, *};
use crate::{
    instance::{password::PasswordHasher, seed::SEED_USERS},
    testing::TempFolder,
};

const NOW: Duration = Duration::from_secs(1_000_000);

struct File {
    path: PathBuf,
    _folder: TempFolder,
}

impl File {
    fn new() -> Self {
        let folder = TempFolder::new();
        Self { path: folder.path().join("deep/instance.db"), _folder: folder }
    }

    fn open(&self) -> (Store, Identity) {
        Store::open(&self.path, NOW, &PasswordHasher::default()).unwrap()
    }
}

async fn sign_in(store: &Store, token: Option<&str>) -> (ActiveSession, String) {
    store.start_session(SEED_USERS[0].id.to_owned(), token.map(str::to_owned), NOW).await.unwrap()
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
    let ada = store.user_by_email("ada@example.com".to_owned()).await.unwrap().unwrap();
    assert_eq!(ada.id, SEED_USERS[0].id);
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
    assert!(store.revoke_session(active.session.id, later).await.unwrap());
    assert_eq!(session_of(&store, &token, later).await, None);
    assert!(!store.revoke_session("sess_unknown".to_owned(), later).await.unwrap());

    let (active, token) = sign_in(&store, None).await;
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    assert_eq!(session_of(&store, &token, NOW + week - Duration::from_secs(1)).await, Some(active.session.id));
    assert_eq!(session_of(&store, &token, NOW + week).await, None);
}

#[tokio::test]
async fn a_banned_user_has_no_session() {
    let (store, _) = File::new().open();
    let banned = SEED_USERS.iter().find(|user| user.banned).unwrap();
    let (_, token) = store.start_session(banned.id.to_owned(), None, NOW).await.unwrap();
    assert_eq!(session_of(&store, &token, NOW).await, None);
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
    let user = NewUser {
        first_name: String::new(),
        last_name: String::new(),
        email: "ada@example.com".to_owned(),
        password_hash: String::new(),
    };
    assert!(matches!(store.create_user(user, NOW).await, Err(CreateUserError::EmailTaken)));
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let file = File::new();
    drop(file.open());
    let connection = Connection::open(&file.path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Store::open(&file.path, NOW, &PasswordHasher::default()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("schema 99"), "{error}");
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
