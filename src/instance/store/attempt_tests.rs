//! Attempts to sign in and up, as the store keeps them: what works for how long, and how often.

use std::convert::Infallible;

use super::{
    tests::{File, NOW},
    *,
};
use crate::instance::seed::SEED_USERS;

const ADA: &str = SEED_USERS[0].id;
const LOCKOUT: Lockout = Lockout { attempts: 2, duration: Duration::from_secs(60) };

/// Makes a call for a browser that is not known.
async fn call<T: Send + 'static>(
    store: &Store,
    now: Duration,
    work: impl FnOnce(&mut Call<'_>) -> rusqlite::Result<T> + Send + 'static,
) -> T {
    let finished = store.call(None, now, |call| work(call).map_err(CallError::<Infallible>::Sqlite)).await.unwrap();
    let Ok(outcome) = finished.outcome;
    outcome
}

fn after(seconds: u64) -> Duration {
    NOW + Duration::from_secs(seconds)
}

/// The code in the newest mail.
async fn sent(store: &Store) -> String {
    store.mails().await.unwrap().swap_remove(0).code.unwrap()
}

async fn check(store: &Store, owner: &'static str, code: &str, now: Duration) -> CodeCheck {
    let code = code.to_owned();
    call(store, now, move |call| call.check_code(owner, "email_code", &code)).await
}

#[tokio::test]
async fn a_code_works_for_ten_minutes_once_and_for_its_owner() {
    let (store, _) = File::new().open();
    let send = async |owner: &'static str, address: &'static str| {
        call(&store, NOW, move |call| call.send_code(owner, address, "email_code")).await;
        sent(&store).await
    };
    let code = send("sia_1", "ada@example.com").await;
    assert!(code.len() == 6 && code.chars().all(|character| character.is_ascii_digit()), "{code}");
    assert_eq!(check(&store, "sia_2", &code, NOW).await, CodeCheck::Expired, "another one waits for it");
    assert_eq!(check(&store, "sia_1", "", NOW).await, CodeCheck::Wrong);
    assert_eq!(check(&store, "sia_1", &code, after(599)).await, CodeCheck::Correct);
    assert_eq!(check(&store, "sia_1", &code, after(599)).await, CodeCheck::Expired, "used up");
    let code = send("sia_1", "ada@example.com").await;
    assert_eq!(check(&store, "sia_1", &code, after(600)).await, CodeCheck::Expired);
    // A new code for the same address replaces the one before, whoever waited for it.
    let code = send("sia_1", "ada@example.com").await;
    let newer = send("sia_2", "ada@example.com").await;
    assert_eq!(check(&store, "sia_1", &code, NOW).await, CodeCheck::Expired);
    assert_eq!(check(&store, "sia_2", &newer, NOW).await, CodeCheck::Correct);
}

#[tokio::test]
async fn what_is_kept_of_a_code_is_not_the_code() {
    let file = File::new();
    let (store, _) = file.open();
    call(&store, NOW, |call| call.send_code("sia_1", "ada@example.com", "email_code")).await;
    let code = sent(&store).await;
    let connection = Connection::open(&file.path).unwrap();
    let kept: Vec<u8> = connection.query_row("SELECT code_hash FROM email_codes", [], |row| row.get(0)).unwrap();
    assert_eq!(kept.len(), 32);
    assert_ne!(kept, crate::instance::ids::hash_secret(&code), "the same code of another owner has another hash");
}

#[tokio::test]
async fn the_outbox_keeps_the_newest() {
    let (store, _) = File::new().open();
    call(&store, NOW, |call| {
        (0..205).try_for_each(|number| call.send_code("sia_1", &format!("user{number}@example.com"), "email_code"))
    })
    .await;
    let mails = store.mails().await.unwrap();
    assert_eq!((mails.len(), mails[0].recipient.as_str()), (200, "user204@example.com"));
}

#[tokio::test]
async fn failures_in_a_row_lock_an_account_for_a_while() {
    let (store, _) = File::new().open();
    let fail = async |now| call(&store, now, |call| call.count_failure(ADA, LOCKOUT)).await;
    assert_eq!(fail(NOW).await, None);
    call(&store, NOW, |call| call.forget_failures(ADA)).await;
    assert_eq!(fail(NOW).await, None, "one that worked makes them forgotten");
    assert_eq!(fail(NOW).await, Some(Duration::from_secs(60)));
    assert_eq!(fail(after(20)).await, Some(Duration::from_secs(40)), "trying does not prolong it");
    assert_eq!(call(&store, after(59), |call| call.locked_for(ADA)).await, Some(Duration::from_secs(1)));
    assert_eq!(call(&store, after(60), |call| call.locked_for(ADA)).await, None);
    assert_eq!(fail(after(60)).await, None, "it counts from the start again");
    assert_eq!(fail(after(61)).await, Some(Duration::from_secs(60)));
}

#[tokio::test]
async fn a_password_that_changed_while_it_was_compared_lets_nobody_in() {
    let (store, _) = File::new().open();
    let hash = call(&store, NOW, |call| call.password_hash(ADA)).await.unwrap();
    let settle =
        async |correct| store.settle_attempt(ADA.to_owned(), hash.clone(), correct, LOCKOUT, NOW).await.unwrap();
    assert!(settle(true).await);
    assert!(!settle(false).await);
    call(&store, NOW, |call| call.set_password(ADA, "another hash")).await;
    assert!(!settle(true).await);
    assert!(call(&store, NOW, |call| call.locked_for(ADA)).await.is_some(), "both were failures");
}

#[tokio::test]
async fn a_sign_in_token_expires() {
    let (store, _) = File::new().open();
    let make = async || {
        let made = store.create_sign_in_token(ADA.to_owned(), Duration::from_secs(60), NOW).await.unwrap();
        secrecy::ExposeSecret::expose_secret(&made.unwrap().1).to_owned()
    };
    let (first, second) = (make().await, make().await);
    let redeem = async |token: String, now| {
        let used = call(&store, now, move |call| call.use_sign_in_token(&token)).await;
        used.map(|ticket| ticket.user_id)
    };
    assert_eq!(redeem(first.clone(), after(59)).await, Ok(ADA.to_owned()));
    assert_eq!(redeem(first, after(59)).await, Err(TicketError::Used));
    assert_eq!(redeem(second, after(60)).await, Err(TicketError::Expired));
}

#[tokio::test]
async fn a_sign_in_belongs_to_its_browser_and_is_forgotten_after_a_day() {
    let (store, _) = File::new().open();
    let begun = store
        .call(None, NOW, |call| call.begin_sign_in(None, None).map_err(CallError::<Infallible>::Sqlite))
        .await
        .unwrap();
    let (Ok(sign_in), CookieChange::Set(token)) = (begun.outcome, begun.cookies.client) else {
        panic!("no new browser")
    };
    let token = secrecy::ExposeSecret::expose_secret(&token).to_owned();
    let find = async |token: Option<String>, now| {
        let id = sign_in.id.clone();
        let work = move |call: &mut Call<'_>| call.sign_in(&id).map_err(CallError::<Infallible>::Sqlite);
        let Ok(found) = store.call(token, now, work).await.unwrap().outcome;
        found.is_some()
    };
    let day = 24 * 60 * 60;
    assert!(find(Some(token.clone()), after(day - 1)).await);
    assert!(!find(Some(token), after(day)).await);
    assert!(!find(None, NOW).await, "another browser's");
}
