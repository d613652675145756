//! A key server on loopback that can fail, change its keys and count its visitors.

use std::sync::{
    Arc, Mutex as StdMutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, http::StatusCode, routing::get};
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use super::KeySet;
use crate::testing::TestKey;

/// A key server. What it answers can be changed at any time.
pub struct TestServer {
    pub url: Url,
    visits: Arc<AtomicUsize>,
    answer: Arc<StdMutex<(StatusCode, String)>>,
}

impl TestServer {
    pub async fn start(kids: &[&str]) -> Self {
        let visits = Arc::new(AtomicUsize::new(0));
        let answer = Arc::new(StdMutex::new((StatusCode::OK, jwks(kids))));
        let (counter, answers) = (Arc::clone(&visits), Arc::clone(&answer));
        let handler = move || async move {
            counter.fetch_add(1, Ordering::SeqCst);
            answers.lock().unwrap().clone()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/jwks", listener.local_addr().unwrap())).unwrap();
        let app = Router::new()
            .route("/moved", get(|| async { (StatusCode::FOUND, [("location", "/jwks")]) }))
            .route("/.well-known/jwks.json", get(handler.clone()))
            .route("/jwks", get(handler));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, visits, answer }
    }

    pub fn answers(&self, status: u16, body: String) {
        *self.answer.lock().unwrap() = (StatusCode::from_u16(status).unwrap(), body);
    }

    pub fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    pub fn key_set(&self) -> Arc<KeySet> {
        // Waits after failures are whole seconds.
        Arc::new(KeySet::with_jitter(self.url.clone().into(), || 0.0).unwrap())
    }
}

pub fn jwks(kids: &[&str]) -> String {
    json!({ "keys": kids.iter().map(|kid| TestKey::named(kid).jwk()).collect::<Vec<_>>() }).to_string()
}
