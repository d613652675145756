//! Who shares a key set, and where it is fetched.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::*;
use crate::{
    jwt::{
        Algorithm,
        key_set::test_server::{TestServer, jwks},
        public_key_from_pem,
    },
    testing::TestKey,
};

const ISSUER: &str = "https://a.example";

fn server() -> KeyServer {
    Url::parse("http://127.0.0.1:9/jwks").unwrap().into()
}

#[test]
fn only_who_says_the_same_of_an_issuers_keys_shares_them() {
    let sets = KeySets::new(HashMap::new());
    let set = |issuer: &str, server: &KeyServer| sets.at(issuer, server).unwrap();
    let first = set(ISSUER, &server());
    assert!(Arc::ptr_eq(&first, &set(ISSUER, &server())));
    assert!(!Arc::ptr_eq(&first, &set("https://b.example", &server())), "never mixed, wherever they are");
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-key"), HeaderValue::from_static("1"))]);
    for other in [
        KeyServer { url: Url::parse("http://127.0.0.1:9/other").unwrap(), ..server() },
        KeyServer { secret: Some("secret".into()), ..server() },
        KeyServer { headers, ..server() },
        KeyServer { algorithms: vec![Algorithm::Rs512], ..server() },
    ] {
        let own = set(ISSUER, &other);
        assert!(!Arc::ptr_eq(&first, &own), "{other:?}");
        assert!(Arc::ptr_eq(&own, &set(ISSUER, &other)), "{other:?}");
    }
    let by_issuer = sets.of(ISSUER).unwrap();
    assert!(!Arc::ptr_eq(&first, &by_issuer) && Arc::ptr_eq(&by_issuer, &sets.of(ISSUER).unwrap()));
    assert!(!Arc::ptr_eq(&by_issuer, &sets.of("https://b.example").unwrap()));
}

/// Whether a set has this key, fetched or given.
async fn has(set: &KeySet, kid: &str) -> bool {
    set.key(Some(kid), Duration::from_secs(1_000_000)).await.is_ok()
}

#[tokio::test]
async fn the_program_itself_says_where_an_issuers_keys_are() {
    let keys = TestServer::start(&["one"]).await;
    let given = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
    let sets = KeySets::new(HashMap::from([
        (ISSUER.to_owned(), KeySource::Server(Box::new(keys.url.clone().into()))),
        ("https://given.example".to_owned(), KeySource::Key(given)),
    ]));
    for (issuer, visits) in [(ISSUER, 2), ("https://given.example", 2)] {
        assert!(has(&sets.of(issuer).unwrap(), "one").await, "{issuer}");
        assert!(has(&sets.at(issuer, &server()).unwrap(), "one").await, "{issuer}: the policy's address is not asked");
        assert_eq!(keys.visits(), visits, "{issuer}");
    }
}

#[tokio::test]
async fn an_issuer_of_whom_nothing_is_said_publishes_its_keys_itself() {
    let keys = TestServer::start(&["one"]).await;
    let issuer = keys.url.as_str().trim_end_matches("/jwks");
    let sets = KeySets::new(HashMap::new());
    assert!(has(&sets.of(issuer).unwrap(), "one").await);
    assert!(has(&sets.at("any", &keys.url.clone().into()).unwrap(), "one").await);
    assert!(matches!(KeySets::new(HashMap::new()).of("any"), Err(KeySetsError::Url(_))));
}

#[tokio::test]
async fn every_set_is_refreshed_and_reported_by_issuer() {
    let keys = TestServer::start(&["one"]).await;
    let sets = KeySets::new(HashMap::new());
    let _used =
        ["https://b.example", "https://a.example"].map(|issuer| sets.at(issuer, &keys.url.clone().into()).unwrap());
    let now = Duration::from_secs(1_000_000);
    let ready = || sets.status(now).into_iter().map(|(issuer, status)| (issuer, status.ready)).collect::<Vec<_>>();
    let both = |ready: bool| ["https://a.example", "https://b.example"].map(|issuer| (issuer.to_owned(), ready));
    assert_eq!(ready(), both(false));
    sets.refresh(now);
    let refreshed = async {
        while ready() != both(true) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refreshed).await.unwrap();
    assert_eq!(keys.visits(), 2);
}

#[test]
fn a_set_counts_for_as_long_as_somebody_verifies_with_it() {
    let sets = KeySets::new(HashMap::new());
    let (one, two) = (sets.of("https://one.example").unwrap(), sets.of("https://two.example").unwrap());
    assert!(Arc::ptr_eq(&one, &sets.of("https://one.example").unwrap()) && !Arc::ptr_eq(&one, &two));
    drop(one);
    let issuers: Vec<String> = sets.status(Duration::ZERO).into_iter().map(|(issuer, _)| issuer).collect();
    assert_eq!(issuers, ["https://two.example"]);
    let _three = sets.of("https://three.example").unwrap();
    assert_eq!(sets.sets.lock().unwrap().len(), 2, "what nobody uses takes no room");
}

#[tokio::test]
async fn whoever_sets_a_pace_has_a_set_that_keeps_it() {
    let keys = TestServer::start(&["one"]).await;
    let issuer = keys.url.as_str().trim_end_matches("/jwks");
    let sets = KeySets::new(HashMap::new());
    let usual = sets.with_times(issuer, KeyTimes::default()).unwrap();
    assert!(Arc::ptr_eq(&usual, &sets.of(issuer).unwrap()));
    let times = KeyTimes { refresh: Duration::from_secs(20), stale: Duration::from_secs(40), ..KeyTimes::default() };
    let quick = sets.with_times(issuer, times).unwrap();
    assert!(!Arc::ptr_eq(&usual, &quick) && Arc::ptr_eq(&quick, &sets.with_times(issuer, times).unwrap()));
    for (set, ready) in [(usual, true), (quick, false)] {
        assert!(has(&set, "one").await);
        assert_eq!(set.status(Duration::from_secs(1_000_040)).ready, ready);
    }
}

#[tokio::test]
async fn keys_are_fetched_again_while_nobody_asks_for_any() {
    let server = TestServer::start(&["one", "two"]).await;
    let sets = Arc::new(KeySets::new(HashMap::new()));
    let set = sets.at(ISSUER, &server.url.clone().into()).unwrap();
    let time = Arc::new(AtomicU64::new(1_000_000));
    let clock: Clock = {
        let time = Arc::clone(&time);
        Arc::new(move || Duration::from_secs(time.load(Ordering::SeqCst)))
    };
    let task = tokio::spawn(sets.keep_fresh(Arc::clone(&clock)));
    let fresh = async |visits: usize| {
        let waiting = async {
            while server.visits() < visits || set.status(clock()).age != Some(Duration::ZERO) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    };
    fresh(1).await;
    server.answers(200, jwks(&["two"]));
    time.fetch_add(300, Ordering::SeqCst);
    fresh(2).await;
    let withdrawn = set.key(Some("one"), clock()).await.unwrap_err();
    assert_eq!(withdrawn, super::super::TokenError::UnknownKey, "it is refused at once");
    drop((sets, set));
    tokio::time::timeout(Duration::from_secs(10), task).await.unwrap().unwrap();
}
