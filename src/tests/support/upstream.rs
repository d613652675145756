//! An upstream that says what it was sent, and does what the path asks for.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode},
    response::IntoResponse,
    routing::any,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

use super::stream::{Chunks, chunks};

/// An upstream on loopback.
pub struct Upstream {
    pub url: String,
    /// Writes the bodies of answers to `/stream`.
    pub stream: Arc<Mutex<Option<Chunks>>>,
    /// The chunks of bodies that are sent to `/sink`, as they arrive.
    pub sink: tokio::sync::Mutex<mpsc::UnboundedReceiver<Vec<u8>>>,
    /// The request ids of what was sent to `/silence`, in order.
    pub unanswered: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Shared {
    stream: Arc<Mutex<Option<Chunks>>>,
    sink: mpsc::UnboundedSender<Vec<u8>>,
    unanswered: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, receiver) = mpsc::unbounded_channel();
        let shared = Shared { stream: Arc::default(), sink: sender, unanswered: Arc::default() };
        let (stream, unanswered) = (Arc::clone(&shared.stream), Arc::clone(&shared.unanswered));
        let app = Router::new()
            .route("/silence", any(silence))
            .route("/stream", any(serve_stream))
            .route("/sink", any(sink))
            .route("/moved", any(|| async { (StatusCode::FOUND, [("location", "/echo?moved")]) }))
            .route("/away", any(|| async { (StatusCode::FOUND, [("location", "https://elsewhere.example/")]) }))
            .route("/socket", any(socket))
            .fallback(echo)
            .with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, stream, sink: tokio::sync::Mutex::new(receiver), unanswered }
    }
}

/// What arrived, as JSON, with headers that must not get through.
async fn echo(request: Request) -> impl IntoResponse {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let headers =
        [("access-control-allow-origin", "*"), ("connection", "close, x-hop"), ("x-hop", "1"), ("x-upstream", "1")];
    (
        headers,
        Json(json!({
            "method": parts.method.as_str(),
            "uri": parts.uri.to_string(),
            "headers": readable(&parts.headers),
            "body": String::from_utf8_lossy(&body),
        })),
    )
}

fn readable(headers: &HeaderMap) -> Value {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), json!(value.to_str().unwrap()))).collect()
}

async fn silence(State(shared): State<Shared>, headers: HeaderMap) {
    shared.unanswered.lock().unwrap().push(headers["zp-rid"].to_str().unwrap().to_owned());
    std::future::pending().await
}

async fn serve_stream(State(shared): State<Shared>) -> Response<Body> {
    let (sender, body) = chunks();
    *shared.stream.lock().unwrap() = Some(sender);
    Response::builder().header("content-type", "text/event-stream").body(Body::new(body)).unwrap()
}

async fn sink(State(shared): State<Shared>, request: Request) -> &'static str {
    use http_body_util::BodyExt;
    let mut body = request.into_body();
    while let Some(Ok(frame)) = body.frame().await {
        shared.sink.send(frame.into_data().unwrap().to_vec()).unwrap();
    }
    "done"
}

/// A web socket without its framing: every byte comes back.
async fn socket(mut request: Request) -> Response<Body> {
    assert_eq!(request.headers()["upgrade"], "websocket");
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut io = hyper_util::rt::TokioIo::new(upgrade.await.unwrap());
        let mut buffer = [0; 64];
        loop {
            match io.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => io.write_all(&buffer[..count]).await.unwrap(),
            }
        }
    });
    let response = Response::builder().status(101).header("connection", "upgrade").header("upgrade", "websocket");
    response.header("sec-websocket-accept", "x").body(Body::empty()).unwrap()
}
