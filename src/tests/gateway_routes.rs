//! Projects of several shapes, through the real program: which route answers, what a preflight gets, and what every
//! answer of the gateway carries.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{App, Issuer, Page, project, testing::TempFolder};

/// A route that greets, behind these policies.
fn greets(inbound: &[&str]) -> Value {
    json!({
        "x-zuplo-route": {
            "corsPolicy": "app",
            "handler": { "export": "default", "module": "$import(./modules/hello-world)" },
            "policies": { "inbound": inbound },
        },
    })
}

fn redirects(to: &str) -> Value {
    json!({
        "x-zuplo-route": {
            "handler": { "export": "redirectHandler", "module": "$import(@zuplo/runtime)", "options": { "location": to } },
        },
    })
}

fn two_files() -> TempFolder {
    let policies = json!({
        "policies": [
            serde_json::from_str::<Value>(include_str!("../../config/policies.json")).unwrap()["policies"][0],
        ],
        "corsPolicies": [{ "name": "app", "allowedOrigins": "$env(APP_ORIGIN)", "allowCredentials": true }],
    });
    let first = json!({
        "openapi": "3.1.0",
        "paths": {
            "/users/me": { "get": redirects("/me") },
            "/users/{id}": { "get": redirects("/any"), "post": greets(&[]) },
            "/hello": { "get": greets(&["clerk-jwt-auth-inbound"]) },
            "/spec": { "get": {
                "x-internal": true,
                "x-zuplo-route": {
                    "corsPolicy": "anything-goes",
                    "handler": {
                        "export": "openApiSpecHandler", "module": "$import(@zuplo/runtime)",
                        "options": { "openApiFilePath": "./config/a.oas.json" },
                    },
                },
            } },
        },
    });
    let last = json!({
        "openapi": "3.0.3",
        "paths": {
            "/(.*)": { "x-zuplo-path": { "pathMode": "url-pattern" }, "get": redirects("/rest") },
        },
    });
    project(&[("policies.json", &policies), ("a.oas.json", &first), ("b.oas.json", &last)])
}

async fn app(issuer: &Issuer, project: &TempFolder) -> App {
    let folder = project.path().to_str().unwrap();
    issuer.app(&[("GATEHOUSE_CONFIG_DIR", folder), ("APP_ORIGIN", "https://app.example")]).await
}

#[tokio::test]
async fn the_first_route_in_file_order_answers() {
    let (issuer, project) = (Issuer::start().await, two_files());
    let app = app(&issuer, &project).await;
    for (path, location) in
        [("/users/me", "/me"), ("/users/7", "/any"), ("/users/7/posts", "/rest"), ("/b?x=/users/me", "/rest")]
    {
        let page = app.get(&format!("/gateway{path}"), &[]).await;
        assert_eq!((page.status, page.header("location")), (302, location), "{path}");
    }
    app.logged("/paths/~1users~1me/get: this route is open to everybody").await;
}

#[tokio::test]
async fn what_no_route_answers_is_a_problem() {
    let (issuer, project) = (Issuer::start().await, two_files());
    let app = app(&issuer, &project).await;
    for (method, path, status) in
        [("POST", "/nothing", 404), ("BREW", "/hello", 501), ("TRACE", "/hello", 501), ("GET", "/a%2fb", 400)]
    {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let page = Page::read(app.request(method, &format!("/gateway{path}")).send().await.unwrap()).await;
        assert_eq!((page.status, page.header("content-type")), (status, "application/problem+json"), "{path}");
        let problem: Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!(problem["instance"], path);
        assert_eq!(problem["trace"]["requestId"], page.header("zp-rid"));
    }
    let page = app.get("/gateway/__zuplo/ping", &[]).await;
    assert_eq!((page.status, page.body.as_str()), (200, "pong\n"));
}

