//! Who counts as one caller, and what a refusal says.

use serde_json::{Value, json};

use super::*;
use crate::gateway::{
    RateLimitIdentity, Registry, User,
    counters::{Added, Counted, CounterError, Period, Used},
    testing::{self, Applied, dependencies, inbound_with, request},
};

fn limit(options: &Value) -> Applied<Arc<dyn InboundPolicy>> {
    let mut dependencies = dependencies(&[]);
    let by_plan = |request: &Request, _: &Context| {
        let plan = request.headers().get("x-plan")?.to_str().ok()?;
        let requests_allowed = (plan == "large").then_some(3);
        Some(RateLimitIdentity { key: plan.to_owned(), requests_allowed, time_window_minutes: None })
    };
    dependencies.registry = Arc::new(Registry::default().rate_limit_key("./modules/plans", "byPlan", by_plan));
    inbound_with("rate-limit-inbound", options, &dependencies).unwrap()
}

/// How many of five requests pass.
async fn passing(policy: &mut Applied<Arc<dyn InboundPolicy>>, headers: &[(&str, &str)]) -> usize {
    let mut passed = 0;
    for _ in 0..5 {
        passed += usize::from(policy.status(request(headers)).await == 200);
    }
    passed
}

fn user(sub: &str) -> Option<User> {
    Some(User::new(sub, Value::Null))
}

#[tokio::test]
async fn a_user_counts_as_one_wherever_they_are() {
    let mut policy = limit(&json!({ "rateLimitBy": "user", "requestsAllowed": 2, "timeWindowMinutes": 1 }));
    policy.context.user = user("a");
    assert_eq!(passing(&mut policy, &[]).await, 2);
    policy.context.client_ip = Some([192, 0, 2, 1].into());
    assert_eq!(passing(&mut policy, &[]).await, 0);
    policy.context.user = user("b");
    assert_eq!(passing(&mut policy, &[]).await, 2);
    policy.context.user = None;
    assert_eq!(passing(&mut policy, &[]).await, 2, "unknown callers count by address");
    policy.context.arrival.now += Duration::from_secs(120);
    assert_eq!(passing(&mut policy, &[]).await, 2, "time passes");
}

#[tokio::test]
async fn an_address_counts_as_one_and_a_network_of_ipv6_too() {
    let mut policy = limit(&json!({ "rateLimitBy": "ip", "requestsAllowed": 2 }));
    for (address, expected) in [
        ("192.0.2.1", 2),
        ("192.0.2.1", 0),
        ("192.0.2.2", 2),
        ("2001:db8::1", 2),
        ("2001:db8::2", 0),
        ("2001:db8:0:1::1", 2),
    ] {
        policy.context.client_ip = Some(address.parse().unwrap());
        assert_eq!(passing(&mut policy, &[]).await, expected, "{address}");
    }
}

#[tokio::test]
async fn a_function_says_whom_a_request_counts_for() {
    let identifier = json!({ "module": "$import(./modules/plans)", "export": "byPlan" });
    let mut policy = limit(&json!({ "rateLimitBy": "function", "requestsAllowed": 1, "identifier": identifier }));
    assert_eq!(passing(&mut policy, &[("x-plan", "small")]).await, 1);
    assert_eq!(passing(&mut policy, &[("x-plan", "large")]).await, 3);
    assert_eq!(passing(&mut policy, &[]).await, 5, "who has no key has no limit");
}

#[tokio::test]
async fn a_refusal_says_when_to_come_back() {
    for (mode, expected) in [("retry-after", "60"), ("none", "")] {
        let mut policy = limit(&json!({
            "rateLimitBy": "all", "requestsAllowed": 1, "timeWindowMinutes": 1, "headerMode": mode, "mode": "async",
        }));
        policy.context.arrival.now = Duration::from_millis(60_000_500);
        policy.passes(request(&[])).await;
        policy.context.arrival.now = Duration::from_millis(60_060_000);
        let refusal = policy.refuses(request(&[])).await;
        assert_eq!((refusal.status().as_u16(), refusal.header("retry-after")), (429, expected));
    }
}

