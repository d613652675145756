//! `rate-limit-inbound`: so many requests in so much time for each caller; what is beyond is 429.
//!
//! Options: `rateLimitBy` (`user`, the default, `ip`, `function` or `all`), `requestsAllowed` (default 1000),
//! `timeWindowMinutes` (default 60), `identifier` (`module` and `export`, for `function`: see
//! [`Registry::rate_limit_key`](crate::gateway::Registry::rate_limit_key)), `headerMode` (`retry-after`, the default, or
//! `none`), `throwOnFailure` (default false: requests pass while the counters cannot be had), `mode` (`strict` or
//! `async`, which differ only for counters that are elsewhere).
//!
//! Ours to choose were: the window slides; what is refused does not count; an IPv6 client is its /64, which is what one
//! subscriber gets; a caller whom an optional authentication policy let pass unknown counts by address.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
};
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, Verdict};
use crate::gateway::{
    context::Context,
    counters::{CounterStore, Decision, Limit},
    problem::Problem,
    project::{LoadError, Options},
    registry::{RateLimitKey, imported},
};

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
    #[serde(rename = "mode", default)]
    _mode: Mode,
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
    None,
}

#[derive(Default, Deserialize)]
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
    says_when: bool,
    fails_closed: bool,
    counters: Arc<dyn CounterStore>,
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
        says_when: read.header_mode == HeaderMode::RetryAfter,
        fails_closed: read.throw_on_failure,
        counters: Arc::clone(&site.dependencies.counters),
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
            Key::User => context.user.as_ref().map_or_else(|| address(context), |user| format!("user {}", user.sub)),
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

    fn refusal(&self, retry_after: Duration) -> Problem {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit", "Too many requests. Try again later.");
        if !self.says_when {
            return problem;
        }
        let seconds = retry_after.as_millis().div_ceil(1000).max(1);
        problem.with_header(header::RETRY_AFTER, HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)))
    }
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
            match self.counters.count(&format!("{}: {key}", self.name), limit, context.arrival.now).await {
                Ok(Decision::Allowed) => Ok(request),
                Ok(Decision::Limited { retry_after }) => Err(self.refusal(retry_after).into()),
                Err(error) => {
                    tracing::warn!(gateway.request_id = %context.arrival.request_id, policy = self.name, %error, "cannot count");
                    if self.fails_closed {
                        let detail = "Requests cannot be counted now.";
                        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_counters", detail).into());
                    }
                    Ok(request)
                }
            }
        })
    }

    fn reads_user(&self) -> bool {
        matches!(self.key, Key::User)
    }
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
