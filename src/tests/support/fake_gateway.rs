//! A gateway that fails on demand, and remembers what it was sent.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Response, StatusCode},
};
use tokio::{net::TcpListener, sync::Notify};

/// What the gateway does with a request.
#[derive(Clone)]
pub enum Behaviour {
    /// Answers this.
    Answer(u16, &'static str),
    /// Refuses the first request with a 401 and greets every other.
    RefuseOnce,
    /// Answers nothing, ever.
    Silence,
    /// Says when a request arrived, and greets once told to.
    Wait { arrived: Arc<Notify>, go_on: Arc<Notify> },
}

/// A gateway on loopback.
pub struct FakeGateway {
    pub url: String,
    /// `Authorization` of every request, in order.
    pub authorizations: Arc<Mutex<Vec<String>>>,
}

impl FakeGateway {
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/some/prefix/", listener.local_addr().unwrap());
        let authorizations = Arc::new(Mutex::new(Vec::new()));
        let state = (behaviour, Arc::clone(&authorizations));
        let app = Router::new().route("/some/prefix/hello", axum::routing::get(answer)).with_state(state);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, authorizations }
    }
}

type Shared = (Behaviour, Arc<Mutex<Vec<String>>>);

async fn answer(State((behaviour, seen)): State<Shared>, request: Request) -> Response<Body> {
    let authorization = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(authorization.unwrap_or_default());
        seen.len()
    };
    let (status, body) = match behaviour {
        Behaviour::Answer(status, body) => (status, body),
        Behaviour::RefuseOnce if number == 1 => (401, ""),
        Behaviour::RefuseOnce => (200, "\"Hello World\""),
        Behaviour::Silence => std::future::pending().await,
        Behaviour::Wait { arrived, go_on } => {
            arrived.notify_one();
            go_on.notified().await;
            (200, "\"Hello World\"")
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}
