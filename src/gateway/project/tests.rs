//! Faults in a project: each stops the load, and says which file, where in it, and what was expected.

use std::fs;

use serde_json::{Value, json};

use super::*;
use crate::{
    gateway::testing::{dependencies, project},
    testing::TempFolder,
};

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

fn load_with(policies: &Value, routes: &Value, environment: &[(&str, &str)]) -> Result<Project, String> {
    load_files(&[("policies.json", policies), ("routes.oas.json", routes)], environment)
}

fn load_files(files: &[(&str, &Value)], environment: &[(&str, &str)]) -> Result<Project, String> {
    let folder = project(files);
    load_from(folder.path(), environment)
        .map_err(|errors| errors.to_string().replace(folder.path().to_str().unwrap(), ""))
}

fn load_from(directory: &Path, environment: &[(&str, &str)]) -> Result<Project, LoadErrors> {
    load(directory, &dependencies(environment), &NamedFiles::new(directory))
}

fn warnings(project: &Project) -> String {
    project.report.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
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
    let project = load_with(&policies(), &routes(), SET).map_err(|error| panic!("{error}")).unwrap();
    assert_eq!(warnings(&project), "");
    assert_eq!(
        project.report.to_string().lines().collect::<Vec<_>>(),
        [
            "METHOD  PATH    INBOUND  HANDLER                           OUTBOUND",
            "GET     /hello  clerk    default of ./modules/hello-world  -",
        ]
    );
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
#[expect(clippy::too_many_lines, reason = "a table")]
fn faults_in_policies_are_named() {
    for (pointer, replacement, expected) in [
        (
            "/policies/0/policyType",
            json!("geo-filter-inbound"),
            "/policies.json at /policies/0/policyType: expected a policy type that is supported (",
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
        ("/policies/0/handler/options/allowUnauthenticatedRequests", json!("no"), "expected a boolean, found \"no\""),
        ("/policies/0/handler/options/oAuthResourceMetadataEnabled", json!("yes"), "expected a boolean"),
        (
            "/policies/0/handler/options/frontendUrl",
            json!("x"),
            "at /policies/0/handler/options/frontendUrl: expected one of `frontendApiUrl`",
        ),
        ("/policies/0/handler/options", json!(1), "at /policies/0/handler/options: expected an object, found 1"),
        (
            "/policies/0/handler/options",
            Value::Null,
            "at /policies/0/handler/options/frontendApiUrl: expected the Frontend API URL",
        ),
        ("/policies/0/handler/module", json!("@zuplo/runtime"), "expected `$import(@zuplo/runtime)`, or"),
        ("/policies/0/policyType", json!("custom-code-inbound"), "at /policies/0/policyType: expected a policy type"),
        ("/policies/0/name", Value::Null, "at /policies/0/name: expected the name"),
        ("/policies/0/name", json!("$env(NAME)"), "at /policies/0/name: expected no `$env(…)` here"),
        ("/policies/0", json!(7), "at /policies/0: expected an object, found 7"),
        ("/policies", json!({}), "at /policies: expected an array"),
        (
            "/corsPolicies",
            json!([{ "name": "x" }]),
            "at /corsPolicies/0/allowedOrigins: expected a value, found nothing",
        ),
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
            "/paths/~1hello/get/x-zuplo-path",
            json!({ "pathMode": "url-pattern" }),
            "at /paths/~1hello/get/x-zuplo-path: expected `x-zuplo-path` beside the operations of a path".to_owned(),
        ),
        (
            "/paths/~1hello/policies",
            json!({ "inbound": ["clerk"] }),
            "at /paths/~1hello/policies: expected `policies` inside the `x-zuplo-route` of an operation".to_owned(),
        ),
        (
            "/paths/~1hello/x-zuplo-route",
            json!({ "policies": { "inbound": ["clerk"] } }),
            "at /paths/~1hello/x-zuplo-route: expected `x-zuplo-route` inside an operation".to_owned(),
        ),
        (
            "/paths/~1hello/$ref",
            json!("./shared.json#/hello"),
            "at /paths/~1hello/$ref: expected the path's operations themselves: references are not followed".to_owned(),
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
            format!("at {ROUTE}/policies/outbound/0: expected an outbound policy; this one is inbound"),
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
            json!("anything-goes-well"),
            format!("at {ROUTE}/corsPolicy: expected `none`, `anything-goes` or the name of an entry"),
        ),
        (
            "/paths/~1hello/x-zuplo-path",
            json!({ "pathMode": "regex" }),
            "at /paths/~1hello/x-zuplo-path/pathMode: expected `open-api` or `url-pattern`".to_owned(),
        ),
        ("/paths/~1hello/fetch", json!({}), "at /paths/~1hello/fetch: expected an HTTP method".to_owned()),
        ("/paths/hello", json!({ "get": {} }), "at /paths/hello: expected a path that starts with `/`".to_owned()),
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
    let fault = || load_from(folder.path(), &[]).map(|_| ()).unwrap_err().to_string();
    assert!(fault().contains("policies.json: expected a readable file"), "{}", fault());
    fs::write(folder.path().join("policies.json"), "{ \"policies\": [ }").unwrap();
    assert!(fault().contains("policies.json: expected JSON, a fault: expected value at line 1 column"), "{}", fault());
    fs::write(folder.path().join("policies.json"), "{ \"policies\": [], \"policies\": [] }").unwrap();
    assert!(fault().contains("policies.json: expected JSON, a fault: `policies` stands twice"), "{}", fault());
    fs::write(folder.path().join("policies.json"), "[]").unwrap();
    assert!(fault().contains("expected at least one route in a *.oas.json file"), "{}", fault());
}

/// The routes of one file: each path with the inbound policies of its GET.
fn routes_of(paths: &[(&str, &[&str])]) -> Value {
    let mut all = routes();
    let operation = all["paths"]["/hello"]["get"].take();
    all["paths"] = json!({});
    for (path, inbound) in paths {
        let mut operation = operation.clone();
        operation["x-zuplo-route"]["policies"] = json!({ "inbound": inbound });
        all["paths"][*path] = json!({ "get": operation });
    }
    all
}

#[test]
fn files_count_in_alphabetical_order() {
    let (first, second) = (routes_of(&[("/{b}", &["clerk"])]), routes_of(&[("/b", &["clerk"])]));
    let files = [("policies.json", &policies()), ("b.oas.json", &second), ("a.oas.json", &first)];
    let project = load_files(&files, SET).map_err(|error| panic!("{error}")).unwrap();
    let paths: Vec<&str> = project.report.routes.iter().map(|route| route.path.as_str()).collect();
    assert_eq!(paths, ["/{b}", "/b"]);
    let warnings = warnings(&project);
    assert!(warnings.contains("b.oas.json at /paths/~1b/get: this route is never met: `/{b}` before it"), "{warnings}");
}

#[test]
fn open_routes_and_doubtful_paths_are_named() {
    let project = load_with(&policies(), &routes_of(&[("/open", &[]), ("/a/:b", &["clerk"])]), SET).unwrap();
    let warnings = warnings(&project);
    assert!(warnings.contains("at /paths/~1open/get: this route is open to everybody"), "{warnings}");
    assert!(
        warnings.contains("at /paths/~1a~1:b: `:` and parentheses are literal in path mode `open-api`"),
        "{warnings}"
    );
    assert_eq!(warnings.lines().count(), 2, "{warnings}");
    assert!(project.report.to_string().contains("GET     /open  - (open)"), "{}", project.report);
}

#[test]
fn what_stands_behind_an_answer_protects_nothing() {
    let mock = json!({
        "name": "mock", "policyType": "mock-api-inbound",
        "handler": { "export": "MockApiInboundPolicy", "module": "$import(@zuplo/runtime)" },
    });
    let mut routes = routes_of(&[("/open", &["mock", "clerk"]), ("/closed", &["clerk", "mock"]), ("/mock", &["mock"])]);
    for path in ["/open", "/closed", "/mock"] {
        routes["paths"][path]["get"]["responses"] =
            json!({ "200": { "content": { "text/plain": { "example": "x" } } } });
    }
    let project = load_with(&json!([policy(), mock]), &routes, SET).unwrap();
    let warnings = warnings(&project);
    let expected = "at /paths/~1open/get: this route is open to everybody: `mock` may answer before any policy";
    assert!(warnings.contains(expected), "{warnings}");
    let expected = "at /paths/~1mock/get: this route is open to everybody: no policy of it asks";
    assert!(warnings.contains(expected), "{warnings}");
    assert_eq!(warnings.lines().count(), 2, "{warnings}");
    let protected: Vec<bool> = project.report.routes.iter().map(|route| route.protected).collect();
    assert_eq!(protected, [false, true, false]);
}

#[test]
fn a_copy_of_a_sample_is_told_from_a_policy_of_ones_own() {
    let roles = |module: &str| {
        let options = json!({ "allowedRoles": ["admin"] });
        let handler = json!({ "export": "default", "module": module, "options": options });
        let roles = json!({ "name": "roles", "policyType": "rbac-policy-inbound", "handler": handler });
        load_with(&json!([policy(), roles]), &routes_of(&[("/a", &["clerk", "roles"])]), SET)
    };
    let project = roles("$import(./modules/rbac-policy-inbound)").map_err(|error| panic!("{error}")).unwrap();
    let told = warnings(&project);
    assert!(told.contains("policies.json at /1/handler/module: the policy that is built in runs here"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    let error = roles("$import(./modules/my-roles)").map(|_| ()).unwrap_err();
    assert!(error.contains("at /1/handler/module: expected a module that is registered"), "{error}");
    assert!(error.contains("or `$import(./modules/rbac-policy-inbound)` for the one that is built in"), "{error}");
}

#[test]
fn every_fault_is_told_at_once() {
    let broken = change(policies(), "/policies/0/handler/options/frontendApiUrl", json!("x"));
    let mut routes = routes_of(&[("/a", &["clerk"]), ("/b", &["clark"])]);
    routes["paths"]["/c"] = json!({ "get": {} });
    let errors = load_with(&broken, &routes, SET).map(|_| ()).unwrap_err();
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 3, "{errors}");
    assert!(
        lines[0].contains("/policies/0/handler/options/frontendApiUrl") && lines[2].contains("/paths/~1c"),
        "{errors}"
    );
}

#[test]
fn a_value_from_the_environment_never_stands_in_a_fault() {
    let environment = [("CLERK_FRONTEND_API_URL", "very-secret, expected very-secret")];
    let error = load_with(&policies(), &routes(), &environment).map(|_| ()).unwrap_err();
    assert!(error.contains("found \"$env(CLERK_FRONTEND_API_URL)\"") && !error.contains("very-secret"), "{error}");
    let flag = change(policies(), "/policies/0/handler/options/allowUnauthenticatedRequests", json!("$env(FLAG)"));
    let environment = [SET[0], ("FLAG", "very-secret")];
    let error = load_with(&flag, &routes(), &environment).map(|_| ()).unwrap_err();
    assert!(error.contains("expected a boolean, found \"$env(FLAG)\"") && !error.contains("very-secret"), "{error}");
}

#[test]
fn groups_are_flat_and_taken_apart() {
    let group = |name: &str, members: Value| {
        json!({
            "name": name, "policyType": "composite-inbound",
            "handler": {
                "export": "CompositeInboundPolicy", "module": "$import(@zuplo/runtime)", "options": { "policies": members },
            },
        })
    };
    let routes = routes_of(&[("/a", &["all"])]);
    let load = |members: Value| {
        load_with(&json!([group("all", members), policy(), group("inner", json!(["clerk"]))]), &routes, SET)
    };
    let project = load(json!(["clerk"])).map_err(|error| panic!("{error}")).unwrap();
    assert_eq!(project.report.routes[0].inbound, ["clerk"]);
    for (members, expected) in [
        (json!([]), "at /0/handler/options/policies: expected at least one policy"),
        (json!(["clark"]), "at /0/handler/options/policies/0: expected the name of a policy in this file"),
        (json!(["inner"]), "at /0/handler/options/policies/0: expected a policy that is no group itself"),
        (json!(["all"]), "at /0/handler/options/policies/0: expected a policy that is no group itself"),
    ] {
        let error = load(members).map(|_| ()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn settings_stand_beside_the_config_folder() {
    let folder = TempFolder::new();
    let config = folder.path().join("config");
    fs::create_dir(&config).unwrap();
    fs::write(config.join("policies.json"), policies().to_string()).unwrap();
    fs::write(config.join("routes.oas.json"), routes_of(&[("/a/{b}", &["clerk"]), ("/a/{c}", &["clerk"])]).to_string())
        .unwrap();
    let with = |settings: &str, directory: &Path| {
        fs::write(folder.path().join("zuplo.jsonc"), settings).unwrap();
        load_from(directory, SET).map(|project| warnings(&project)).map_err(|errors| errors.to_string())
    };
    for directory in [folder.path(), &config] {
        assert_eq!(with("{ \"version\": 1, \"allowDuplicateRoutes\": true, }", directory).unwrap().lines().count(), 1);
    }
    let error = with("{}", &config).unwrap_err();
    assert!(error.contains("at /paths/~1a~1{c}/get: expected a method and path that no other route has"), "{error}");
    for (settings, expected) in [
        ("{ \"version\": 2 }", "zuplo.jsonc at /version: expected 1, the only version there is, found 2"),
        ("{ \"compatibilityDate\": \"today\" }", "at /compatibilityDate: expected a date such as"),
        ("{ \"allowDuplicateRoutes\": 1 }", "at /allowDuplicateRoutes: expected true or false, found 1"),
        ("{ \"strictRoutes\": \"yes\" }", "at /strictRoutes: expected true or false, found \"yes\""),
        ("{ version }", "zuplo.jsonc: expected JSON with comments, a fault: key must be a string"),
    ] {
        let error = with(settings, &config).unwrap_err();
        assert!(error.contains(expected), "{settings}: {error}");
    }
    let settings =
        "{ \"allowDuplicateRoutes\": true, // why not\n \"compatibilityDate\": \"2024-01-15\", \"nonsense\": 1 }";
    let warnings = with(settings, &config).unwrap();
    assert!(warnings.contains("at /compatibilityDate: the project behaves as of 2026-03-01"), "{warnings}");
    assert!(warnings.contains("at /nonsense: this setting is not supported"), "{warnings}");
}

#[test]
fn the_older_format_is_recognised() {
    let error =
        load_files(&[("policies.json", &policies()), ("routes.json", &json!({}))], SET).map(|_| ()).unwrap_err();
    assert!(error.contains("routes.json: expected an OpenAPI document in routes.oas.json"), "{error}");
}

#[test]
fn limits_by_user_need_to_know_the_user() {
    let limit = json!({
        "name": "limit", "policyType": "rate-limit-inbound",
        "handler": {
            "export": "RateLimitInboundPolicy", "module": "$import(@zuplo/runtime)", "options": { "rateLimitBy": "user" },
        },
    });
    let load = |inbound: &[&str]| load_with(&json!([policy(), limit]), &routes_of(&[("/a", inbound)]), SET).map(|_| ());
    assert!(load(&["clerk", "limit"]).is_ok());
    for (inbound, position) in [(&["limit", "clerk"][..], 0), (&["limit"], 0)] {
        let error = load(inbound).unwrap_err();
        let expected = format!("/policies/inbound/{position}: expected an authentication policy before this one");
        assert!(error.contains(&expected), "{error}");
    }
}

#[test]
fn a_variable_in_the_wrong_place_is_told_by_its_place() {
    let forward = |base_url: &str, module: &str| {
        let mut routes = routes();
        routes["paths"]["/hello"]["get"]["x-zuplo-route"]["handler"] =
            json!({ "export": "urlForwardHandler", "module": module, "options": { "baseUrl": base_url } });
        load_with(&policies(), &routes, &[SET[0], ("BASE", "https://api.example")]).map(|_| ())
    };
    let runtime = "$import(@zuplo/runtime)";
    assert_eq!(forward("${env.BASE}", runtime), Ok(()));
    for (base_url, module, expected) in [
        ("${env.NOT_SET}", runtime, "/options/baseUrl: expected the environment variable NOT_SET to be set"),
        ("$env(NOT_SET)", runtime, "/options/baseUrl: expected the environment variable NOT_SET to be set"),
        ("$env(BASE)", runtime, "/options/baseUrl: expected `${env.NAME}`: `$env(…)` does not work in a URL template"),
        ("${env.BASE}", "$env(MODULE)", "/handler/module: expected no `$env(…)` here"),
    ] {
        let error = forward(base_url, module).unwrap_err();
        assert!(error.contains(expected), "{base_url} {module}: {error}");
    }
}
