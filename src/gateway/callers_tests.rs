//! Several policies that find out who the caller is, and several issuers, in one project: who counts as whom, and what an
//! upstream is told.

use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::{
    gateway::{
        api_keys::make_key,
        testing::{dependencies, project, request},
    },
    testing::{hs256, session_claims, with},
};

const SECRET: &str = "a secret of thirty-two characters";
const OTHER_SECRET: &str = "another secret of as many characters";
const ONE: &str = "https://one.example";
const TWO: &str = "https://two.example";

/// Says what a handler sees of the caller.
struct Echo;

impl Handler for Echo {
    fn handle<'a>(&'a self, request: Request, context: &'a mut Context) -> Answer<'a> {
        let sub = context.user.as_ref().map(|user| user.sub.clone());
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let seen = json!({ "sub": sub, "id": header("x-user-id"), "plan": header("x-plan") });
        Box::pin(std::future::ready(Ok(Response::new(Body::from(seen.to_string())))))
    }
}

fn policy(name: &str, policy_type: &str, export: &str, options: &Value) -> Value {
    let module = if policy_type == "acl-policy-inbound" { "./modules/acl-policy-inbound" } else { "@zuplo/runtime" };
    let module = format!("$import({module})");
    json!({ "name": name, "policyType": policy_type, "handler": { "export": export, "module": module, "options": options } })
}

fn open_id(name: &str, more: &Value) -> Value {
    let mut options = json!({ "acceptAnyAudience": true, "allowUnauthenticatedRequests": true });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    policy(name, "open-id-jwt-auth-inbound", "OpenIdJwtInboundPolicy", &options)
}

fn policies() -> Value {
    let first = json!({ "issuer": ONE, "secret": SECRET, "claimsToHeaders": { "sub": "x-user-id", "plan": "x-plan" } });
    let second = json!({
        "issuer": TWO, "secret": SECRET, "authHeader": "x-token", "claimsToHeaders": { "sub": "x-user-id" },
    });
    let several = json!({ "issuer": ONE, "secret": SECRET, "issuers": [{ "issuer": TWO, "secret": OTHER_SECRET, "acceptAnyAudience": true }] });
    let keys = json!({ "authHeader": "x-key", "authScheme": "", "allowUnauthenticatedRequests": true });
    let accounts =
        json!({ "accounts": [{ "username": "user_1", "password": "x" }], "allowUnauthenticatedRequests": true });
    let quota = json!({ "period": "daily", "quotaBy": "user", "allowances": { "requests": 1 } });
    json!([
        open_id("first", &first),
        open_id("second", &second),
        open_id("several", &several),
        open_id("single", &json!({ "issuer": ONE, "secret": SECRET })),
        policy("keys", "api-key-inbound", "ApiKeyInboundPolicy", &keys),
        policy("accounts", "basic-auth-inbound", "BasicAuthInboundPolicy", &accounts),
        policy(
            "limit",
            "rate-limit-inbound",
            "RateLimitInboundPolicy",
            &json!({ "rateLimitBy": "user", "requestsAllowed": 1 })
        ),
        policy("quota", "quota-inbound", "QuotaInboundPolicy", &quota),
        policy("acl", "acl-policy-inbound", "default", &json!({ "users": ["user_1"] })),
    ])
}

fn key() -> String {
    make_key([7; 24]).0
}

fn load(inbound: &[&str]) -> Gateway {
    let handler = json!({ "export": "default", "module": "$import(./modules/echo)" });
    let route = json!({ "handler": handler, "policies": { "inbound": inbound } });
    let routes = json!({ "openapi": "3.1.0", "paths": { "/hello": { "get": { "x-zuplo-route": route } } } });
    let keys = json!({ "keys": [{ "consumer": "user_1", "hash": make_key([7; 24]).1 }] });
    let folder = project(&[("policies.json", &policies()), ("routes.oas.json", &routes), ("api-keys.json", &keys)]);
    let mut dependencies = dependencies(&[]);
    let echo = Registry::default().handler("./modules/echo", "default", |options| options.none().map(|()| Echo));
    dependencies.registry = Arc::new(echo);
    Gateway::load(folder.path(), &dependencies).unwrap_or_else(|errors| panic!("{errors}"))
}

