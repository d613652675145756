//! Bodies, answers and web sockets over time: who may be slow, what an end says, and what ends a connection.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{
    App, Issuer, Page, Raw, Upstream, canned, chunks, now, project,
    testing::{TempFolder, with},
};

/// What an upstream may answer, and how: `/short` and `/broken` break off.
const CANNED: &[(&str, &str)] = &[
    ("/sized", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-own: 1\r\n\r\nhello"),
    ("/head", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-own: 1\r\n\r\n"),
    ("/open-ended", "HTTP/1.0 200 OK\r\nx-own: 1\r\n\r\nhello"),
    (
        "/trailers",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
    ),
    ("/short", "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello"),
    ("/broken", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    ("/empty", "HTTP/1.1 204 No Content\r\n\r\n"),
    ("/early", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"),
    ("/both", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
];

fn route(export: &str, options: &Value, inbound: &[&str]) -> Value {
    json!({ "x-zuplo-route": {
        "handler": { "export": export, "module": "$import(@zuplo/runtime)", "options": options },
        "policies": { "inbound": inbound },
    } })
}

fn files() -> TempFolder {
    let policies = serde_json::from_str::<Value>(include_str!("../../config/policies.json")).unwrap();
    let clerk = "clerk-jwt-auth-inbound";
    let to = |path: &str, more: Value| {
        let mut options = json!({ "rewritePattern": format!("${{env.UPSTREAM}}{path}") });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options
    };
    let socket =
        |more: Value, inbound: &[&str]| json!({ "get": route("webSocketHandler", &to("/socket", more), inbound) });
    let canned = route("urlForwardHandler", &json!({ "baseUrl": "${env.CANNED}" }), &[]);
    let ending = json!({ "endAtTokenExpiry": true });
    let routes = json!({ "openapi": "3.1.0", "paths": {
        "/slow": { "get": route("urlRewriteHandler", &to("/silence", json!({ "timeoutMs": 100 })), &[]) },
        "/upload": { "post": route("urlRewriteHandler", &to("/sink", json!({ "timeoutMs": 50 })), &[]) },
        "/unread": { "post": route("urlRewriteHandler", &to("/silence", json!({ "timeoutMs": 50 })), &[]) },
        "/expected": { "post": route("urlRewriteHandler", &to("/expected", json!({})), &[clerk]) },
        "/socket": socket(json!({}), &[]),
        "/socket/idle": socket(json!({ "idleTimeoutMs": 50 }), &[]),
        "/socket/mine": socket(json!({}), &[clerk]),
        "/socket/ending": socket(ending.clone(), &[clerk]),
        "/events": { "get": route("urlRewriteHandler", &to("/stream", ending), &[clerk]) },
        "/{any}": { "get": canned, "head": canned },
    } });
    project(&[("policies.json", &policies), ("routes.oas.json", &routes)])
}

struct Scene {
    issuer: Issuer,
    upstream: Upstream,
    app: App,
}

async fn scene() -> Scene {
    let (issuer, upstream, folder) = (Issuer::start().await, Upstream::start().await, files());
    let (path, canned) = (folder.path().to_str().unwrap(), canned(CANNED).await);
    let app = issuer.app(&[("GATEHOUSE_CONFIG_DIR", path), ("UPSTREAM", &upstream.url), ("CANNED", &canned)]).await;
    Scene { issuer, upstream, app }
}

impl Scene {
    /// A token that ended a second ago, which is within the tolerated skew.
    fn old_token(&self) -> String {
        let claims = with(self.issuer.claims(&self.app), "exp", json!(now() - 1.0));
        self.issuer.key().sign(&claims)
    }

    /// An open web socket; what is sent on it comes back.
    async fn socket(&self, path: &str, token: &str) -> Raw {
        let mut raw = Raw::connect(&self.app).await;
        let head = format!(
            "GET /gateway{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: Upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n\r\n"
        );
        raw.send(head.as_bytes()).await;
        let answer = raw.head().await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        raw
    }
}

#[tokio::test]
async fn a_slow_client_is_no_slow_upstream() {
    let scene = scene().await;
    let (writer, body) = chunks();
    let upload = scene.app.request(Method::POST, "/gateway/upload").body(reqwest::Body::wrap(body));
    let mut arrived = scene.upstream.sink.lock().await;
    let (page, ()) = tokio::join!(async { Page::read(upload.send().await.unwrap()).await }, async {
        writer.send("one").unwrap();
        assert_eq!(arrived.recv().await.unwrap(), b"one");
        // Another request waits twice as long as the upload may take, and is refused.
        assert_eq!(scene.app.get("/gateway/slow", &[]).await.status, 504);
        writer.send("two").unwrap();
        drop(writer);
    });
    assert_eq!((page.status, page.body.as_str()), (200, "done"));
    let page = Page::read(scene.app.request(Method::POST, "/gateway/unread").body("abc").send().await.unwrap()).await;
    assert_eq!(page.status, 504, "an upstream that has the whole body is slow");
}

#[tokio::test]
async fn a_web_socket_on_which_nothing_moves_ends() {
    let scene = scene().await;
    let mut socket = scene.socket("/socket/idle", "").await;
    assert_eq!(socket.rest().await, "");
    scene.app.logged("a web socket ended").await;
    assert!(scene.app.logged("a web socket ended").await.contains("end=Idle"));
}

#[tokio::test]
async fn a_web_socket_ends_with_its_token_if_the_project_says_so() {
    let scene = scene().await;
    let token = scene.old_token();
    assert_eq!(scene.socket("/socket/ending", &token).await.rest().await, "");
    assert!(scene.app.logged("a web socket ended").await.contains("end=Expired"));
    let mut socket = scene.socket("/socket/mine", &token).await;
    socket.send(b"still there").await;
    assert_eq!(socket.exactly(11).await, "still there");
}

#[tokio::test]
async fn an_answer_that_ends_with_its_token_breaks_off() {
    let scene = scene().await;
    let bearer = format!("Bearer {}", scene.old_token());
    let request = scene.app.request(Method::GET, "/gateway/events").header("authorization", bearer);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let writer = scene.upstream.stream.lock().unwrap().take().unwrap();
    assert!(answer.text().await.is_err(), "an end would say that this was all");
    drop(writer);
}

#[tokio::test]
async fn a_stop_ends_web_sockets() {
    let scene = scene().await;
    let mut socket = scene.socket("/socket", "").await;
    socket.send(b"hello").await;
    assert_eq!(socket.exactly(5).await, "hello");
    scene.app.signal("TERM");
    assert_eq!(socket.rest().await, "");
    assert!(scene.app.logged("a web socket ended").await.contains("end=Stopped"));
    assert!(scene.app.wait().await.success());
}

/// The head, the status line apart, and the body as it came.
async fn raw(scene: &Scene, method: &str, path: &str) -> (String, String) {
    let (head, body) = Raw::ask(&scene.app, &format!("{method} /gateway{path} HTTP/1.1")).await;
    assert!(head.starts_with("HTTP/1.1 20"), "{path}: {head}");
    (head, body)
}

#[tokio::test]
async fn answers_keep_their_shape() {
    let scene = scene().await;
    let (head, body) = raw(&scene, "GET", "/sized").await;
    assert!(head.contains("content-length: 5\r\n") && head.contains("x-own: 1\r\n"), "{head}");
    assert_eq!(body, "hello");
    let (head, body) = raw(&scene, "HEAD", "/head").await;
    assert!(head.contains("content-length: 5\r\n") && head.contains("x-own: 1\r\n"), "{head}");
    assert_eq!(body, "");
    let (head, body) = raw(&scene, "GET", "/empty").await;
    assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
    assert_eq!(body, "");
    for path in ["/open-ended", "/trailers", "/both"] {
        let (head, body) = raw(&scene, "GET", path).await;
        assert!(head.contains("transfer-encoding: chunked\r\n"), "{path}: {head}");
        assert!(!head.contains("content-length") && !head.contains("trailer"), "{path}: {head}");
        assert_eq!(body, "5\r\nhello\r\n0\r\n\r\n", "{path}: no trailer that nobody looked at");
    }
    let (_, body) = raw(&scene, "GET", "/early").await;
    assert_eq!(body, "hello");
}

#[tokio::test]
async fn an_answer_that_breaks_off_does_not_look_whole() {
    let scene = scene().await;
    let (head, body) = raw(&scene, "GET", "/short").await;
    assert!(head.contains("content-length: 50\r\n"), "{head}");
    assert!(body.len() < 50, "{body}");
    let (head, body) = raw(&scene, "GET", "/broken").await;
    assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
    assert!(!body.ends_with("0\r\n\r\n"), "{body}");
}

#[tokio::test]
async fn who_waits_for_a_go_ahead_gets_it_from_the_policies() {
    let scene = scene().await;
    let head = |token: &str| {
        format!(
            "POST /gateway/expected HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 5\r\n\
             authorization: Bearer {token}\r\nexpect: 100-continue\r\n\r\n"
        )
    };
    let mut refused = Raw::connect(&scene.app).await;
    refused.send(head("a.b.c").as_bytes()).await;
    let answer = refused.head().await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let mut welcome = Raw::connect(&scene.app).await;
    welcome.send(head(&scene.old_token()).as_bytes()).await;
    assert_eq!(welcome.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    welcome.send(b"hello").await;
    let answer = welcome.head().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let seen: Value = serde_json::from_str(&welcome.rest().await).unwrap();
    assert_eq!((&seen["body"], &seen["headers"]["expect"]), (&json!("hello"), &Value::Null));
}
