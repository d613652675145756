//! A Backend API that answers what a case says, and remembers what it was asked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::{
    jwt::{KeyServer, KeySet},
    testing::TestKey,
};

/// The path of the key set.
pub(super) const KEYS: &str = "GET /v1/jwks";

/// What is answered to a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: Value,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// `GET /v1/clients`, with the query.
    pub(super) request: String,
    pub(super) secret: String,
}

#[derive(Debug, Default)]
struct Shared {
    answers: BTreeMap<String, Answer>,
    calls: Vec<Call>,
}

/// The server, for as long as the test's runtime lives.
#[derive(Debug)]
pub(super) struct BackendApi {
    pub(super) url: Url,
    shared: Arc<Mutex<Shared>>,
}

impl BackendApi {
    pub(super) async fn start() -> Self {
        let shared = Arc::<Mutex<Shared>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    /// Forgets what was, and answers this from now on; the key set is the instance's unless said otherwise.
    pub(super) fn answers(&self, answers: BTreeMap<String, Answer>) {
        *self.shared.lock().unwrap() = Shared { answers, calls: Vec::new() };
    }

    pub(super) fn has_answer(&self, path: &str) -> bool {
        self.shared.lock().unwrap().answers.contains_key(path)
    }

    /// The key set that is served here, not fetched yet.
    pub(super) fn keys(&self) -> KeySet {
        let url = self.url.join("/v1/jwks").unwrap();
        KeySet::remote(KeyServer { secret: Some("sk_test_x".into()), ..KeyServer::from(url) }).unwrap()
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.shared.lock().unwrap().calls.clone()
    }
}

async fn answer(
    State(shared): State<Arc<Mutex<Shared>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    let secret = headers.get(header::AUTHORIZATION).map_or("", |value| value.to_str().unwrap());
    let secret = secret.trim_start_matches("Bearer ").to_owned();
    let mut shared = shared.lock().unwrap();
    shared.calls.push(Call { request: format!("{method} {uri}"), secret });
    let path = format!("{method} {}", uri.path());
    match shared.answers.get(&path) {
        Some(answer) => (StatusCode::from_u16(answer.status).unwrap(), Json(answer.json.clone())),
        None if path == KEYS => (StatusCode::OK, Json(key_set(&["instance"]))),
        None => (StatusCode::NOT_FOUND, Json(json!({ "errors": [{ "code": "resource_not_found" }] }))),
    }
}

/// The key set that holds a key for each name.
pub(super) fn key_set(kids: &[&str]) -> Value {
    json!({ "keys": kids.iter().map(|kid| TestKey::named(kid).jwk()).collect::<Vec<_>>() })
}
