//! Key servers that die, stall, lie and are asked for what they do not have, and the gateway that needs their keys.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use gatehouse::{
    gateway::Registry,
    server::{Config, run},
};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::support::{
    App, Issuer, Page, eventually, project,
    testing::{TempFolder, TestKey, session_claims, unsigned, with},
};

/// The policy as Clerk's article prints it: alone, and nothing around it.
const ARTICLE: &str = r#"{
  "name": "clerk-jwt-auth-inbound",
  "policyType": "clerk-jwt-auth-inbound",
  "handler": {
    "export": "ClerkJwtInboundPolicy",
    "module": "$import(@zuplo/runtime)",
    "options": {
      "allowUnauthenticatedRequests": false,
      "frontendApiUrl": "$env(CLERK_FRONTEND_API_URL)"
    }
  }
}"#;

const UNKNOWN_KEY: &str = "The token is signed with a key that the issuer does not publish.";

/// A protected route and a public one, behind the article's policy.
fn files() -> TempFolder {
    files_with(&serde_json::from_str(ARTICLE).unwrap())
}

fn files_with(policy: &Value) -> TempFolder {
    let hello = |inbound: &[&str]| {
        json!({ "get": { "x-zuplo-route": {
            "handler": { "export": "default", "module": "$import(./modules/hello-world)" },
            "policies": { "inbound": inbound },
        } } })
    };
    let routes = json!({
        "openapi": "3.1.0",
        "paths": { "/hello": hello(&["clerk-jwt-auth-inbound"]), "/public": hello(&[]) },
    });
    project(&[("policies.json", policy), ("routes.oas.json", &routes)])
}

async fn app(issuer: &Issuer) -> App {
    issuer.app(&[("GATEHOUSE_CONFIG_DIR", files().path().to_str().unwrap())]).await
}

async fn hello(app: &App, token: &str) -> Page {
    app.get("/gateway/hello", &[("authorization", &format!("Bearer {token}"))]).await
}

fn good(issuer: &Issuer, app: &App) -> String {
    issuer.key().sign(&issuer.claims(app))
}

fn detail(page: &Page) -> Value {
    serde_json::from_str::<Value>(&page.body).unwrap()["detail"].take()
}

/// Sends every token, so many at a time over connections that are kept, and returns how often each status came.
async fn send_all(app: &App, tokens: Vec<String>, at_once: usize) -> Vec<(u16, usize)> {
    let (client, url) = (Client::builder().no_proxy().build().unwrap(), format!("{}/gateway/hello", app.origin));
    let mut workers = tokio::task::JoinSet::new();
    for share in tokens.chunks(tokens.len().div_ceil(at_once)) {
        let (client, url, share) = (client.clone(), url.clone(), share.to_vec());
        workers.spawn(async move {
            let mut statuses = Vec::new();
            for token in share {
                statuses.push(client.get(&url).bearer_auth(token).send().await.unwrap().status().as_u16());
            }
            statuses
        });
    }
    let mut counted = std::collections::BTreeMap::new();
    for status in workers.join_all().await.into_iter().flatten() {
        *counted.entry(status).or_insert(0) += 1;
    }
    counted.into_iter().collect()
}

#[tokio::test]
async fn the_articles_policy_works_as_it_is_printed() {
    let issuer = Issuer::start().await;
    let app = app(&issuer).await;
    let page = hello(&app, &good(&issuer, &app)).await;
    assert_eq!((page.status, page.body.as_str()), (200, "\"Hello World\""));
    let page = app.get("/gateway/hello", &[]).await;
    assert_eq!((page.status, page.header("content-type")), (401, "application/problem+json"));
    let problem: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(
        (&problem["status"], &problem["title"], &problem["instance"]),
        (&json!(401), &json!("Unauthorized"), &json!("/hello"))
    );
}

#[tokio::test]
async fn without_keys_only_protected_routes_are_closed() {
    let mut issuer = Issuer::start().await;
    issuer.go_down().await;
    let app = app(&issuer).await;
    let token = good(&issuer, &app);
    let page = hello(&app, &token).await;
    assert!(page.status == 503 && ["1", "2"].contains(&page.header("retry-after")), "{} {}", page.status, page.body);
    assert_eq!(page.header("www-authenticate"), "", "the token is not to blame");
    assert_eq!(app.get("/gateway/public", &[]).await.status, 200);
    assert_eq!(app.get("/health/ready", &[]).await.status, 503);
    issuer.come_up().await;
    eventually("a request that passes", async || hello(&app, &token).await.status == 200).await;
    assert_eq!(app.get("/health/ready", &[]).await.status, 200);
}

