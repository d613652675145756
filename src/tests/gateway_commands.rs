//! A project checked, changed and given keys from outside, while the program runs or before it does.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

use super::support::{App, eventually, project, testing::TempFolder};

/// Runs the program with arguments, in a folder without a `.env`.
fn gatehouse(arguments: &[&str]) -> (Option<i32>, String, String) {
    gatehouse_with(arguments, &[])
}

fn gatehouse_with(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let folder = TempFolder::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).current_dir(folder.path());
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(!folder.path().join(".gatehouse").exists(), "no instance is opened for this");
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn hello(inbound: &[&str]) -> Value {
    json!({ "get": { "x-zuplo-route": {
        "handler": { "export": "default", "module": "$import(./modules/hello-world)" },
        "policies": { "inbound": inbound },
    } } })
}

fn routes(paths: &[(&str, &[&str])]) -> Value {
    let items = paths.iter().map(|(path, inbound)| ((*path).to_owned(), hello(inbound)));
    json!({ "openapi": "3.1.0", "paths": Value::Object(items.collect()) })
}

fn keys_policy() -> Value {
    let options = json!({ "allowUnauthenticatedRequests": false });
    json!([{ "name": "keys", "policyType": "api-key-inbound", "handler": {
        "export": "ApiKeyInboundPolicy", "module": "$import(@zuplo/runtime)", "options": options,
    } }])
}

fn path(folder: &TempFolder) -> &str {
    folder.path().to_str().unwrap()
}

#[test]
fn check_shows_the_table_of_the_projects_own_files() {
    const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config");
    let row = "GET     /hello  clerk-jwt-auth-inbound  default of ./modules/hello-world  -";
    let keys = ("CLERK_PUBLISHABLE_KEY", "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA");
    for variables in [&[ISSUER][..], &[keys], &[keys, ("CLERK_SECRET_KEY", "sk_test_x")], &[]] {
        let (code, out, err) = gatehouse_with(&["check", CONFIG], variables);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{variables:?}");
        assert!(out.lines().any(|line| line == row), "{out}");
        let warning = "warning: CLERK_FRONTEND_API_URL is not set: `gatehouse` sets it to the embedded Clerk's, \
                       `gatehouse gateway` will refuse this project";
        assert_eq!((out.contains("warning"), out.contains(warning)), (variables.is_empty(), variables.is_empty()));
    }
}

#[test]
fn check_refuses_what_the_gateway_refuses() {
    let folder = project(&[("policies.json", &json!([])), ("a.oas.json", &routes(&[("/a", &[])]))]);
    for (name, value) in [("CLERK_FRONTEND_API_URL", "http://x.example"), ("CLERK_JWT_KEY", "x")] {
        let (code, _, err) = gatehouse_with(&["check", path(&folder)], &[(name, value)]);
        assert!(code == Some(1) && err.contains(name), "{err}");
    }
    let (code, out, _) = gatehouse(&["check", path(&folder)]);
    assert!(code == Some(0) && !out.contains("CLERK_FRONTEND_API_URL"), "this project names no issuer: {out}");
}

#[test]
fn a_projects_own_env_file_counts_below_the_environment() {
    let forward = json!({ "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": {
        "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "${env.BASE}" },
    } } } } } });
    let folder = TempFolder::new();
    let config = folder.path().join("config");
    fs::create_dir(&config).unwrap();
    fs::write(config.join("policies.json"), json!([clerk("$env(CLERK_FRONTEND_API_URL)", RUNTIME)]).to_string())
        .unwrap();
    fs::write(config.join("routes.oas.json"), forward.to_string()).unwrap();
    let check = |variables: &[(&str, &str)]| gatehouse_with(&["check", path(&folder)], variables);
    assert_eq!(check(&[]).0, Some(1));
    let dot_env = "CLERK_FRONTEND_API_URL=https://x.clerk.accounts.dev\nBASE=https://a.example\n";
    fs::write(folder.path().join(".env"), dot_env).unwrap();
    let (code, out, err) = check(&[]);
    assert!(code == Some(0) && !out.contains("CLERK_FRONTEND_API_URL"), "{out}{err}");
    let (code, _, err) = check(&[("BASE", "not a URL")]);
    assert!(code == Some(1) && err.contains("options/baseUrl"), "{err}");
    let (code, _, err) = check(&[("BASE", "")]);
    assert!(code == Some(1) && err.contains("the environment variable BASE to be set"), "{err}");
    fs::write(folder.path().join(".env"), format!("{dot_env}GATEHOUSE_LOG_FORMAT=xml\n")).unwrap();
    assert_eq!(check(&[]).0, Some(0), "the program itself is not told by it");
    fs::write(folder.path().join(".env"), "a secret\n").unwrap();
    let (code, _, err) = check(&[]);
    assert!(code == Some(1) && err.contains(".env: expected lines of the form NAME=value"), "{err}");
    assert!(!err.contains("a secret"), "{err}");
}

