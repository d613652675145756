//! A key set against a real key server on loopback that can fail, change its keys and count its visitors.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use super::{
    test_server::{TestServer, jwks},
    *,
};
use crate::{
    jwt::fetch::usable_keys,
    testing::{TestKey, with},
};

/// After one failure.
const WAIT: Duration = Duration::from_secs(2);

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(1_000_000 + seconds)
}

async fn outcome(keys: &KeySet, kid: &str, now: Duration) -> &'static str {
    keys.key(Some(kid), now).await.map_or_else(|error| error.reason(), |_| "found")
}

/// Waits for what happens in the background.
async fn until(condition: impl Fn() -> bool) {
    let deadline = tokio::time::timeout(Duration::from_secs(10), async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    });
    deadline.await.expect("it happens");
}

#[tokio::test]
async fn keys_are_there_before_they_are_missed() {
    let server = TestServer::start(&["one"]).await;
    let keys = server.key_set();
    keys.refresh(at(0));
    until(|| keys.status(at(0)).ready).await;
    keys.refresh(at(299));
    assert_eq!(outcome(&keys, "one", at(299)).await, "found");
    assert_eq!(server.visits(), 1);
    keys.refresh(at(4000));
    until(|| keys.status(at(4000)).ready).await;
    assert_eq!(server.visits(), 2, "keys that went stale unused are fetched again, too");
}

#[tokio::test]
async fn a_server_that_hangs_builds_no_queue() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/jwks", listener.local_addr().unwrap())).unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let (counter, (hang_up, hung_up)) = (Arc::clone(&connections), tokio::sync::oneshot::channel::<()>());
    tokio::spawn(async move {
        let (_silent, _) = listener.accept().await.unwrap();
        counter.fetch_add(1, Ordering::SeqCst);
        let _told = hung_up.await;
        drop(_silent);
        while listener.accept().await.is_ok() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let keys = Arc::new(KeySet::remote(url.into()).unwrap());
    let ask = |seconds: u64| {
        let keys = Arc::clone(&keys);
        tokio::spawn(async move { outcome(&keys, "one", at(seconds)).await })
    };
    let waiting: Vec<_> = (0..50).map(ask).collect();
    until(|| connections.load(Ordering::SeqCst) == 1).await;
    hang_up.send(()).unwrap();
    for request in waiting {
        assert_eq!(request.await.unwrap(), "no_keys");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1, "whoever waited for a fetch does not begin another");
}

#[tokio::test]
async fn a_fetch_outlives_the_request_that_began_it() {
    let server = TestServer::start(&["one"]).await;
    let keys = server.key_set();
    assert_eq!(outcome(&keys, "one", at(0)).await, "found");
    server.answers(200, jwks(&["two"]));
    let request = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { outcome(&keys, "x", at(1)).await }
    });
    until(|| server.visits() == 2).await;
    request.abort();
    let _aborted = request.await;
    assert_eq!(outcome(&keys, "two", at(2)).await, "found");
}

