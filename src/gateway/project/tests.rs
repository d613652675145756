//! Faults in a project: each stops the load, and says which file, where in it, and what was expected.

use std::{fs, sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::*;
use crate::{jwt::KeySets, testing::TempFolder};

fn policies() -> Value {
    json!({ "policies": [policy()] })
}

fn policy() -> Value {
    json!({
        "name": "clerk",
        "policyType": "clerk-jwt-auth-inbound",
        "handler": {
            "export": "ClerkJwtInboundPolicy",
            "module": "$import(@zuplo/runtime)",
            "options": { "allowUnauthenticatedRequests": false, "frontendApiUrl": "$env(CLERK_FRONTEND_API_URL)" },
        },
    })
}

fn routes() -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/hello": {
                "get": {
                    "x-zuplo-route": {
                        "corsPolicy": "none",
                        "handler": { "export": "default", "module": "$import(./modules/hello-world)" },
                        "policies": { "inbound": ["clerk"] },
                    },
                },
            },
        },
    })
}

fn load_with(policies: &Value, routes: &Value, environment: &[(&str, &str)]) -> Result<RouteTable, String> {
    let folder = TempFolder::new();
    fs::write(folder.path().join("policies.json"), policies.to_string()).unwrap();
    fs::write(folder.path().join("routes.oas.json"), routes.to_string()).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let key_sets = Arc::new(KeySets::new(Default::default()));
    let dependencies = Dependencies { key_sets, environment, clock: Arc::new(|| Duration::ZERO) };
    load(folder.path(), &dependencies).map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), ""))
}

const SET: &[(&str, &str)] = &[("CLERK_FRONTEND_API_URL", "https://x.clerk.accounts.dev")];

/// `value` with the place at `pointer` replaced, or removed where the replacement is null.
fn change(mut value: Value, pointer: &str, replacement: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match value.pointer_mut(parent).unwrap() {
        Value::Object(members) if replacement.is_null() => {
            members.remove(&key);
        }
        Value::Object(members) => {
            members.insert(key, replacement);
        }
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = replacement,
        _ => panic!("nothing to change at {pointer}"),
    }
    value
}

#[test]
fn the_articles_project_loads() {
    let table = load_with(&policies(), &routes(), SET).map_err(|error| panic!("{error}")).unwrap();
    let route = table.iter().next().unwrap();
    assert_eq!((route.method.as_str(), route.pattern.as_str(), route.policy_names()), ("GET", "/hello", vec!["clerk"]));
}

#[test]
fn policies_may_stand_alone_as_articles_print_them() {
    for policies in [policy(), json!([policy()]), policies()] {
        assert!(load_with(&policies, &routes(), SET).is_ok(), "{policies}");
    }
}

#[test]
fn the_projects_own_files_load() {
    let read = |name: &str| serde_json::from_str(&fs::read_to_string(format!("config/{name}")).unwrap()).unwrap();
    assert!(load_with(&read("policies.json"), &read("routes.oas.json"), SET).is_ok());
}