fn claims(issuer: &str) -> Value {
    with(session_claims(issuer, "https://app.example", 10.0), "plan", json!("large"))
}

fn token(issuer: &str, secret: &str) -> String {
    hs256(secret, "", &claims(issuer))
}

async fn send(router: &Router, headers: &[(&str, &str)]) -> (u16, Value) {
    let response = router.clone().oneshot(request(headers)).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn nothing_of_an_earlier_caller_is_told_of_the_one_who_counts() {
    let router = load(&["first", "second"]).into_router();
    let first = format!("Bearer {}", token(ONE, SECRET));
    let second = hs256(SECRET, "", &with(claims(TWO), "sub", json!("user_2")));
    let bad = hs256(OTHER_SECRET, "", &with(claims(TWO), "sub", json!("user_2")));
    for (headers, sub, plan) in [
        (vec![("authorization", first.as_str())], "user_1", Some("large")),
        (vec![("authorization", &first), ("x-token", &second)], "user_2", None),
        (vec![("x-token", &second)], "user_2", None),
        (vec![("authorization", &first), ("x-token", &bad)], "user_1", Some("large")),
    ] {
        let (_, seen) = send(&router, &headers).await;
        assert_eq!(seen, json!({ "sub": sub, "id": sub, "plan": plan }), "{headers:?}");
    }
    let router = load(&["first", "keys"]).into_router();
    let (_, seen) = send(&router, &[("authorization", &first), ("x-key", &key())]).await;
    assert_eq!(seen, json!({ "sub": "user_1", "id": null, "plan": null }), "of the same name, and somebody else");
}

#[tokio::test]
async fn callers_of_one_name_count_apart_if_nobody_vouches_for_both() {
    let (one, two) = (format!("Bearer {}", token(ONE, SECRET)), format!("Bearer {}", token(TWO, OTHER_SECRET)));
    let again = format!("Bearer {}", hs256(SECRET, "", &with(claims(ONE), "jti", json!("another"))));
    let (key, basic) = (key(), "Basic dXNlcl8xOng=");
    for limit in ["limit", "quota"] {
        let router = load(&["several", "keys", "accounts", limit]).into_router();
        for (header, status) in [
            (("authorization", one.as_str()), 200),
            (("authorization", &two), 200),
            (("x-key", &key), 200),
            (("authorization", basic), 200),
            (("authorization", &again), 429),
            (("authorization", &two), 429),
            (("x-key", &key), 429),
            (("authorization", basic), 429),
        ] {
            assert_eq!(send(&router, &[header]).await.0, status, "{limit} {header:?}");
        }
    }
}

#[test]
fn names_that_two_may_give_are_warned_of() {
    const WARNING: &str =
        "at /paths/~1hello/get: `acl` asks for a name alone, which each of these may give to another: ";
    for (inbound, authorities) in [
        (&["single", "acl"][..], None),
        (&["keys", "acl"], None),
        (&["first", "single", "acl"], None),
        (&["several", "acl"], Some("https://one.example, https://two.example")),
        (&["single", "keys", "acl"], Some("API keys, https://one.example")),
        (&["accounts", "single", "limit", "acl"], Some("accounts of accounts, https://one.example")),
        (&["single", "acl", "keys"], None),
        (&["several"], None),
    ] {
        let gateway = load(inbound);
        let warnings = gateway.project.current().report.warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
        let told = warnings.iter().find_map(|warning| warning.split_once(WARNING)).map(|(_, list)| list);
        assert_eq!(told, authorities, "{inbound:?}: {warnings:?}");
    }
}