#[tokio::test]
async fn a_thousand_first_requests_cause_one_fetch() {
    let server = TestServer::start(&["one"]).await;
    let keys = server.key_set();
    let requests: Vec<_> = (0..1000)
        .map(|_| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move { outcome(&keys, "one", at(0)).await })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), "found");
    }
    assert_eq!(server.visits(), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_at_once() {
    let server = TestServer::start(&["one"]).await;
    let keys = server.key_set();
    assert_eq!(outcome(&keys, "one", at(0)).await, "found");
    server.answers(200, jwks(&["two"]));
    assert_eq!(outcome(&keys, "two", at(1)).await, "found");
    assert_eq!(outcome(&keys, "one", at(1)).await, "unknown_key", "a withdrawn key ends with the fetch that misses it");
}

#[tokio::test]
async fn unknown_key_ids_cannot_storm_the_issuer() {
    let server = TestServer::start(&["one"]).await;
    let keys = server.key_set();
    assert_eq!(outcome(&keys, "one", at(0)).await, "found");
    for number in 0..10_000 {
        assert_eq!(outcome(&keys, &format!("kid-{number}"), at(1)).await, "unknown_key");
    }
    assert_eq!(server.visits(), 2);
    assert_eq!(outcome(&keys, "kid", at(10)).await, "unknown_key");
    assert_eq!(server.visits(), 2, "the cooldown is 10 s");
    assert_eq!(outcome(&keys, "kid", at(11)).await, "unknown_key");
    assert_eq!(server.visits(), 3);
    assert_eq!(outcome(&keys, "one", at(11)).await, "found");
}

#[tokio::test]
async fn without_keys_it_says_so_and_recovers() {
    let server = TestServer::start(&["one"]).await;
    server.answers(500, String::new());
    let keys = server.key_set();
    for _ in 0..100 {
        assert_eq!(outcome(&keys, "one", at(0)).await, "no_keys");
    }
    assert_eq!(server.visits(), 1, "failures are spaced, too");
    assert!(!keys.status(at(0)).ready);
    server.answers(200, jwks(&["one"]));
    assert_eq!(outcome(&keys, "one", at(1)).await, "no_keys");
    assert_eq!(outcome(&keys, "one", at(2)).await, "found");
    assert!(keys.status(at(2)).ready);
}

#[tokio::test]
async fn good_keys_outlive_a_bad_answer_for_an_hour() {
    for (status, body) in [(500, String::new()), (200, "{}".to_owned()), (200, jwks(&[])), (200, "x".repeat(70_000))] {
        let server = TestServer::start(&["one"]).await;
        let keys = server.key_set();
        assert_eq!(outcome(&keys, "one", at(0)).await, "found");
        server.answers(status, body);
        assert_eq!(outcome(&keys, "two", at(1)).await, "no_keys", "nobody can tell whether this key exists");
        assert_eq!(outcome(&keys, "one", at(3599)).await, "found");
        assert!(keys.status(at(3599)).error.is_some());
        assert_eq!(outcome(&keys, "one", at(3600)).await, "no_keys");
        assert!(!keys.status(at(3600)).ready);
    }
}

#[tokio::test]
async fn a_key_server_that_refuses_our_secret_is_told_apart() {
    for (status, expected) in [
        (401, TokenError::KeysRefused(WAIT)),
        (403, TokenError::KeysUnavailable(WAIT)),
        (500, TokenError::KeysUnavailable(WAIT)),
    ] {
        let server = TestServer::start(&["one"]).await;
        server.answers(status, String::new());
        assert_eq!(server.key_set().key(Some("one"), at(0)).await.unwrap_err(), expected, "{status}");
    }
}

#[tokio::test]
async fn a_key_set_may_have_64_kilobytes() {
    for (bytes, expected) in [(65_536, "found"), (65_537, "no_keys"), (200_000, "no_keys")] {
        let server = TestServer::start(&["one"]).await;
        let key_set = jwks(&["one"]);
        server.answers(200, format!("{key_set}{}", " ".repeat(bytes - key_set.len())));
        assert_eq!(outcome(&server.key_set(), "one", at(0)).await, expected, "{bytes}");
    }
}

#[tokio::test]
async fn a_key_server_that_sends_elsewhere_is_not_followed() {
    let server = TestServer::start(&["one"]).await;
    let keys = KeySet::remote(server.url.join("/moved").unwrap().into()).unwrap();
    assert_eq!(outcome(&keys, "one", at(0)).await, "no_keys");
    assert_eq!((server.visits(), keys.status(at(0)).error.unwrap()), (0, "the key server answered 302".to_owned()));
}

#[tokio::test]
async fn a_failure_is_told_with_its_cause_and_without_the_address() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = Url::parse(&format!("http://{closed}/secret-path")).unwrap();
    let keys = KeySet::remote(url.into()).unwrap();
    assert_eq!(outcome(&keys, "one", at(0)).await, "no_keys");
    let error = keys.status(at(0)).error.unwrap().to_lowercase();
    assert!(error.starts_with("the key server cannot be reached: ") && error.contains("refused"), "{error}");
    assert!(!error.contains("secret-path"), "{error}");
}

#[tokio::test]
async fn old_keys_are_refreshed_behind_the_request() {
    let server = TestServer::start(&["one"]).await;
    let keys = server.key_set();
    assert_eq!(outcome(&keys, "one", at(0)).await, "found");
    assert_eq!(outcome(&keys, "one", at(299)).await, "found");
    assert_eq!(server.visits(), 1);
    assert_eq!(outcome(&keys, "one", at(300)).await, "found");
    until(|| keys.status(at(300)).age == Some(Duration::ZERO)).await;
    assert_eq!(server.visits(), 2);
}

#[tokio::test]
async fn a_token_without_a_key_id_fits_no_published_key() {
    let server = TestServer::start(&["one"]).await;
    let keys = server.key_set();
    for seconds in [0, 100] {
        assert_eq!(keys.key(None, at(seconds)).await.unwrap_err(), TokenError::UnknownKey);
        assert_eq!(server.visits(), 1, "of keys that are there it is known that none is meant");
    }
}

