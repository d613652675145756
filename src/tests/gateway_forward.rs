//! Requests that the gateway sends on: what the upstream gets, what comes back, and what happens when it fails.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{App, Issuer, Page, Upstream, chunks, eventually, project, testing::TempFolder};

fn route(export: &str, options: &Value, inbound: &[&str]) -> Value {
    json!({
        "x-zuplo-route": {
            "handler": { "export": export, "module": "$import(@zuplo/runtime)", "options": options },
            "policies": { "inbound": inbound },
        },
    })
}

fn files() -> TempFolder {
    let mut policy =
        serde_json::from_str::<Value>(include_str!("../../config/policies.json")).unwrap()["policies"][0].take();
    policy["name"] = json!("clerk");
    policy["handler"]["options"]["claimsToHeaders"] = json!({ "sub": "x-user-id", "org_id": "x-org-id" });
    policy["handler"]["options"]["removeAuthorizationHeader"] = json!(true);
    let forward = |inbound: &[&str]| route("urlForwardHandler", &json!({ "baseUrl": "${env.UPSTREAM}" }), inbound);
    let rewrite = |pattern: &str, more: Value| {
        let mut options = json!({ "rewritePattern": pattern });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "get": route("urlRewriteHandler", &options, &[]) })
    };
    let routes = json!({
        "openapi": "3.1.0",
        "paths": {
            "/mine/{id}": { "get": forward(&["clerk"]) },
            "/users/{id}": rewrite("${env.UPSTREAM}/v2/people/${params.id}?from=gate", json!({})),
            "/search": rewrite("${env.UPSTREAM}/find?q=${query.q}", json!({ "forwardSearch": false })),
            "/moved": rewrite("${env.UPSTREAM}/moved", json!({})),
            "/follow": rewrite("${env.UPSTREAM}/moved", json!({ "followRedirects": true })),
            "/follow-away": rewrite("${env.UPSTREAM}/away", json!({ "followRedirects": true })),
            "/slow": rewrite("${env.UPSTREAM}/silence", json!({ "timeoutMs": 500 })),
            "/dead": rewrite("http://127.0.0.1:9/", json!({})),
            "/socket": { "get": route("webSocketHandler", &json!({ "rewritePattern": "${env.UPSTREAM}/socket" }), &[]) },
            "/(.*)": { "x-zuplo-path": { "pathMode": "url-pattern" }, "get": forward(&[]), "post": forward(&[]) },
        },
    });
    project(&[("policies.json", &json!([policy])), ("routes.oas.json", &routes)])
}

struct Scene {
    issuer: Issuer,
    upstream: Upstream,
    app: App,
}