#[test]
fn faults_in_policies_are_named() {
    for (pointer, replacement, expected) in [
        (
            "/policies/0/policyType",
            json!("rate-limit-inbound"),
            "/policies.json at /policies/0/policyType: expected a policy type that is supported (clerk-jwt-auth-inbound), found \"rate-limit-inbound\"",
        ),
        (
            "/policies/0/handler/export",
            json!("OpenIdJwtInboundPolicy"),
            "at /policies/0/handler/export: expected `ClerkJwtInboundPolicy`",
        ),
        (
            "/policies/0/handler/module",
            json!("$import(./modules/x)"),
            "at /policies/0/handler/module: expected `$import(@zuplo/runtime)`",
        ),
        (
            "/policies/0/handler/options/frontendApiUrl",
            Value::Null,
            "at /policies/0/handler/options/frontendApiUrl: expected the Frontend API URL",
        ),
        ("/policies/0/handler/options/frontendApiUrl", json!("clerk.example.com"), "expected an https URL"),
        ("/policies/0/handler/options/frontendApiUrl", json!("http://clerk.example.com"), "expected an https URL"),
        (
            "/policies/0/handler/options/frontendApiUrl",
            json!("$env(NOT_SET)"),
            "expected the environment variable NOT_SET to be set",
        ),
        (
            "/policies/0/handler/options/frontendApiUrl",
            json!("$env(NOT SET)"),
            "expected letters, digits and underscores",
        ),
        ("/policies/0/handler/options/frontendApiUrl", json!("$env(NOT"), "expected `)`"),
        (
            "/policies/0/handler/options/allowUnauthenticatedRequests",
            json!("no"),
            "expected true or false, found \"no\"",
        ),
        ("/policies/0/handler/options/oAuthResourceMetadataEnabled", json!(true), "expected false"),
        (
            "/policies/0/handler/options/frontendUrl",
            json!("x"),
            "at /policies/0/handler/options/frontendUrl: expected no `frontendUrl` here",
        ),
        ("/policies/0/handler/options", Value::Null, "at /policies/0/handler/options: expected an object"),
        ("/policies/0/name", Value::Null, "at /policies/0/name: expected the name"),
        ("/policies/0/name", json!("$env(NAME)"), "at /policies/0/name: expected no `$env(…)` here"),
        ("/policies/0", json!(7), "at /policies/0: expected an object, found 7"),
        ("/policies", json!({}), "at /policies: expected an array"),
        ("/corsPolicies", json!([{ "name": "x" }]), "at /corsPolicies/0: expected no entry"),
        ("/polices", json!([]), "at /polices: expected no `polices` here"),
    ] {
        let error = load_with(&change(policies(), pointer, replacement), &routes(), SET).map(|_| ()).unwrap_err();
        assert!(error.contains(expected), "{pointer}: {error}");
    }
    let twice = json!([policy(), policy()]);
    let error = load_with(&twice, &routes(), SET).map(|_| ()).unwrap_err();
    assert!(error.contains("at /1/name: expected a name that no other policy has"), "{error}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn faults_in_routes_are_named() {
    const ROUTE: &str = "/paths/~1hello/get/x-zuplo-route";
    for (pointer, replacement, expected) in [
        (
            "/openapi",
            json!("2.0"),
            "/routes.oas.json at /openapi: expected OpenAPI 3.0 or 3.1, found \"2.0\"".to_owned(),
        ),
        ("/paths", Value::Null, "at /paths: expected an object of paths".to_owned()),
        ("/paths", json!({}), "expected at least one route".to_owned()),
        ("/paths/~1hello/get/x-zuplo-route", Value::Null, format!("at {ROUTE}: expected an object")),
        (
            "/paths/~1hello/get/policies",
            json!({ "inbound": [] }),
            "at /paths/~1hello/get/policies: expected `policies` inside `x-zuplo-route`".to_owned(),
        ),
        (
            "/paths/~1hello/get/x-zuplo-route/policies/inbound",
            json!(["clark"]),
            format!(
                "at {ROUTE}/policies/inbound/0: expected the name of a policy in policies.json (clerk), found \"clark\""
            ),
        ),
        (
            "/paths/~1hello/get/x-zuplo-route/policies/outbound",
            json!(["clerk"]),
            "expected no entry: outbound policies are not supported".to_owned(),
        ),
        (
            "/paths/~1hello/get/x-zuplo-route/policies/inbond",
            json!([]),
            format!("at {ROUTE}/policies/inbond: expected no `inbond` here"),
        ),
        (
            "/paths/~1hello/get/x-zuplo-route/handler/module",
            json!("$import(./modules/x)"),
            format!("at {ROUTE}/handler/module: expected a handler that is supported"),
        ),
        (
            "/paths/~1hello/get/x-zuplo-route/handler/module",
            json!("$env(X)"),
            format!("at {ROUTE}/handler/module: expected no `$env(…)` here"),
        ),
        (
            "/paths/~1hello/get/x-zuplo-route/handler/options",
            json!({ "a": 1 }),
            format!("at {ROUTE}/handler/options/a: expected no option"),
        ),
        (
            "/paths/~1hello/get/x-zuplo-route/corsPolicy",
            json!("anything-goes"),
            format!("at {ROUTE}/corsPolicy: expected `none`"),
        ),
        (
            "/paths/~1hello/x-zuplo-path",
            json!({ "pathMode": "url-pattern" }),
            "at /paths/~1hello/x-zuplo-path/pathMode: expected `open-api`".to_owned(),
        ),
        ("/paths/~1hello/fetch", json!({}), "at /paths/~1hello/fetch: expected an HTTP method".to_owned()),
        ("/paths/hello", json!({ "get": {} }), "at /paths/hello: expected a path in `open-api` mode".to_owned()),
    ] {
        let error = load_with(&policies(), &change(routes(), pointer, replacement), SET).map(|_| ()).unwrap_err();
        assert!(error.contains(&expected), "{pointer}: {error}");
    }
}

#[test]
fn a_route_stands_once() {
    let twice = change(routes(), "/paths/~1{b}", json!({ "get": routes()["paths"]["/hello"]["get"].clone() }));
    let twice = change(twice, "/paths/~1{a}", json!({ "get": routes()["paths"]["/hello"]["get"].clone() }));
    let error = load_with(&policies(), &twice, SET).map(|_| ()).unwrap_err();
    assert!(
        error.contains("at /paths/~1{a}/get: expected a method and path that no other route has, found `/{a}`"),
        "{error}"
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = TempFolder::new();
    let key_sets = Arc::new(KeySets::new(Default::default()));
    let dependencies =
        Dependencies { key_sets, environment: Environment::default(), clock: Arc::new(|| Duration::ZERO) };
    let fault = || load(folder.path(), &dependencies).map(|_| ()).unwrap_err().to_string();
    assert!(fault().contains("policies.json: expected a readable file"), "{}", fault());
    fs::write(folder.path().join("policies.json"), "{ \"policies\": [ }").unwrap();
    assert!(fault().contains("policies.json: expected JSON, a fault: expected value at line 1 column"), "{}", fault());
    fs::write(folder.path().join("policies.json"), "{ \"policies\": [], \"policies\": [] }").unwrap();
    assert!(fault().contains("policies.json: expected JSON, a fault: `policies` stands twice"), "{}", fault());
    fs::write(folder.path().join("policies.json"), "[]").unwrap();
    assert!(fault().contains("expected at least one route in a *.oas.json file"), "{}", fault());
}