struct Broken;

impl CounterStore for Broken {
    fn count<'a>(&'a self, _key: &'a str, _limit: Limit, _now: Duration) -> Counted<'a> {
        Box::pin(std::future::ready(Err(CounterError("gone".to_owned()))))
    }

    fn used<'a>(&'a self, _key: &'a str, _period: Period, _now: Duration) -> Used<'a> {
        Box::pin(std::future::ready(Err(CounterError("gone".to_owned()))))
    }

    fn add<'a>(&'a self, _key: &'a str, _period: Period, _now: Duration) -> Added<'a> {
        Box::pin(std::future::ready(Err(CounterError("gone".to_owned()))))
    }
}

#[tokio::test]
async fn without_counters_the_option_decides() {
    let mut dependencies = dependencies(&[]);
    dependencies.counters = Arc::new(Broken);
    for (closed, status) in [(false, 200), (true, 503)] {
        let options = json!({ "rateLimitBy": "all", "throwOnFailure": closed });
        let mut policy = inbound_with("rate-limit-inbound", &options, &dependencies).unwrap();
        assert_eq!(policy.status(request(&[])).await, status);
    }
    let options = json!({ "rateLimitBy": "all", "throwOnFailure": true });
    let refusal = inbound_with("rate-limit-inbound", &options, &dependencies).unwrap().refuses(request(&[])).await;
    assert_eq!(refusal.header("retry-after"), "2");
}

/// What the policies so far tell of what is left.
fn told(policy: &mut Applied<Arc<dyn InboundPolicy>>) -> [String; 3] {
    let headers = policy.context.answer_headers();
    [LIMIT, REMAINING, RESET]
        .map(|name| headers.get(name).map(|told| told.to_str().unwrap().to_owned()).unwrap_or_default())
}

#[tokio::test]
async fn what_is_left_is_told_where_it_is_asked_for() {
    let options = |requests: u64, mode: &str| json!({ "rateLimitBy": "all", "requestsAllowed": requests, "timeWindowMinutes": 1, "headerMode": mode });
    let mut policy = limit(&options(2, "rate-limit"));
    policy.context.arrival.now = Duration::from_secs(60_000);
    for expected in [["2", "1", "120"], ["2", "0", "120"], ["2", "0", "90"]] {
        let _either = policy.status(request(&[])).await;
        assert_eq!(told(&mut policy), expected);
    }
    for (requests, expected) in [(9, ["2", "0", "90"]), (1, ["1", "0", "120"])] {
        let mut other = limit(&options(requests, "rate-limit"));
        other.context.arrival.now = Duration::from_secs(60_000);
        *other.context.answer_headers() = policy.context.answer_headers().clone();
        other.passes(request(&[])).await;
        assert_eq!(told(&mut other), expected, "the limit with the least left is told");
    }
    let mut silent = limit(&options(2, "retry-after"));
    silent.passes(request(&[])).await;
    assert_eq!(told(&mut silent), ["", "", ""]);
}

#[test]
fn faults_are_named() {
    for (options, expected) in [
        (json!({ "rateLimitBy": "session" }), "at /rateLimitBy: expected one of `user`, `ip`, `function`, `all`"),
        (json!({ "rateLimitBy": "ip", "timeWindowMinutes": 0 }), "at /timeWindowMinutes: expected one minute or more"),
        (json!({ "rateLimitBy": "ip", "requestsAllowed": "many" }), "at /requestsAllowed: expected u64"),
        (json!({ "rateLimitBy": "function" }), "at /identifier: expected module and export"),
        (
            json!({ "rateLimitBy": "ip", "identifier": { "module": "x", "export": "y" } }),
            "at /identifier: expected no identifier",
        ),
        (
            json!({ "rateLimitBy": "function", "identifier": { "module": "$import(./modules/none)", "export": "x" } }),
            "at /identifier: expected a key function that is registered",
        ),
    ] {
        let error = testing::fault("rate-limit-inbound", &options);
        assert!(error.contains(expected), "{error}");
    }
}
