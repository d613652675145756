//! `rate-limit-inbound`: so many requests in so much time for each caller; what is beyond is 429.
//!
//! Options: `rateLimitBy` (`user`, the default, `ip`, `function` or `all`), `requestsAllowed` (default 1000),
//! `timeWindowMinutes` (default 60), `identifier` (`module` and `export`, for `function`: see
//! [`Registry::rate_limit_key`](crate::gateway::Registry::rate_limit_key)), `headerMode` (`retry-after`, the default,
//! `none`, or of our own `rate-limit`), `throwOnFailure` (default false: requests pass while the counters cannot be had;
//! true: they are 503), `mode` (`strict`, the default, or `async`: a request does not wait for counters that are
//! elsewhere; what they say counts from the next request on).
//!
//! `"headerMode": "rate-limit"` adds to every answer what is left: `RateLimit-Limit`, `RateLimit-Remaining` and
//! `RateLimit-Reset` (draft-ietf-httpapi-ratelimit-headers-07; seconds until all of the limit is there again, for a
//! refusal as many as `Retry-After`). Of several limits on a route, the one with the least left is told.
//!
//! Ours to choose were: the window slides; what is refused does not count; an IPv6 client is its /64, which is what one
//! subscriber gets; users of one name count together only if the same authority (an issuer, the API keys of a bucket, the
//! accounts) vouches for both; a caller whom an optional authentication policy let pass unknown counts by address.

use std::{future::poll_fn, net::IpAddr, sync::Arc, task::Poll, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};
use moka::sync::Cache;
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, Verdict};
use crate::gateway::{
    context::Context,
    counters::{CounterError, CounterStore, Decision, Limit},
    problem::Problem,
    project::{LoadError, Options},
    registry::{RateLimitKey, imported},
};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Counters that are elsewhere may be there again after this many seconds.
const RETRY_AFTER_SECONDS: u16 = 2;
/// So many callers are remembered who are over their limit, by policies that do not wait for the counters.
const REFUSED: u64 = 100_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RateLimitOptions {
    #[serde(default)]
    rate_limit_by: By,
    #[serde(default = "thousand")]
    requests_allowed: u64,
    #[serde(default = "hour")]
    time_window_minutes: u64,
    identifier: Option<Identifier>,
    #[serde(default)]
    header_mode: HeaderMode,
    #[serde(default)]
    throw_on_failure: bool,
    #[serde(default)]
    mode: Mode,
}

const fn thousand() -> u64 {
    1000
}

const fn hour() -> u64 {
    60
}

#[derive(Default, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    User,
    Ip,
    Function,
    All,
}

#[derive(Default, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum HeaderMode {
    #[default]
    RetryAfter,
    RateLimit,
    None,
}

#[derive(Default, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Strict,
    Async,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identifier {
    module: String,
    export: String,
}

enum Key {
    User,
    Ip,
    All,
    Function(Arc<RateLimitKey>),
}

struct RateLimit {
    name: String,
    key: Key,
    limit: Limit,
    headers: HeaderMode,
    fails_closed: bool,
    counters: Arc<dyn CounterStore>,
    /// Until when callers are over their limit, as far as a count that nobody waited for has told. None: all wait.
    refused: Option<Cache<String, Duration>>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: RateLimitOptions = options.read()?;
    if read.time_window_minutes == 0 {
        return Err(options.error("timeWindowMinutes", "one minute or more"));
    }
    let key = match (read.rate_limit_by, &read.identifier) {
        (By::Function, Some(identifier)) => {
            let registry = &site.dependencies.registry;
            let function =
                imported(&identifier.module).and_then(|module| registry.key_function(module, &identifier.export));
            Key::Function(function.ok_or_else(|| options.error("identifier", "a key function that is registered"))?)
        }
        (By::Function, None) => return Err(options.error("identifier", "module and export of a key function")),
        (_, Some(_)) => return Err(options.error("identifier", "no identifier unless `rateLimitBy` is `function`")),
        (By::User, None) => Key::User,
        (By::Ip, None) => Key::Ip,
        (By::All, None) => Key::All,
    };
    Ok(Policy::inbound(RateLimit {
        name: site.name.to_owned(),
        key,
        limit: Limit { requests: read.requests_allowed, window: minutes(read.time_window_minutes) },
        headers: read.header_mode,
        fails_closed: read.throw_on_failure,
        counters: Arc::clone(&site.dependencies.counters),
        refused: (read.mode == Mode::Async).then(|| Cache::new(REFUSED)),
    }))
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes.saturating_mul(60))
}