/// As users of the gateway alone have it.
const ISSUER: (&str, &str) = ("CLERK_FRONTEND_API_URL", "https://x.clerk.accounts.dev");
const RUNTIME: &str = "$import(@zuplo/runtime)";

fn clerk(url: &str, module: &str) -> Value {
    json!({ "name": "clerk", "policyType": "clerk-jwt-auth-inbound", "handler": {
        "export": "ClerkJwtInboundPolicy", "module": module, "options": { "frontendApiUrl": url },
    } })
}

#[test]
fn keys_need_nothing_but_the_project() {
    let folder = project(&[]);
    for variables in [&[ISSUER][..], &[("CLERK_SECRET_KEY", "sk_test_x")], &[("GATEHOUSE_LOG_FORMAT", "xml")], &[]] {
        let (code, _, err) = gatehouse_with(&["keys", "create", "acme", path(&folder)], variables);
        assert_eq!(code, Some(0), "{variables:?}: {err}");
    }
    let (code, out, _) = gatehouse_with(&["keys", "list"], &[("GATEHOUSE_CONFIG_DIR", path(&folder))]);
    assert_eq!((code, out.lines().count()), (Some(0), 4), "{out}");
}

#[test]
fn a_key_is_made_with_all_that_the_file_can_hold() {
    let folder = project(&[]);
    let create = |metadata: &str, expires: &str| {
        let options = ["--metadata", metadata, "--expires", expires, "--bucket", "partners"];
        gatehouse(&[&["keys", "create", "acme", path(&folder)], &options[..]].concat())
    };
    for (metadata, expires, fault) in
        [("plan", "2030-01-01T00:00:00Z", "--metadata JSON"), ("{}", "tomorrow", "expiresOn: expected a time such as")]
    {
        let (code, _, err) = create(metadata, expires);
        assert!(code == Some(1) && err.contains(fault), "{err}");
    }
    assert_eq!(create(r#"{"plan":"pro"}"#, "2030-01-01T00:00:00Z").0, Some(0));
    let (_, listed, _) = gatehouse(&["keys", "list", path(&folder)]);
    assert!(listed.trim_end().ends_with("  acme in partners until 2030-01-01T00:00:00Z"), "{listed}");
    let file: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("api-keys.json")).unwrap()).unwrap();
    assert_eq!(file["keys"].as_array().unwrap().len(), 1, "{file}");
    assert_eq!(file["keys"][0]["metadata"], json!({ "plan": "pro" }));
}

