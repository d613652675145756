//! What is counted and timed of requests. Labels are names from the project and words from closed lists: nothing that a
//! client writes ever becomes one. Whatever the project decides is registered when it is loaded, so that a request only
//! adds to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use axum::http::{Method, StatusCode};
use metrics::{
    Counter, Histogram, SharedString, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::jwt::{FetchCounts, KeySets};

/// The route of requests that no route is for: unknown paths, preflights, the gateway's own routes.
const NO_ROUTE: &str = "none";
/// The reason of a token that was not refused.
const NO_REASON: &str = "none";

/// Says what each number means.
pub fn describe() {
    describe_counter!("gateway_requests_total", "Requests by route, method and status of the answer");
    describe_histogram!("gateway_request_seconds", "Time until the head of the answer, by route");
    describe_histogram!("gateway_policy_seconds", "Time in each policy");
    describe_counter!("gateway_jwt_total", "Tokens by policy, what became of them, and why");
    describe_counter!("gateway_jwt_cache_total", "Good tokens whose signature was verified before (hit) or now (miss)");
    describe_gauge!("gateway_jwks_age_seconds", "Time since an issuer's keys were fetched");
    describe_gauge!("gateway_jwks_keys", "Keys that are held of an issuer");
    describe_counter!("gateway_jwks_fetch_total", "Fetches of an issuer's keys by result");
    describe_counter!("gateway_jwks_unknown_kid_total", "Tokens with an unknown key id, by what was done about it");
    describe_counter!("gateway_not_counted_total", "Requests that could not be counted for a limit");
}

/// Counts and times the requests of one route.
pub struct RequestMeter {
    route: SharedString,
    seconds: Histogram,
    /// How it was answered the first time, which is how it is answered most of the time.
    first: OnceLock<(Answered, Counter)>,
    others: ArcSwap<Vec<(Answered, Counter)>>,
}

type Answered = (&'static str, StatusCode);

impl RequestMeter {
    /// For the route that the project calls `path`.
    pub fn of_route(path: &str) -> Self {
        Self::new(Arc::<str>::from(path).into())
    }

    /// For requests that no route is for.
    pub fn of_no_route() -> Self {
        Self::new(SharedString::const_str(NO_ROUTE))
    }

    fn new(route: SharedString) -> Self {
        let seconds = histogram!("gateway_request_seconds", "route" => route.clone());
        Self { route, seconds, first: OnceLock::new(), others: ArcSwap::default() }
    }

    /// Counts a request that was answered with `status` after `time`.
    pub fn count(&self, method: &Method, status: StatusCode, time: Duration) {
        self.seconds.record(time);
        let answered = (method_label(method), status);
        let (first, counter) = self.first.get_or_init(|| (answered, self.register(answered)));
        if *first == answered {
            return counter.increment(1);
        }
        let known = self.others.load();
        if let Some((_, counter)) = known.iter().find(|(known, _)| *known == answered) {
            return counter.increment(1);
        }
        let counter = self.register(answered);
        counter.increment(1);
        self.others.rcu(|known| [known.as_slice(), &[(answered, counter.clone())]].concat());
    }

    fn register(&self, (method, status): Answered) -> Counter {
        let status = status.as_str().to_owned();
        counter!("gateway_requests_total", "route" => self.route.clone(), "method" => method, "status" => status)
    }
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Times one policy.
pub fn policy_seconds(name: &Arc<str>) -> Histogram {
    histogram!("gateway_policy_seconds", "policy" => Arc::clone(name))
}

/// Counts the tokens of one policy.
pub struct TokenMeter {
    policy: Arc<str>,
    accepted: Counter,
    verified_before: Counter,
    verified_now: Counter,
}

impl TokenMeter {
    /// For the policy of this name.
    pub fn new(policy: &str) -> Self {
        let policy = Arc::from(policy);
        Self {
            accepted: tokens(&policy, "accepted", NO_REASON),
            verified_before: counter!("gateway_jwt_cache_total", "result" => "hit"),
            verified_now: counter!("gateway_jwt_cache_total", "result" => "miss"),
            policy,
        }
    }

    /// A token was good; its signature was verified before, or now.
    pub fn accepted(&self, before: bool) {
        self.accepted.increment(1);
        if before { self.verified_before.increment(1) } else { self.verified_now.increment(1) }
    }

    /// A request was refused for its token, or for the lack of one.
    pub fn refused(&self, reason: &'static str) {
        tokens(&self.policy, "refused", reason).increment(1);
    }

    /// A request passed without a good token, because the project says so.
    pub fn let_pass(&self, reason: &'static str) {
        tokens(&self.policy, "let_pass", reason).increment(1);
    }
}

fn tokens(policy: &Arc<str>, result: &'static str, reason: &'static str) -> Counter {
    counter!("gateway_jwt_total", "policy" => Arc::clone(policy), "result" => result, "reason" => reason)
}

/// What there is of one issuer's keys, in however many sets.
#[derive(Default)]
struct IssuerKeys {
    age: Option<Duration>,
    keys: usize,
    counts: FetchCounts,
}

/// Publishes how every issuer's keys are at the time `now`. For whoever is about to read the numbers.
#[expect(clippy::cast_precision_loss, reason = "nobody has that many keys")]
pub fn publish_key_sets(key_sets: &KeySets, now: Duration) {
    let mut issuers: BTreeMap<String, IssuerKeys> = BTreeMap::new();
    for (issuer, status) in key_sets.status(now) {
        let known = issuers.entry(issuer).or_default();
        known.age = known.age.max(status.age);
        known.keys += status.keys;
        known.counts = known.counts + status.counts;
    }
    for (issuer, IssuerKeys { age, keys, counts }) in issuers {
        let issuer: Arc<str> = issuer.into();
        if let Some(age) = age {
            gauge!("gateway_jwks_age_seconds", "issuer" => Arc::clone(&issuer)).set(age);
        }
        gauge!("gateway_jwks_keys", "issuer" => Arc::clone(&issuer)).set(keys as f64);
        for (result, count) in [("ok", counts.fetched), ("failed", counts.failed)] {
            counter!("gateway_jwks_fetch_total", "issuer" => Arc::clone(&issuer), "result" => result).absolute(count);
        }
        for (action, count) in [
            ("fetched", counts.unknown_fetched),
            ("waited", counts.unknown_waited),
            ("refused", counts.unknown_refused),
        ] {
            counter!("gateway_jwks_unknown_kid_total", "issuer" => Arc::clone(&issuer), "action" => action)
                .absolute(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn nothing_that_a_client_writes_becomes_a_label() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let text = metrics::with_local_recorder(&recorder, || {
            let (route, none) = (RequestMeter::of_route("/users/{id}"), RequestMeter::of_no_route());
            let time = Duration::from_millis(3);
            route.count(&Method::GET, StatusCode::OK, time);
            route.count(&Method::GET, StatusCode::OK, time);
            route.count(&Method::GET, StatusCode::NOT_FOUND, time);
            none.count(&Method::from_bytes(b"BREW").unwrap(), StatusCode::NOT_IMPLEMENTED, time);
            recorder.handle().render()
        });
        for line in [
            r#"gateway_requests_total{route="/users/{id}",method="GET",status="200"} 2"#,
            r#"gateway_requests_total{route="/users/{id}",method="GET",status="404"} 1"#,
            r#"gateway_requests_total{route="none",method="other",status="501"} 1"#,
            r#"gateway_request_seconds_count{route="/users/{id}"} 3"#,
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
        assert!(!text.contains("BREW"), "{text}");
    }

    #[test]
    fn tokens_are_counted_by_what_became_of_them() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let text = metrics::with_local_recorder(&recorder, || {
            let meter = TokenMeter::new("clerk");
            meter.accepted(false);
            meter.accepted(true);
            meter.accepted(true);
            meter.refused("expired");
            meter.let_pass("missing");
            recorder.handle().render()
        });
        for line in [
            r#"gateway_jwt_total{policy="clerk",result="accepted",reason="none"} 3"#,
            r#"gateway_jwt_total{policy="clerk",result="refused",reason="expired"} 1"#,
            r#"gateway_jwt_total{policy="clerk",result="let_pass",reason="missing"} 1"#,
            r#"gateway_jwt_cache_total{result="hit"} 2"#,
            r#"gateway_jwt_cache_total{result="miss"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
    }
}