#[tokio::test]
async fn a_path_with_two_readings_reaches_no_route() {
    let issuer = Issuer::start().await;
    let policies: Value = serde_json::from_str(include_str!("../../config/policies.json")).unwrap();
    let mut public = redirects("/public");
    public["x-zuplo-route"]["policies"] = json!({ "inbound": [] });
    let mut admin = greets(&["clerk-jwt-auth-inbound"]);
    admin["x-zuplo-route"]["corsPolicy"] = json!("none");
    let routes = json!({ "openapi": "3.1.0", "paths": {
        "/public/(.*)": { "x-zuplo-path": { "pathMode": "url-pattern" }, "get": public },
        "/admin": { "get": admin },
    } });
    let project = project(&[("policies.json", &policies), ("routes.oas.json", &routes)]);
    let app = app(&issuer, &project).await;
    assert_eq!(app.get("/gateway/public/page", &[]).await.status, 302);
    assert_eq!(app.get("/gateway/admin", &[]).await.status, 401);
    let address = app.origin.replace("http://localhost", "127.0.0.1");
    for path in [
        "/public/..;/admin",
        "/public/..;x=1/admin",
        "/public/%2e%2e;/admin",
        "/public/../admin",
        "/public/%2e%2e/admin",
        "/public%2fadmin",
        "/public/..%5cadmin",
        "/public//admin",
    ] {
        assert_eq!(raw_status(&address, &format!("/gateway{path}")).await, "400", "{path}");
    }
}

/// The status of a GET whose path goes out as it is written: clients resolve dot segments before they send.
async fn raw_status(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

async fn preflight(app: &App, path: &str, headers: &[(&str, &str)]) -> Page {
    let request = app.request(reqwest::Method::OPTIONS, &format!("/gateway{path}"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Page::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn preflights_pass_before_any_policy() {
    let (issuer, project) = (Issuer::start().await, two_files());
    let app = app(&issuer, &project).await;
    let (own, evil) = (("origin", "https://app.example"), ("origin", "https://evil.example"));
    let wants = |method| ("access-control-request-method", method);
    let page = preflight(&app, "/hello", &[own, wants("GET")]).await;
    assert_eq!(
        (page.status, page.header("access-control-allow-origin")),
        (200, "https://app.example"),
        "{}",
        page.body
    );
    assert_eq!(preflight(&app, "/hello", &[evil, wants("GET")]).await.status, 404);
    assert_eq!(preflight(&app, "/hello", &[own, wants("DELETE")]).await.status, 404);
    assert_eq!(preflight(&app, "/hello", &[own]).await.status, 400);
    assert_eq!(preflight(&app, "/elsewhere", &[own, wants("GET")]).await.status, 404, "this route has no CORS policy");
    let asks = ("access-control-request-headers", "authorization");
    let page = preflight(&app, "/hello", &[own, wants("GET"), asks]).await;
    assert_eq!((page.status, page.header("access-control-allow-headers")), (200, "authorization"));
    let page = preflight(&app, "/users/7", &[own, wants("POST")]).await;
    assert_eq!((page.status, page.header("access-control-allow-methods")), (200, "GET, POST"));
}

#[tokio::test]
async fn refusals_carry_cors_headers_for_allowed_origins_only() {
    let (issuer, project) = (Issuer::start().await, two_files());
    let app = app(&issuer, &project).await;
    let page = app.get("/gateway/hello", &[("origin", "https://app.example")]).await;
    assert_eq!((page.status, page.header("access-control-allow-origin")), (401, "https://app.example"));
    assert_eq!(page.header("vary"), "Origin");
    let page = app.get("/gateway/hello", &[("origin", "https://evil.example")]).await;
    assert_eq!((page.status, page.header("access-control-allow-origin"), page.header("vary")), (401, "", "Origin"));
    let token = issuer.key().sign(&issuer.claims(&app));
    let bearer = format!("Bearer {token}");
    let page = app.get("/gateway/hello", &[("origin", "https://app.example"), ("authorization", &bearer)]).await;
    assert_eq!((page.status, page.header("access-control-allow-origin")), (200, "https://app.example"));
}

#[tokio::test]
async fn the_public_reads_the_api_without_its_gateway() {
    let (issuer, project) = (Issuer::start().await, two_files());
    let app = app(&issuer, &project).await;
    let page = app.get("/gateway/spec", &[]).await;
    let spec: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(spec["servers"], json!([{ "url": "/gateway" }]));
    assert_eq!(spec["paths"]["/hello"]["get"], json!({ "security": [{ "bearer": [] }] }));
    assert_eq!(spec["paths"].as_object().unwrap().keys().collect::<Vec<_>>(), ["/users/me", "/users/{id}", "/hello"]);
    assert!(!page.body.contains("x-zuplo"), "{}", page.body);
}