async fn scene(more: &[(&str, &str)]) -> Scene {
    let (issuer, upstream, folder) = (Issuer::start().await, Upstream::start().await, files());
    let own = [("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap()), ("UPSTREAM", &upstream.url)];
    let app = issuer.app(&[&own, more].concat()).await;
    Scene { issuer, upstream, app }
}

impl Scene {
    /// What the upstream was sent.
    async fn echo(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        let page = self.app.get(&format!("/gateway{path}"), headers).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert_eq!((page.header("x-upstream"), page.header("x-hop")), ("1", ""), "hop-by-hop headers end here");
        assert_eq!(page.header("access-control-allow-origin"), "", "the gateway alone decides on CORS");
        serde_json::from_str(&page.body).unwrap()
    }
}

#[tokio::test]
async fn requests_go_where_the_template_says() {
    let scene = scene(&[]).await;
    for (path, uri) in [
        ("/any/thing%20else?a=1&b=%2F", "/any/thing%20else?a=1&b=%2F"),
        ("/users/a%3Fb?c=1", "/v2/people/a%3Fb?from=gate&c=1"),
        ("/search?q=x%26y&z=1", "/find?q=x%26y"),
        ("/users/..%20", "/v2/people/..%20?from=gate"),
        ("/follow", "/echo?moved"),
    ] {
        assert_eq!(scene.echo(path, &[]).await["uri"], uri, "{path}");
    }
    let page = scene.app.get("/gateway/moved", &[]).await;
    assert_eq!((page.status, page.header("location")), (302, "/echo?moved"));
    let page = scene.app.get("/gateway/follow-away", &[]).await;
    assert_eq!((page.status, page.header("location")), (302, "https://elsewhere.example/"), "not to another origin");
}

#[tokio::test]
async fn the_upstream_learns_who_calls_from_the_gateway_only() {
    let scene = scene(&[]).await;
    let token = scene.issuer.key().sign(&scene.issuer.claims(&scene.app));
    let bearer = format!("Bearer {token}");
    let forged = [
        ("X-User-Id", "forged"),
        ("x-org-id", "forged"),
        ("x-forwarded-for", "9.9.9.9"),
        ("true-client-ip", "9.9.9.9"),
        ("zp-rid", "forged"),
        ("connection", "x-user-id"),
        ("te", "trailers"),
    ];
    let seen = scene.echo("/open", &forged).await["headers"].clone();
    for name in ["x-user-id", "x-org-id", "te"] {
        assert_eq!(seen[name], Value::Null, "{name}");
    }
    assert_eq!((&seen["x-forwarded-for"], &seen["true-client-ip"]), (&json!("127.0.0.1"), &json!("127.0.0.1")));
    assert_eq!(seen["host"], scene.upstream.url.replace("http://", ""));
    assert_eq!(seen["x-forwarded-host"], scene.app.origin.replace("http://", ""));
    let headers = [&forged[..], &[("authorization", &bearer)]].concat();
    let seen = scene.echo("/mine/1", &headers).await["headers"].clone();
    assert_eq!((&seen["x-user-id"], &seen["x-org-id"]), (&json!("user_1"), &Value::Null));
    assert_eq!(seen["authorization"], Value::Null, "the token stays here");
    assert_eq!(scene.app.get("/gateway/mine/1", &forged).await.status, 401);
}

#[tokio::test]
async fn trusted_proxies_say_where_a_request_comes_from() {
    let scene = scene(&[("GATEWAY_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let headers = [("x-forwarded-for", "9.9.9.9, 192.0.2.7"), ("x-forwarded-proto", "https")];
    let seen = scene.echo("/open", &headers).await["headers"].clone();
    assert_eq!((&seen["true-client-ip"], &seen["x-forwarded-proto"]), (&json!("192.0.2.7"), &json!("https")));
}

#[tokio::test]
async fn the_request_id_is_the_same_everywhere() {
    let scene = scene(&[]).await;
    let page = scene.app.get("/gateway/any", &[]).await;
    let seen: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(seen["headers"]["zp-rid"], page.header("zp-rid"));
    assert_eq!(page.header("zp-rid").len(), 36);
    for (path, status) in [("/gateway/dead", 502), ("/gateway/slow", 504)] {
        let page = scene.app.get(path, &[]).await;
        assert_eq!((page.status, page.header("content-type")), (status, "application/problem+json"), "{path}");
        let problem: Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!(problem["trace"]["requestId"], page.header("zp-rid"), "{path}");
        scene.app.logged(page.header("zp-rid")).await;
        if status == 504 {
            assert_eq!(*scene.upstream.unanswered.lock().unwrap(), [page.header("zp-rid")], "the upstream's own");
        }
    }
}

#[tokio::test]
async fn an_upstream_that_fails_is_told_apart() {
    let scene = scene(&[]).await;
    for (path, status, detail) in
        [("/dead", 502, "The upstream cannot be reached."), ("/slow", 504, "The upstream took too long to answer.")]
    {
        let page = scene.app.get(&format!("/gateway{path}"), &[]).await;
        assert_eq!(page.status, status, "{path}: {}", page.body);
        assert!(page.body.contains(detail), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn answers_arrive_while_they_are_written() {
    let scene = scene(&[]).await;
    let request = scene.app.request(reqwest::Method::GET, "/gateway/stream").header("accept-encoding", "gzip");
    let mut answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let writer = scene.upstream.stream.lock().unwrap().take().unwrap();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        writer.send(event).unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), event);
    }
    drop(writer);
    assert_eq!(answer.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn bodies_arrive_while_they_are_sent() {
    let scene = scene(&[]).await;
    let (writer, body) = chunks();
    let request = scene.app.request(reqwest::Method::POST, "/gateway/sink").body(reqwest::Body::wrap(body));
    let mut arrived = scene.upstream.sink.lock().await;
    let (page, ()) = tokio::join!(async { Page::read(request.send().await.unwrap()).await }, async {
        for chunk in ["one", "two"] {
            writer.send(chunk).unwrap();
            assert_eq!(arrived.recv().await.unwrap(), chunk.as_bytes());
        }
        drop(writer);
    });
    assert_eq!((page.status, page.body.as_str()), (200, "done"));
}

#[tokio::test]
async fn a_get_goes_on_without_its_body() {
    let scene = scene(&[]).await;
    let request = scene.app.request(reqwest::Method::GET, "/gateway/any").body("abc");
    let seen: Value = serde_json::from_str(&Page::read(request.send().await.unwrap()).await.body).unwrap();
    assert_eq!((&seen["body"], &seen["headers"]["zp-body-removed"]), (&json!(""), &json!("true")));
    let request = scene.app.request(reqwest::Method::POST, "/gateway/any").body("abc");
    let seen: Value = serde_json::from_str(&Page::read(request.send().await.unwrap()).await.body).unwrap();
    assert_eq!((&seen["body"], &seen["headers"]["zp-body-removed"]), (&json!("abc"), &Value::Null));
}

#[tokio::test]
async fn web_sockets_pass_through() {
    let scene = scene(&[]).await;
    let mut stream = TcpStream::connect(scene.app.origin.replace("http://localhost", "127.0.0.1")).await.unwrap();
    let head = "GET /gateway/socket HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-key: x\r\nsec-websocket-version: 13\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains("sec-websocket-accept: x"), "{answer}");
    for text in [&b"hello"[..], b"again"] {
        stream.write_all(text).await.unwrap();
        let mut echoed = vec![0; text.len()];
        tokio::time::timeout(Duration::from_secs(30), stream.read_exact(&mut echoed)).await.unwrap().unwrap();
        assert_eq!(echoed, text);
    }
    scene.app.signal("TERM");
    eventually("the stop", async || scene.app.log().contains("stopping")).await;
}