#[tokio::test]
async fn a_thousand_first_requests_cause_one_fetch() {
    // Of this issuer, only the gateway wants keys: the application has its own.
    let (issuer, of_the_application) = (Issuer::start().await, Issuer::start().await);
    issuer.stall(true);
    let mut policy: Value = serde_json::from_str(ARTICLE).unwrap();
    // A busy machine may need more than the usual five seconds to open so many connections.
    policy["handler"]["options"] = json!({ "frontendApiUrl": issuer.url, "jwks": { "timeoutMs": 30_000 } });
    let files = files_with(&policy);
    let app = of_the_application.app(&[("GATEHOUSE_CONFIG_DIR", files.path().to_str().unwrap())]).await;
    let address = app.origin.replace("http://localhost", "127.0.0.1");
    let head = format!(
        "GET /gateway/hello HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        good(&issuer, &app)
    );
    let mut waiting = Vec::new();
    for _ in 0..1000 {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        waiting.push(connection);
    }
    // Connections are taken in order: once this one is answered, the others have begun.
    assert_eq!(app.get("/gateway/public", &[]).await.status, 200);
    issuer.stall(false);
    for mut connection in waiting {
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert_eq!(issuer.visits(), 1);
}

#[tokio::test]
async fn ten_thousand_made_up_keys_cause_one_fetch_per_cooldown() {
    const COOLDOWN_SECONDS: u64 = 10;
    let issuer = Issuer::start().await;
    let app = app(&issuer).await;
    assert_eq!(hello(&app, &good(&issuer, &app)).await.status, 200);
    let (before, start) = (issuer.visits(), Instant::now());
    let tokens = (0..10_000).map(|number| unsigned("RS256", &format!("kid-{number}"), &issuer.claims(&app))).collect();
    assert_eq!(send_all(&app, tokens, 50).await, [(401, 10_000)]);
    let cooldowns = usize::try_from(start.elapsed().as_secs() / COOLDOWN_SECONDS).unwrap();
    let visits = issuer.visits() - before;
    assert!((1..=1 + cooldowns).contains(&visits), "{visits} fetches in {:?}", start.elapsed());
    assert_eq!(hello(&app, &good(&issuer, &app)).await.status, 200);
}

#[tokio::test]
async fn a_key_server_that_stalls_holds_up_nobody_whose_key_is_known() {
    let issuer = Issuer::start().await;
    let app = app(&issuer).await;
    assert_eq!(hello(&app, &good(&issuer, &app)).await.status, 200);
    issuer.stall(true);
    let stranger = TestKey::named("stranger").sign(&issuer.claims(&app));
    let (asked, ()) = tokio::join!(hello(&app, &stranger), async {
        eventually("the fetch", async || issuer.visits() == 2).await;
        let known = tokio::time::timeout(Duration::from_secs(4), hello(&app, &good(&issuer, &app))).await;
        assert_eq!(known.expect("it does not wait for the key server").status, 200);
        issuer.stall(false);
    });
    assert_eq!((asked.status, detail(&asked)), (401, json!(UNKNOWN_KEY)));
}

#[tokio::test]
async fn a_key_server_that_stalls_for_good_is_given_up() {
    let issuer = Issuer::start().await;
    let app = app(&issuer).await;
    assert_eq!(hello(&app, &good(&issuer, &app)).await.status, 200);
    issuer.stall(true);
    let page = hello(&app, &TestKey::named("stranger").sign(&issuer.claims(&app))).await;
    assert_eq!(page.status, 503, "nobody can tell whether this key exists");
    assert!(["1", "2"].contains(&page.header("retry-after")), "{}", page.header("retry-after"));
    assert_eq!(hello(&app, &good(&issuer, &app)).await.status, 200);
}

#[tokio::test]
async fn a_key_server_that_lies_replaces_nothing() {
    let encryption = json!({ "keys": [{ "kty": "RSA", "use": "enc", "kid": "ins_1", "n": "AQAB", "e": "AQAB" }] });
    for (status, body) in [
        (200, r#"{"keys":[]}"#.to_owned()),
        (200, "<!doctype html><title>Welcome</title>".to_owned()),
        (200, encryption.to_string()),
        (200, format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(100_000))),
        (500, String::new()),
        (302, String::new()),
    ] {
        let issuer = Issuer::start().await;
        let app = app(&issuer).await;
        assert_eq!(hello(&app, &good(&issuer, &app)).await.status, 200);
        issuer.lie(status, &body);
        let page = hello(&app, &TestKey::named("stranger").sign(&issuer.claims(&app))).await;
        assert_eq!(page.status, 503, "{status} {body:.40}: nobody can tell whether this key exists");
        app.logged("could not fetch a key set").await;
        assert_eq!(hello(&app, &good(&issuer, &app)).await.status, 200, "{status} {body:.40}");
        assert_eq!(app.get("/health/ready", &[]).await.status, 200, "{status} {body:.40}");
    }
}

/// The program within this process, because its clock is to be moved: `now` holds seconds. Returns its URL.
async fn start_with_clock(issuer: &Issuer, project: &TempFolder, now: &Arc<AtomicU64>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let folder = ("GATEHOUSE_CONFIG_DIR", project.path().to_str().unwrap().to_owned());
    let variables = issuer.variables().into_iter().chain([folder, ("GATEHOUSE_METRICS_ADDR", "off".to_owned())]);
    let config = Config::from_variables(variables.map(|(name, value)| (name.to_owned(), value)).collect()).unwrap();
    let now = Arc::clone(now);
    let clock = Arc::new(move || Duration::from_secs(now.load(Ordering::SeqCst)));
    tokio::spawn(run(listener, config, Registry::default(), clock, std::future::pending()));
    url
}

/// With and without the option, at its shortest. A process of its own would have to be waited for: no project may set less
/// than eleven seconds.
#[tokio::test]
async fn keys_serve_for_a_while_after_their_issuer_went_down() {
    keys_serve(&json!({}), &[299, 300, 1_800, 3_599], 3_600).await;
    keys_serve(&json!({ "jwks": { "refreshSeconds": 10, "staleSeconds": 11 } }), &[9, 10], 11).await;
}

/// Keys serve after each of `fresh`, and no longer at `stale`, in seconds since they were fetched.
async fn keys_serve(more: &Value, fresh: &[u32], stale: u32) {
    const START: u32 = 1_700_000_000;
    let mut policy: Value = serde_json::from_str(ARTICLE).unwrap();
    policy["handler"]["options"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (mut issuer, now) = (Issuer::start().await, Arc::new(AtomicU64::new(START.into())));
    let project = files_with(&policy);
    let url = start_with_clock(&issuer, &project, &now).await;
    let claims = session_claims(&issuer.url, &url, START.into());
    let token = issuer.key().sign(&with(claims, "exp", json!(START + 9_000)));
    let client = Client::builder().no_proxy().build().unwrap();
    let hello_at = async |seconds: u32| {
        now.store((START + seconds).into(), Ordering::SeqCst);
        let answer = client.get(format!("{url}/gateway/hello")).bearer_auth(&token).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
    };
    assert_eq!(hello_at(0).await, (200, false));
    issuer.go_down().await;
    for seconds in fresh {
        assert_eq!(hello_at(*seconds).await, (200, false), "{seconds} s after the keys were fetched");
    }
    assert_eq!(hello_at(stale).await, (503, true), "nobody vouches for keys of that age");
    let ready = client.get(format!("{url}/health/ready")).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    issuer.come_up().await;
    assert_eq!(hello_at(stale + 40).await, (200, false));
}

#[tokio::test]
async fn an_idle_gateway_asks_its_issuer_again_by_itself() {
    const START: u32 = 1_700_000_000;
    let (issuer, project, now) = (Issuer::start().await, files(), Arc::new(AtomicU64::new(START.into())));
    let url = start_with_clock(&issuer, &project, &now).await;
    eventually("the first fetch", async || issuer.visits() == 1).await;
    let client = Client::builder().no_proxy().build().unwrap();
    let hello = async |token: &str| {
        client.get(format!("{url}/gateway/hello")).bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    let token =
        || issuer.key().sign(&with(session_claims(&issuer.url, &url, START.into()), "exp", json!(START + 9_000)));
    let old = token();
    assert_eq!(hello(&old).await, 200);
    issuer.rotate();
    now.store((START + 300).into(), Ordering::SeqCst);
    eventually("the second fetch", async || issuer.visits() == 2).await;
    assert_eq!((hello(&token()).await, issuer.visits()), (200, 2), "whoever comes first finds the new key there");
    assert_eq!(hello(&old).await, 401, "and nobody is let in with the old one");
}