/// A key set whose keys have no ids.
fn nameless(names: &[&str]) -> String {
    let keys: Vec<_> = names.iter().map(|name| with(TestKey::named(name).jwk(), "kid", json!(null))).collect();
    json!({ "keys": keys }).to_string()
}

#[tokio::test]
async fn the_only_key_without_an_id_is_for_tokens_that_name_none() {
    let server = TestServer::start(&["one"]).await;
    server.answers(200, nameless(&["one"]));
    let keys = server.key_set();
    let generation = keys.key(None, at(0)).await.unwrap().generation;
    assert_eq!((server.visits(), keys.status(at(0)).keys), (1, 1));
    for kid in ["one", ""] {
        assert_eq!(outcome(&keys, kid, at(1)).await, "unknown_key", "whoever names a key means another one: {kid}");
    }
    keys.refresh(at(400));
    until(|| keys.status(at(400)).age == Some(Duration::ZERO)).await;
    assert_eq!(keys.key(None, at(400)).await.unwrap().generation, generation, "it is the same key");
    server.answers(200, nameless(&["two"]));
    keys.refresh(at(800));
    until(|| keys.status(at(800)).age == Some(Duration::ZERO)).await;
    assert!(keys.key(None, at(800)).await.unwrap().generation > generation, "what the old key verified counts no more");
    server.answers(200, jwks(&["one"]));
    keys.refresh(at(1200));
    until(|| keys.status(at(1200)).age == Some(Duration::ZERO)).await;
    assert_eq!(keys.key(None, at(1200)).await.unwrap_err(), TokenError::UnknownKey);
    assert_eq!(outcome(&keys, "one", at(1200)).await, "found");
    let given = KeySet::from_jwks(nameless(&["one"]).as_bytes(), &[Algorithm::Rs256]).unwrap();
    assert!(given.key(None, at(0)).await.is_ok() && given.key(Some("one"), at(0)).await.is_err());
}

#[tokio::test]
async fn of_several_keys_one_without_an_id_is_nobodys() {
    let (named, other) = (TestKey::named("one").jwk(), with(TestKey::named("two").jwk(), "kid", json!(null)));
    let both = json!({ "keys": [named, other] }).to_string();
    let keys = KeySet::from_jwks(both.as_bytes(), &[Algorithm::Rs256]).unwrap();
    assert_eq!(keys.status(at(0)).keys, 1);
    assert_eq!(outcome(&keys, "one", at(0)).await, "found");
    assert_eq!(keys.key(None, at(0)).await.unwrap_err(), TokenError::UnknownKey);
    assert!(KeySet::from_jwks(nameless(&["one", "two"]).as_bytes(), &[Algorithm::Rs256]).is_none());
}

#[tokio::test]
async fn every_failure_in_a_row_lengthens_the_wait() {
    let server = TestServer::start(&["one"]).await;
    server.answers(500, String::new());
    let keys = server.key_set();
    for (now, visits, wait) in [(0, 1, 2), (1, 1, 1), (2, 2, 4), (5, 2, 1), (6, 3, 8), (13, 3, 1), (14, 4, 16)] {
        let error = keys.key(Some("one"), at(now)).await.unwrap_err();
        assert_eq!((server.visits(), error), (visits, TokenError::KeysUnavailable(Duration::from_secs(wait))), "{now}");
        assert_eq!(keys.status(at(now)).retry_in, Some(Duration::from_secs(wait)), "{now}");
    }
    assert_eq!(keys.status(at(1000)).retry_in, Some(Duration::ZERO));
    server.answers(200, jwks(&["one"]));
    assert_eq!(outcome(&keys, "one", at(30)).await, "found");
    assert_eq!(keys.status(at(30)).retry_in, None);
    server.answers(500, String::new());
    assert_eq!(
        keys.key(Some("two"), at(31)).await.unwrap_err(),
        TokenError::KeysUnavailable(WAIT),
        "one failure again"
    );
}

