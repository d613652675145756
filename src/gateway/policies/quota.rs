//! `quota-inbound`: so many requests in an hour, a day, a week or a month for each caller; what is beyond is 429. A
//! request counts once it is answered, by the status of the answer, so that requests under way at the same time may
//! exceed a quota by their number. One that its client gives up before there is an answer counts, too: it has cost the
//! upstream as much. A caller who sends nothing for a whole period begins anew.
//!
//! Options: `period` (required: `hourly`, `daily`, `weekly` or `monthly`), `quotaBy` (required: `user`, or `function` as
//! in `rate-limit-inbound`), `allowances` (required: `requests`), `quotaAnchorMode` (`first-api-call`, the default and
//! the only one), `quotaOnStatusCodes` (default `200-299`), `identifier` (`module` and `getQuotaDetailExport`, for
//! `function`). Which status an exhausted quota has is not documented; 429 is ours. While the counters cannot be had,
//! requests pass.

use std::{str::FromStr, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
};
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, Verdict, rate_limit::not_counted};
use crate::gateway::{
    context::{Context, Ending},
    counters::{CounterStore, Period},
    problem::Problem,
    project::{LoadError, Options},
    registry::{RateLimitKey, imported},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct QuotaOptions {
    period: Period,
    quota_by: By,
    allowances: Allowances,
    #[serde(rename = "quotaAnchorMode", default)]
    _anchor: Anchor,
    quota_on_status_codes: Option<String>,
    identifier: Option<Identifier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowances {
    requests: u64,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum By {
    User,
    Function,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Anchor {
    #[default]
    FirstApiCall,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Identifier {
    module: String,
    get_quota_detail_export: String,
}

/// Statuses such as `200-299, 304`.
struct Statuses(Vec<(u16, u16)>);

impl FromStr for Statuses {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Ok((first.trim().parse()?, last.trim().parse()?))
        };
        text.split(',').map(range).collect::<Result<_, _>>().map(Self)
    }
}

impl Statuses {
    fn hold(&self, status: StatusCode) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&status.as_u16()))
    }
}

struct Quota {
    name: String,
    /// None: the user.
    function: Option<Arc<RateLimitKey>>,
    period: Period,
    allowed: u64,
    statuses: Arc<Statuses>,
    counters: Arc<dyn CounterStore>,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: QuotaOptions = options.read()?;
    let statuses = read.quota_on_status_codes.as_deref().unwrap_or("200-299").parse();
    let function = match (read.quota_by, &read.identifier) {
        (By::User, None) => None,
        (By::User, Some(_)) => return Err(options.error("identifier", "no identifier unless `quotaBy` is `function`")),
        (By::Function, identifier) => {
            let found = identifier.as_ref().and_then(|identifier| {
                let module = imported(&identifier.module)?;
                site.dependencies.registry.key_function(module, &identifier.get_quota_detail_export)
            });
            Some(found.ok_or_else(|| options.error("identifier", "a key function that is registered"))?)
        }
    };
    Ok(Policy::inbound(Quota {
        name: site.name.to_owned(),
        function,
        period: read.period,
        allowed: read.allowances.requests,
        statuses: Arc::new(statuses.map_err(|_| options.error("quotaOnStatusCodes", "statuses such as 200-299, 304"))?),
        counters: Arc::clone(&site.dependencies.counters),
    }))
}

impl Quota {
    /// Whom the request counts for, and how many they may send; none for who has no quota.
    fn caller(&self, request: &Request, context: &Context) -> Option<(String, u64)> {
        let (key, allowed) = match &self.function {
            None => (context.counted_as()?, self.allowed),
            Some(function) => {
                let identity = function(request, context)?;
                (format!("key {}", identity.key), identity.requests_allowed.unwrap_or(self.allowed))
            }
        };
        Some((format!("{}: {key}", self.name), allowed))
    }

