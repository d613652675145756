//! Counts in a Redis or Valkey, which several gateways share. A request asks once: a script looks and counts in one step,
//! so that two gateways cannot both give the last request away.
//!
//! No request waits for a store that is not there. What fails, or takes longer than [`PATIENCE`], closes the connection;
//! from then on every question fails at once, while one task tries to connect again. The clocks of the gateways should
//! agree; what one is ahead of another by less than a window makes no count go away.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use redis::{AsyncConnectionConfig, Client, RedisResult, Script, aio::MultiplexedConnection, cmd};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{sleep, timeout};

use super::{
    Added, Counted, CounterError, CounterStore, Limit, Period, Usage, Used, outage::Outage,
    sliding_window::SlidingWindow,
};

/// For an answer: many times what a store nearby needs.
const PATIENCE: Duration = Duration::from_millis(200);
/// For a connection, TLS included. No request waits for it.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);

/// Counts in a store elsewhere. Clones share the connection, which is made again when it is lost.
#[derive(Clone)]
pub struct RedisCounters(Arc<Store>);

struct Store {
    client: Client,
    /// None while the store cannot be had.
    connection: ArcSwapOption<MultiplexedConnection>,
    count: Script,
    add: Script,
    outage: Outage,
}

impl RedisCounters {
    /// Counts in the store at `url` (`redis://` or `rediss://`, with user, password and database where there are any),
    /// which need not be there yet.
    ///
    /// # Errors
    /// When `url` is none of these.
    pub fn connect(url: &SecretString) -> Result<Self, CounterError> {
        // The library's own text may repeat the URL.
        let client =
            Client::open(url.expose_secret()).map_err(|_| CounterError("not the URL of a Redis".to_owned()))?;
        let store = Arc::new(Store {
            client,
            connection: ArcSwapOption::empty(),
            count: Script::new(include_str!("count.lua")),
            add: Script::new(include_str!("add.lua")),
            outage: Outage::default(),
        });
        tokio::spawn(keep_connecting(Arc::downgrade(&store)));
        Ok(Self(store))
    }
}

/// Connects, however long it takes, unless nobody needs the store any more.
async fn keep_connecting(store: Weak<Store>) {
    loop {
        {
            let Some(store) = store.upgrade() else { return };
            match store.open().await {
                Ok(connection) => {
                    store.connection.store(Some(Arc::new(connection)));
                    tracing::info!("connected to the shared counters");
                    return;
                }
                Err(error) => store.outage.goes_on(&error),
            }
        }
        sleep(PAUSE).await;
    }
}

impl Store {
    async fn open(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_PATIENCE))
            .set_response_timeout(Some(CONNECT_PATIENCE));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        cmd("PING").exec_async(&mut connection).await?;
        Ok(connection)
    }

    /// What the store answers to `question`.
    async fn ask<T>(
        self: &Arc<Self>,
        question: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, CounterError> {
        let Some(connection) = self.connection.load_full() else {
            return Err(CounterError("there is no connection".to_owned()));
        };
        let cause = match timeout(PATIENCE, question(&mut connection.as_ref().clone())).await {
            Ok(Ok(answer)) => {
                self.outage.is_over();
                return Ok(answer);
            }
            Ok(Err(error)) => CounterError(error.to_string()),
            Err(_) => CounterError(format!("no answer within {PATIENCE:?}")),
        };
        self.outage.goes_on(&cause);
        // Of all requests that fail together, one connects again.
        let before = self.connection.compare_and_swap(&Some(Arc::clone(&connection)), None);
        if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, &connection)) {
            let store = Arc::downgrade(self);
            tokio::spawn(async move {
                sleep(PAUSE).await;
                keep_connecting(store).await;
            });
        }
        Err(cause)
    }
}

/// Who is counted is nobody's to read, and a long key takes no more room.
fn name(kind: &str, key: &str, length: &str) -> String {
    let hash = digest(&SHA256, key.as_bytes());
    format!("gatehouse:{kind}:{length}:{}", URL_SAFE_NO_PAD.encode(hash))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The script's answer: whether it counted, and the window.
type CountAnswer = (u8, u64, u64, u64);
/// When the first period of a quota began, when the last one did, and what it counted.
type QuotaAnswer = (Option<u64>, Option<u64>, Option<u64>);

impl CounterStore for RedisCounters {
    fn count<'a>(&'a self, key: &'a str, limit: Limit, now: Duration) -> Counted<'a> {
        Box::pin(async move {
            let length = millis(limit.window).max(1);
            let name = name("limit", key, &length.to_string());
            let mut call = self.0.count.key(name);
            call.arg(length).arg(millis(now)).arg(limit.requests);
            let answer = self.0.ask(async |connection| call.invoke_async::<CountAnswer>(connection).await).await?;
            let (counted, index, last, this) = answer;
            Ok(SlidingWindow { index, last, this }.decision(counted == 1, limit, now))
        })
    }

    fn used<'a>(&'a self, key: &'a str, period: Period, now: Duration) -> Used<'a> {
        Box::pin(async move {
            let mut command = cmd("HMGET");
            command.arg(name("quota", key, period.name())).arg(&["anchor", "began", "requests"]);
            let (anchor, began, requests) =
                self.0.ask(async |connection| command.query_async::<QuotaAnswer>(connection).await).await?;
            let (Some(anchor), Some(began)) = (anchor, began) else { return Ok(Usage { requests: 0, began: now }) };
            let (current, _) = period.around(Duration::from_millis(anchor), now);
            let began = Duration::from_millis(began);
            if current > began {
                return Ok(Usage { requests: 0, began: current });
            }
            Ok(Usage { requests: requests.unwrap_or_default(), began })
        })
    }

    fn add<'a>(&'a self, key: &'a str, period: Period, began: Duration) -> Added<'a> {
        Box::pin(async move {
            let ends = period.around(began, began).1;
            let kept = period.around(ends, ends).1.saturating_sub(began);
            let mut call = self.0.add.key(name("quota", key, period.name()));
            call.arg(millis(began)).arg(millis(ends)).arg(millis(kept));
            self.0.ask(async |connection| call.invoke_async::<()>(connection).await).await
        })
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
