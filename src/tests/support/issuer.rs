//! Stands in for a Clerk instance: its own keys, its own key server on loopback, which can go away and come back, keep
//! its visitors waiting, and lie to them.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::{
    App, now,
    testing::{TestKey, session_claims},
};

/// An issuer with one key at a time.
pub struct Issuer {
    pub url: String,
    address: SocketAddr,
    key: Arc<Mutex<Arc<TestKey>>>,
    server: Option<JoinHandle<()>>,
    backend: Arc<Backend>,
    jwks: Arc<JwksServer>,
}

/// How the key server behaves, and who asked it.
struct JwksServer {
    key: Arc<Mutex<Arc<TestKey>>>,
    visits: AtomicUsize,
    /// What it says instead of the truth.
    lie: Mutex<Option<(StatusCode, String)>>,
    /// Whether its visitors wait.
    stalled: watch::Sender<bool>,
}

/// The issuer's Backend API.
#[derive(Default)]
pub struct Backend {
    /// What it answers to a revocation; 200 unless set.
    pub revocation_status: Mutex<Option<u16>>,
    /// The sessions it was told to revoke, with the `Authorization` that came along.
    pub revoked: Mutex<Vec<(String, String)>>,
    /// The claims of the tokens it has to give, the next one first; a 404 once there are none.
    pub tokens: Mutex<VecDeque<Value>>,
    /// The sessions that it gave tokens for.
    pub tokens_given: Mutex<Vec<String>>,
}

impl Issuer {
    /// An issuer whose key server is up.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let key = Arc::new(Mutex::new(TestKey::named("ins_1")));
        let jwks = Arc::new(JwksServer {
            key: Arc::clone(&key),
            visits: AtomicUsize::new(0),
            lie: Mutex::default(),
            stalled: watch::Sender::new(false),
        });
        let url = format!("http://{address}");
        let mut issuer = Self { url, address, key, server: None, backend: Arc::default(), jwks };
        issuer.serve(listener);
        issuer
    }

    fn serve(&mut self, listener: TcpListener) {
        let key = Arc::clone(&self.key);
        let backend = Router::new()
            .route("/v1/sessions/{id}/revoke", post(revoke))
            .route("/v1/sessions/{id}/tokens", post(move |state, path| give_token(state, path, key)))
            .with_state(Arc::clone(&self.backend));
        let app =
            Router::new().route("/.well-known/jwks.json", get(jwks)).with_state(Arc::clone(&self.jwks)).merge(backend);
        self.server = Some(tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }));
    }

    /// Takes the key server away: connections are refused.
    pub async fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            // The port is free once the task is gone.
            let _aborted = server.await;
        }
    }

    /// Brings it back at the same address.
    pub async fn come_up(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    /// How often somebody asked for the keys.
    pub fn visits(&self) -> usize {
        self.jwks.visits.load(Ordering::SeqCst)
    }

    /// Keeps who asks for the keys waiting, or no longer.
    pub fn stall(&self, stalled: bool) {
        self.jwks.stalled.send_replace(stalled);
    }

    /// Answers this to whoever asks for the keys.
    pub fn lie(&self, status: u16, body: &str) {
        *self.jwks.lie.lock().unwrap() = Some((StatusCode::from_u16(status).unwrap(), body.to_owned()));
    }

    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Signs with another key from now on, and publishes only that.
    pub fn rotate(&self) {
        *self.key.lock().unwrap() = TestKey::named("ins_2");
    }

    pub fn key(&self) -> Arc<TestKey> {
        Arc::clone(&self.key.lock().unwrap())
    }

    /// The variables that make the program use this issuer.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let host = STANDARD_NO_PAD.encode(format!("{}$", self.address));
        vec![
            ("CLERK_PUBLISHABLE_KEY", format!("pk_test_{host}")),
            ("CLERK_SECRET_KEY", "sk_test_integration".to_owned()),
            ("CLERK_FRONTEND_API_URL", self.url.clone()),
            ("CLERK_API_URL", self.url.clone()),
        ]
    }

    /// Starts the program with this issuer and more variables.
    pub async fn app(&self, more: &[(&str, &str)]) -> App {
        let own = self.variables();
        let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        App::start(&[&own, more].concat()).await
    }

    /// The claims of a token for `app`, made now.
    pub fn claims(&self, app: &App) -> Value {
        session_claims(&self.url, &app.origin, now())
    }
}

/// Without a lasting connection, going down is noticed at once.
async fn jwks(State(server): State<Arc<JwksServer>>) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    server.visits.fetch_add(1, Ordering::SeqCst);
    let mut stalled = server.stalled.subscribe();
    drop(stalled.wait_for(|stalled| !stalled).await);
    let key = Arc::clone(&server.key.lock().unwrap());
    let truth = || (StatusCode::OK, json!({ "keys": [key.jwk()] }).to_string());
    let (status, body) = server.lie.lock().unwrap().clone().unwrap_or_else(truth);
    (status, [("connection", "close")], body)
}

async fn revoke(
    State(backend): State<Arc<Backend>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    backend.revoked.lock().unwrap().push((id.clone(), authorization.unwrap_or_default()));
    match *backend.revocation_status.lock().unwrap() {
        None => (StatusCode::OK, Json(json!({ "object": "session", "id": id, "status": "revoked" }))),
        Some(status) => (StatusCode::from_u16(status).unwrap(), Json(json!({ "errors": [{ "code": "some_code" }] }))),
    }
}

async fn give_token(
    State(backend): State<Arc<Backend>>,
    Path(id): Path<String>,
    key: Arc<Mutex<Arc<TestKey>>>,
) -> (StatusCode, Json<Value>) {
    let Some(claims) = backend.tokens.lock().unwrap().pop_front() else {
        return (StatusCode::NOT_FOUND, Json(json!({ "errors": [{ "code": "resource_not_found" }] })));
    };
    backend.tokens_given.lock().unwrap().push(id);
    let jwt = key.lock().unwrap().sign(&claims);
    (StatusCode::OK, Json(json!({ "object": "token", "jwt": jwt })))
}
