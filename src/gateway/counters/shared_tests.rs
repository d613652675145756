//! Counts in a real Redis, step by step the same as in this process.

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use super::*;
use crate::{
    gateway::{Decision, MemoryCounters},
    testing::RedisServer,
};

const MINUTE: Duration = Duration::from_secs(60);

async fn connected(server: &RedisServer) -> RedisCounters {
    let counters = RedisCounters::connect(&server.url().into()).unwrap();
    while counters.0.connection.load().is_none() {
        tokio::task::yield_now().await;
    }
    counters
}

#[tokio::test]
async fn both_stores_decide_alike() {
    let server = RedisServer::start();
    let (shared, own) = (connected(&server).await, MemoryCounters::default());
    let steps = proptest::collection::vec((0_u64..40_000, 0_u64..3, 0_u64..20), 400);
    let steps = steps.new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let mut now = Duration::from_secs(1_000_000);
    for (step, caller, back) in steps {
        // Now and then the clock is set back, by seconds or by minutes.
        now = if back == 0 { now - Duration::from_millis(4 * step) } else { now + Duration::from_millis(step) };
        let (key, limit) = (caller.to_string(), Limit { requests: 2 + caller, window: MINUTE });
        assert_eq!(shared.count(&key, limit, now).await, own.count(&key, limit, now).await, "at {now:?}");
    }
}

#[tokio::test]
async fn quotas_are_counted_alike_too() {
    let server = RedisServer::start();
    let (shared, own) = (connected(&server).await, MemoryCounters::default());
    let mut now = Duration::from_secs(1_000_000);
    for step in [0, 1, 600, 3000, 7, 9000, 3599, 1] {
        now += Duration::from_secs(step);
        for store in [&shared as &dyn CounterStore, &own] {
            let usage = store.used("a", Period::Hourly, now).await.unwrap();
            store.add("a", Period::Hourly, usage.began).await.unwrap();
        }
        let usage = shared.used("a", Period::Hourly, now).await;
        assert_eq!(usage, own.used("a", Period::Hourly, now).await, "at {now:?}");
    }
    assert_eq!(shared.used("a", Period::Daily, now).await, Ok(Usage { requests: 0, began: now }));
}

#[tokio::test]
async fn requests_at_the_same_time_share_what_is_left() {
    let server = RedisServer::start();
    let stores = [connected(&server).await, connected(&server).await];
    let limit = Limit { requests: 10, window: MINUTE };
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move { store.count("a", limit, Duration::from_secs(600)).await })
        })
        .collect();
    let mut allowed = 0;
    for task in tasks {
        allowed += usize::from(matches!(task.await.unwrap(), Ok(Decision::Allowed { .. })));
    }
    assert_eq!(allowed, 10);
}

#[tokio::test]
async fn keys_end_by_themselves_and_name_nobody() {
    let server = RedisServer::start();
    let counters = connected(&server).await;
    let mut connection = counters.0.open().await.unwrap();
    counters.count("user ada", Limit { requests: 1, window: MINUTE }, Duration::from_secs(600)).await.unwrap();
    counters.add("user ada", Period::Hourly, Duration::from_secs(600)).await.unwrap();
    let mut keys: Vec<String> = cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    keys.sort();
    assert!(
        keys[0].starts_with("gatehouse:limit:60000:") && keys[1].starts_with("gatehouse:quota:hourly:"),
        "{keys:?}"
    );
    for (key, seconds) in keys.iter().zip([120, 7200]) {
        assert!(!key.contains("ada"));
        let left: i64 = cmd("TTL").arg(key).query_async(&mut connection).await.unwrap();
        assert!((seconds - 10..=seconds).contains(&left), "{left}");
    }
}

#[tokio::test]
async fn a_store_that_forgot_its_scripts_is_told_again() {
    let server = RedisServer::start();
    let counters = connected(&server).await;
    let limit = Limit { requests: 5, window: MINUTE };
    counters.count("a", limit, MINUTE).await.unwrap();
    cmd("SCRIPT").arg("FLUSH").exec_async(&mut counters.0.open().await.unwrap()).await.unwrap();
    assert!(matches!(counters.count("a", limit, MINUTE).await, Ok(Decision::Allowed { remaining: 3, .. })));
}

#[tokio::test]
async fn a_store_that_is_gone_counts_again_once_it_is_back() {
    let mut server = RedisServer::start();
    let counters = connected(&server).await;
    let limit = Limit { requests: 5, window: MINUTE };
    counters.count("a", limit, MINUTE).await.unwrap();
    server.kill();
    for _ in 0..3 {
        assert!(counters.count("a", limit, MINUTE).await.is_err());
    }
    assert!(counters.0.outage.is_on());
    server.restart();
    while counters.count("a", limit, MINUTE).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(!counters.0.outage.is_on());
}

#[tokio::test]
async fn nobody_waits_for_a_store_that_is_silent() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://:secret@{}", silent.local_addr().unwrap());
    let counters = RedisCounters::connect(&url.into()).unwrap();
    let limit = Limit { requests: 5, window: MINUTE };
    let error = counters.count("a", limit, MINUTE).await.unwrap_err();
    assert_eq!(error, CounterError("there is no connection".to_owned()));
}

#[tokio::test]
async fn a_store_without_tls_is_not_taken_for_one_with() {
    let server = RedisServer::start();
    let counters = RedisCounters::connect(&server.url().replace("redis://", "rediss://").into()).unwrap();
    assert!(counters.0.open().await.is_err_and(|error| error.is_io_error()));
}

#[tokio::test]
async fn what_is_no_url_is_not_repeated() {
    for url in ["http://:secret@127.0.0.1", "secret"] {
        let error = RedisCounters::connect(&url.into()).map(|_| ()).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
