//! The program in the README that has gateway modules of its own, checked and served.

use std::process::Command;

use gatehouse::server::{GatewayConfig, Variables, run_gateway, system_clock};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

use super::support::{Page, project, testing::TempFolder};

#[path = "../../examples/own_modules.rs"]
#[expect(dead_code, reason = "the test has a main function of its own")]
mod example;

/// A project that names the modules.
fn own_project() -> TempFolder {
    let handler = json!({ "export": "default", "module": "$import(./modules/greet)" });
    let route = json!({ "handler": handler, "policies": { "inbound": ["office"] } });
    let routes = json!({ "openapi": "3.1.0", "paths": { "/greet/{name}": { "get": { "x-zuplo-route": route } } } });
    let policy = json!({ "name": "office", "policyType": "custom-code-inbound", "handler": {
        "export": "default", "module": "$import(./modules/office)",
    } });
    project(&[("policies.json", &json!([policy])), ("routes.oas.json", &routes)])
}

fn config(folder: &TempFolder) -> GatewayConfig {
    let variables: Variables = [("GATEHOUSE_METRICS_ADDR".to_owned(), "off".to_owned())].into_iter().collect();
    GatewayConfig::from_variables(variables, Some(folder.path().to_owned()), None).unwrap()
}

#[tokio::test]
async fn a_program_serves_modules_of_its_own() {
    let folder = own_project();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/greet/ada", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(run_gateway(listener, config(&folder), example::modules(), system_clock(), async {
        let _told = stopped.await;
    }));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = Page::read(client.get(&url).header("x-office", "1").send().await.unwrap()).await;
    assert_eq!((page.status, page.body.as_str()), (200, "Hello /greet/ada"));
    let page = Page::read(client.get(&url).send().await.unwrap()).await;
    let body: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!((page.status, body["detail"].as_str()), (403, Some("This is for the office only.")));
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[test]
fn a_program_checks_modules_of_its_own() {
    let folder = own_project();
    let checked = gatehouse::server::check_project(&config(&folder), example::modules()).unwrap();
    assert_eq!(format!("{checked:?}"), format!("{:?}", std::process::ExitCode::SUCCESS));
    let without = Command::new(env!("CARGO_BIN_EXE_gatehouse"))
        .args(["check", folder.path().to_str().unwrap()])
        .env_clear()
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8(without.stderr).unwrap();
    assert!(!without.status.success() && told.contains("expected a module that is registered"), "{told}");
}

#[test]
fn the_readme_shows_this_program() {
    let program = include_str!("../../examples/own_modules.rs").split_once("\n\n").unwrap().1;
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("```rust\n{program}```\n")), "README.md and examples/own_modules.rs differ");
}