    /// Counts the request in the period that `began` then, once it is known how it ended.
    fn count_later(&self, key: String, began: Duration, context: &mut Context) {
        let (statuses, counters, period) = (Arc::clone(&self.statuses), Arc::clone(&self.counters), self.period);
        let name = self.name.clone();
        context.when_answered(move |ending| {
            Box::pin(async move {
                let counts = match ending {
                    Ending::Answered(status) => statuses.hold(status),
                    Ending::Abandoned => true,
                };
                if counts && let Err(error) = counters.add(&key, period, began).await {
                    not_counted(&name, &error);
                }
            })
        });
    }
}

fn exhausted(period: Period, began: Duration, now: Duration) -> Problem {
    let seconds = period.around(began, now).1.saturating_sub(now).as_secs().max(1);
    let detail = "The quota is used up. It begins anew with the next period.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "quota", detail)
        .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

impl InboundPolicy for Quota {
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async move {
            let Some((key, allowed)) = self.caller(&request, context) else { return Ok(request) };
            match self.counters.used(&key, self.period, context.arrival.now).await {
                Ok(usage) if usage.requests >= allowed => {
                    return Err(exhausted(self.period, usage.began, context.arrival.now).into());
                }
                Ok(usage) => self.count_later(key, usage.began, context),
                Err(error) => not_counted(&self.name, &error),
            }
            Ok(request)
        })
    }

    fn reads_user(&self) -> bool {
        self.function.is_none()
    }

    fn guards(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Response};
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::{
        User,
        testing::{Applied, fault, inbound, request},
    };

    fn policy() -> Applied<Arc<dyn InboundPolicy>> {
        let options = json!({ "period": "hourly", "quotaBy": "user", "allowances": { "requests": 2 }, "quotaOnStatusCodes": "200-299, 304" });
        let mut policy = inbound("quota-inbound", &options);
        policy.context.user = Some(User::new("a", Value::Null));
        policy
    }

    /// Sends a request that is answered with `status`, if it passes.
    async fn send(policy: &mut Applied<Arc<dyn InboundPolicy>>, status: u16) -> u16 {
        let outcome = policy.status(request(&[])).await;
        if outcome != 200 {
            return outcome;
        }
        let response = Response::builder().status(status).body(Body::empty()).unwrap();
        policy.context.answered(response).await;
        status
    }

    #[tokio::test]
    async fn answers_count_by_their_status_until_the_period_ends() {
        let mut policy = policy();
        for (answered, expected) in [(500, 500), (404, 404), (200, 200), (304, 304), (200, 429), (500, 429)] {
            assert_eq!(send(&mut policy, answered).await, expected);
        }
        policy.context.arrival.now += Duration::from_secs(600);
        assert_eq!(policy.refuses(request(&[])).await.header("retry-after"), "3000");
        policy.context.user = Some(User::new("b", Value::Null));
        assert_eq!(send(&mut policy, 200).await, 200, "somebody else");
        policy.context.user = Some(User::new("a", Value::Null));
        policy.context.arrival.now += Duration::from_secs(3000);
        assert_eq!(send(&mut policy, 200).await, 200, "the next hour");
    }

    #[tokio::test]
    async fn who_leaves_before_the_answer_is_counted_too() {
        let mut policy = policy();
        for _ in 0..2 {
            policy.passes(request(&[])).await;
            policy.context.hooks = Default::default();
            tokio::task::yield_now().await;
        }
        assert_eq!(policy.refuses(request(&[])).await.status(), 429);
    }

    #[test]
    fn faults_are_named() {
        let with = |name: &str, value: Value| {
            let mut options = json!({ "period": "daily", "quotaBy": "user", "allowances": { "requests": 1 } });
            options[name] = value;
            fault("quota-inbound", &options)
        };
        for (name, value, expected) in [
            ("period", json!("yearly"), "at /period: expected one of `hourly`"),
            ("quotaBy", json!("function"), "at /identifier: expected a key function that is registered"),
            ("quotaAnchorMode", json!("function"), "at /quotaAnchorMode: expected `first-api-call`"),
            ("quotaOnStatusCodes", json!("ok"), "at /quotaOnStatusCodes: expected statuses"),
            ("allowances", json!({ "kilobytes": 1 }), "at /allowances/kilobytes: expected `requests`"),
        ] {
            let error = with(name, value);
            assert!(error.contains(expected), "{error}");
        }
    }
}