impl RateLimit {
    /// Whom the request counts for, and how much they may; none for who has no limit.
    fn caller(&self, request: &Request, context: &Context) -> Option<(String, Limit)> {
        let key = match &self.key {
            Key::All => "all".to_owned(),
            Key::Ip => address(context),
            Key::User => context.counted_as().unwrap_or_else(|| address(context)),
            Key::Function(function) => {
                let identity = function(request, context)?;
                let limit = Limit {
                    requests: identity.requests_allowed.unwrap_or(self.limit.requests),
                    window: identity.time_window_minutes.map_or(self.limit.window, minutes),
                };
                return Some((format!("key {}", identity.key), limit));
            }
        };
        Some((key, self.limit))
    }

    /// What the counters say; none if that is not waited for.
    async fn decide(&self, key: String, limit: Limit, now: Duration) -> Result<Option<Decision>, CounterError> {
        match &self.refused {
            None => self.counters.count(&key, limit, now).await.map(Some),
            Some(refused) => self.decide_at_once(refused, key, limit, now).await,
        }
    }

    /// Counters in this process answer at once. What others say is for the caller's next request.
    async fn decide_at_once(
        &self,
        refused: &Cache<String, Duration>,
        key: String,
        limit: Limit,
        now: Duration,
    ) -> Result<Option<Decision>, CounterError> {
        if let Some(until) = refused.get(&key).filter(|until| *until > now) {
            return Ok(Some(Decision::Limited { retry_after: until - now }));
        }
        let (counters, refused, policy) = (Arc::clone(&self.counters), refused.clone(), self.name.clone());
        let mut counting = Box::pin(async move {
            let decision = counters.count(&key, limit, now).await;
            if let Ok(Decision::Limited { retry_after }) = decision {
                refused.insert(key, now + retry_after);
            }
            decision
        });
        match poll_fn(|waker| Poll::Ready(counting.as_mut().poll(waker))).await {
            Poll::Ready(decision) => decision.map(Some),
            Poll::Pending => {
                tokio::spawn(async move { counting.await.map_err(|error| not_counted(&policy, &error)) });
                Ok(None)
            }
        }
    }

    fn refusal(&self, retry_after: Duration) -> Problem {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit", "Too many requests. Try again later.");
        if self.headers == HeaderMode::None {
            return problem;
        }
        problem.with_header(header::RETRY_AFTER, HeaderValue::from(seconds(retry_after)))
    }

    /// Tells the caller what is left, unless another limit has told of less.
    fn tell(&self, limit: Limit, decision: Decision, headers: &mut HeaderMap) {
        let (remaining, reset) = match decision {
            Decision::Allowed { remaining, reset } => (remaining, reset),
            Decision::Limited { retry_after } => (0, retry_after),
        };
        let told: Option<u64> = headers.get(REMAINING).and_then(|told| told.to_str().ok()?.parse().ok());
        if self.headers == HeaderMode::RateLimit && told.is_none_or(|told| remaining <= told) {
            headers.insert(LIMIT, HeaderValue::from(limit.requests));
            headers.insert(REMAINING, HeaderValue::from(remaining));
            headers.insert(RESET, HeaderValue::from(seconds(reset)));
        }
    }

    /// The refusal of a request that cannot be counted, if the option asks for one.
    fn without_counters(&self, error: &CounterError) -> Option<Problem> {
        not_counted(&self.name, error);
        let detail = "Requests cannot be counted now.";
        self.fails_closed.then(|| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_counters", detail)
                .with_header(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS))
        })
    }
}

/// In whole seconds, and never none.
fn seconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(1000).max(1)).unwrap_or(u64::MAX)
}

/// Notes a request that could not be counted. The store itself has told the log, once.
pub(super) fn not_counted(policy: &str, error: &CounterError) {
    metrics::counter!("gateway_not_counted_total", "policy" => policy.to_owned()).increment(1);
    tracing::debug!(policy, %error, "not counted");
}

fn address(context: &Context) -> String {
    match context.client_ip {
        Some(IpAddr::V6(address)) => format!("ip {:x?}/64", &address.segments()[..4]),
        Some(address) => format!("ip {address}"),
        None => "ip unknown".to_owned(),
    }
}

impl InboundPolicy for RateLimit {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async move {
            let Some((key, limit)) = self.caller(&request, context) else { return Ok(request) };
            match self.decide(format!("{}: {key}", self.name), limit, context.arrival.now).await {
                Ok(Some(decision)) => {
                    self.tell(limit, decision, context.answer_headers());
                    match decision {
                        Decision::Allowed { .. } => Ok(request),
                        Decision::Limited { retry_after } => Err(self.refusal(retry_after).into()),
                    }
                }
                Ok(None) => Ok(request),
                Err(error) => match self.without_counters(&error) {
                    Some(problem) => Err(problem.into()),
                    None => Ok(request),
                },
            }
        })
    }

    fn reads_user(&self) -> bool {
        matches!(self.key, Key::User)
    }

    fn guards(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