#[test]
fn check_names_every_fault_and_fails() {
    let folder = project(&[
        ("policies.json", &keys_policy()),
        ("a.oas.json", &routes(&[("/a", &["none"]), ("/b", &["other"])])),
    ]);
    let (code, out, err) = gatehouse(&["check", path(&folder)]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    for pointer in
        ["/paths/~1a/get/x-zuplo-route/policies/inbound/0", "/paths/~1b/get/x-zuplo-route/policies/inbound/0"]
    {
        assert!(err.contains(&format!("a.oas.json at {pointer}: expected the name of a policy")), "{err}");
    }
    let (code, _, err) = gatehouse(&["chekc"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("usage: gatehouse [gateway [--config DIR] [--listen ADDRESS] | check [DIR]"), "{err}");
}

#[test]
fn check_warns_of_open_routes() {
    let folder = project(&[("policies.json", &json!([])), ("a.oas.json", &routes(&[("/a", &[])]))]);
    let (code, out, _) = gatehouse(&["check", path(&folder)]);
    assert_eq!(code, Some(0));
    assert!(out.contains("GET     /a    - (open)"), "{out}");
    assert!(out.contains("warning: ") && out.contains("a.oas.json at /paths/~1a/get: this route is open"), "{out}");
}

#[test]
fn check_names_a_route_that_is_never_reached_across_files() {
    let folder = project(&[
        ("policies.json", &json!([])),
        ("b.oas.json", &routes(&[("/users/me", &[])])),
        ("a.oas.json", &routes(&[("/users/{id}", &[])])),
    ]);
    let (code, out, _) = gatehouse(&["check", path(&folder)]);
    assert_eq!(code, Some(0));
    let at = |route: &str| out.find(&format!("GET     {route} ")).unwrap_or_else(|| panic!("{route}: {out}"));
    assert!(at("/users/{id}") < at("/users/me"), "files count in alphabetical order: {out}");
    let shadowed = "b.oas.json at /paths/~1users~1me/get: this route is never met: `/users/{id}` before it";
    assert!(out.contains(shadowed), "{out}");
}

#[test]
fn check_tells_mistakes_with_variables_apart() {
    let clerk = |url: &str, module: &str| json!([clerk(url, module)]);
    let forward = |base: &str| {
        let handler = json!({
            "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": base },
        });
        json!({ "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": handler } } } } })
    };
    let (issuer, runtime, base) = ("https://a.clerk.accounts.dev", RUNTIME, "https://a.example");
    for (policies, routes, expected) in [
        (
            clerk("$env(NOT_SET)", runtime),
            forward(base),
            "policies.json at /0/handler/options/frontendApiUrl: expected the environment variable NOT_SET to be set",
        ),
        (
            clerk(issuer, "$env(MODULE)"),
            forward(base),
            "policies.json at /0/handler/module: expected no `$env(…)` here",
        ),
        (
            clerk(issuer, runtime),
            forward("$env(BASE)"),
            "routes.oas.json at /paths/~1a/get/x-zuplo-route/handler/options/baseUrl: expected `${env.NAME}`",
        ),
    ] {
        let folder = project(&[("policies.json", &policies), ("routes.oas.json", &routes)]);
        let (code, _, err) = gatehouse_with(&["check", path(&folder)], &[("BASE", base), ("MODULE", runtime)]);
        assert!(code == Some(1) && err.contains(expected), "{expected}: {err}");
    }
}

async fn status(app: &App, path: &str, key: &str) -> u16 {
    let bearer = format!("Bearer {key}");
    app.get(&format!("/gateway{path}"), &[("authorization", &bearer)]).await.status
}

#[tokio::test]
async fn keys_count_from_the_moment_they_are_made_to_when_they_are_taken_back() {
    let folder = project(&[("policies.json", &keys_policy()), ("a.oas.json", &routes(&[("/a", &["keys"])]))]);
    let app = App::start(&[("GATEHOUSE_CONFIG_DIR", path(&folder))]).await;
    let (code, out, _) = gatehouse(&["keys", "create", "acme", path(&folder)]);
    let key = out.lines().next().unwrap();
    assert!(code == Some(0) && key.starts_with("ghk_"), "{out}");
    eventually("the key", async || status(&app, "/a", key).await == 200).await;
    assert!(!fs::read_to_string(folder.path().join("api-keys.json")).unwrap().contains(key));
    let (_, listed, _) = gatehouse(&["keys", "list", path(&folder)]);
    let (id, consumer) = listed.trim().split_once("  ").unwrap();
    assert_eq!(consumer, "acme");
    assert_eq!(gatehouse(&["keys", "revoke", "nothing", path(&folder)]).0, Some(1));
    assert_eq!(gatehouse(&["keys", "revoke", id, path(&folder)]).0, Some(0));
    eventually("the end of the key", async || status(&app, "/a", key).await == 401).await;
    assert!(!app.log().contains(key));
}

fn write(folder: &Path, content: &str) {
    fs::write(folder.join("a.oas.json"), content).unwrap();
}

#[tokio::test]
async fn a_changed_project_counts_while_the_program_runs() {
    let folder = project(&[("policies.json", &json!([])), ("a.oas.json", &routes(&[("/a", &[])]))]);
    let app = App::start(&[("GATEHOUSE_CONFIG_DIR", path(&folder))]).await;
    assert_eq!((status(&app, "/a", "").await, status(&app, "/new", "").await), (200, 404));
    write(folder.path(), &routes(&[("/a", &[]), ("/new", &[])]).to_string());
    eventually("the new route", async || status(&app, "/new", "").await == 200).await;
    write(folder.path(), &routes(&[("/a", &["nobody"])]).to_string());
    let refused =
        async || app.log().contains("a.oas.json at /paths/~1a/get/x-zuplo-route/policies/inbound/0: expected");
    eventually("the refusal", refused).await;
    assert_eq!((status(&app, "/a", "").await, status(&app, "/new", "").await), (200, 200), "the old one stays");
}