#[tokio::test]
async fn jitter_shortens_the_wait() {
    let server = TestServer::start(&["one"]).await;
    server.answers(500, String::new());
    let keys = KeySet::with_jitter(server.url.clone().into(), || 0.5).unwrap();
    let error = keys.key(Some("one"), at(0)).await.unwrap_err();
    assert_eq!(error, TokenError::KeysUnavailable(Duration::from_millis(1500)));
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_nobody_wait() {
    let server = TestServer::start(&["one"]).await;
    server.answers(500, String::new());
    let keys = server.key_set();
    assert_eq!(outcome(&keys, "one", at(1000)).await, "no_keys");
    assert_eq!(keys.status(at(0)).retry_in, Some(Duration::ZERO));
    server.answers(200, jwks(&["one"]));
    assert_eq!(outcome(&keys, "one", at(0)).await, "found");
}

#[test]
fn only_rs256_signing_keys_are_taken() {
    let good = TestKey::named("one").jwk();
    let change = |name: &str, value: serde_json::Value| with(good.clone(), name, value);
    for jwk in [
        good.clone(),
        change("alg", json!(null)),
        change("use", json!(null)),
        change("key_ops", json!(["sign", "verify"])),
        change("x5c", json!([])),
        change("kid", json!(null)),
    ] {
        assert!(usable_keys(json!({ "keys": [jwk] }).to_string().as_bytes(), &[Algorithm::Rs256]).is_ok(), "{jwk}");
    }
    for jwk in [
        change("kty", json!("EC")),
        change("alg", json!("RS512")),
        change("use", json!("enc")),
        change("key_ops", json!(["encrypt"])),
        change("key_ops", json!([])),
        change("key_ops", json!("verify")),
        change("kid", json!(5)),
        change("n", json!("AQAB")),
        change("n", json!("not base64!")),
        json!("rubbish"),
    ] {
        assert!(usable_keys(json!({ "keys": [jwk] }).to_string().as_bytes(), &[Algorithm::Rs256]).is_err(), "{jwk}");
    }
}

#[tokio::test]
async fn fetches_and_unknown_key_ids_are_counted() {
    let server = TestServer::start(&["one"]).await;
    let keys = server.key_set();
    assert_eq!(keys.status(at(0)).counts, FetchCounts::default());
    assert_eq!(outcome(&keys, "one", at(0)).await, "found");
    let first = FetchCounts { fetched: 1, ..FetchCounts::default() };
    assert_eq!(
        (keys.status(at(0)).counts, keys.status(at(0)).keys),
        (first, 1),
        "the first fetch is for no unknown key"
    );
    for (seconds, kid) in [(1, "two"), (2, "three"), (3, "two"), (12, "four")] {
        assert_eq!(outcome(&keys, kid, at(seconds)).await, "unknown_key");
    }
    let counts = FetchCounts { fetched: 3, unknown_fetched: 2, unknown_refused: 2, ..FetchCounts::default() };
    assert_eq!(keys.status(at(12)).counts, counts);
}

#[tokio::test]
async fn every_set_keeps_times_of_its_own() {
    let server = TestServer::start(&["one"]).await;
    let seconds = Duration::from_secs;
    let times = KeyTimes { refresh: seconds(20), stale: seconds(40), cooldown: seconds(3), ..KeyTimes::default() };
    let keys = KeySet::remote(KeyServer { times, ..server.url.clone().into() }).unwrap();
    assert_eq!(outcome(&keys, "one", at(0)).await, "found");
    for (now, visits) in [(1, 2), (3, 2), (4, 3)] {
        assert_eq!((outcome(&keys, "two", at(now)).await, server.visits()), ("unknown_key", visits), "{now}");
    }
    let fleeting = KeyTimes { stale: Duration::ZERO, ..times };
    let none = KeySet::remote(KeyServer { times: fleeting, ..server.url.clone().into() }).unwrap();
    assert_eq!(outcome(&none, "two", at(4)).await, "no_keys", "of keys that serve no time none is unknown");
    server.answers(500, String::new());
    assert_eq!(outcome(&keys, "one", at(43)).await, "found");
    assert_eq!(outcome(&keys, "one", at(44)).await, "no_keys", "40 seconds after the last answer");
}

#[tokio::test]
async fn given_keys_are_each_for_their_own_key_id() {
    let keys = KeySet::from_jwks(jwks(&["one", "two"]).as_bytes(), &[Algorithm::Rs256]).unwrap();
    for (kid, expected) in [("one", "found"), ("two", "found"), ("three", "unknown_key")] {
        assert_eq!(outcome(&keys, kid, at(0)).await, expected, "{kid}");
    }
    assert_eq!(keys.key(None, at(0)).await.unwrap_err(), TokenError::UnknownKey);
    let status = keys.status(at(1_000_000));
    assert_eq!((status.ready, status.age, status.keys), (true, None, 2), "they do not age");
    assert!(KeySet::from_jwks(jwks(&["one"]).as_bytes(), &[Algorithm::Es256]).is_none());
}
