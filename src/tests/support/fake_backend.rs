//! A Backend API that answers what a test tells it to, and remembers what it was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode},
};
use gatehouse::clerk::backend::{BackendClient, RetryPolicy};
use serde_json::Value;
use tokio::{io::AsyncReadExt, net::TcpListener};

pub const SECRET_KEY: &str = "sk_test_hush";

/// A request, read whole.
pub struct Received {
    pub method: String,
    /// As it was sent, with what is encoded in it.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    /// The request as one line, without the headers.
    pub fn line(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{} {}{query} {}", self.method, self.path, self.body).trim_end().to_owned()
    }
}

/// What is answered; nothing at all to a status of 0.
#[derive(Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

impl Answer {
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "tests write the value where they pass it")]
    pub fn json(status: u16, body: Value) -> Self {
        Self::text(status, body.to_string())
    }

    pub fn silence() -> Self {
        Self::text(0, "")
    }

    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

type Script = dyn Fn(usize, &Received) -> Answer + Send + Sync;

/// A Backend API on loopback.
#[derive(Clone)]
pub struct FakeBackend {
    pub url: String,
    script: Arc<Script>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl FakeBackend {
    /// Answers what `script` says to the request, which is given to it with the number of those before it.
    pub async fn start(script: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let backend = Self { url, script: Arc::new(script), received: Arc::default() };
        let app = Router::new().fallback(answer).with_state(backend.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        backend
    }

    /// Answers this to everything.
    pub async fn answering(answer: Answer) -> Self {
        Self::start(move |_, _| answer.clone()).await
    }

    /// A client that does not make tests wait.
    pub fn client(&self) -> BackendClient {
        backend_client(&self.url, quick_retries())
    }

    /// What it was asked so far, which it then forgets.
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }

    /// As [`FakeBackend::received`], each request as one line.
    pub fn lines(&self) -> Vec<String> {
        self.received().iter().map(Received::line).collect()
    }

    /// How often it was asked since it last forgot.
    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }
}

pub fn backend_client(url: &str, retry: RetryPolicy) -> BackendClient {
    BackendClient::with_retry_policy(url.parse().unwrap(), SECRET_KEY.into(), retry).unwrap()
}

/// Two more tries at once; whoever asks for a wait is not asked again.
pub fn quick_retries() -> RetryPolicy {
    let (none, long) = (Duration::ZERO, Duration::from_secs(60));
    RetryPolicy { first_delay: none, longest_wait: none, total: long, ..RetryPolicy::default() }
}

async fn answer(State(backend): State<FakeBackend>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().unwrap_or_default().to_owned());
    let request = Received { method: parts.method.to_string(), path, query, headers: parts.headers, body };
    let answer = {
        let mut received = backend.received.lock().unwrap();
        let answer = (backend.script)(received.len(), &request);
        received.push(request);
        answer
    };
    if answer.status == 0 {
        return std::future::pending().await;
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// A server that takes connections, reads a little and hangs up. Returns its address and counts the connections.
pub async fn hangs_up() -> (String, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connections = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            *counted.lock().unwrap() += 1;
            let _read = connection.read(&mut [0; 16]).await;
        }
    });
    (address, connections)
}
