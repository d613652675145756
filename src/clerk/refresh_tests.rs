//! One call for a page and all that it loads.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Json, Router, routing::post};
use http::{Request, request::Parts};
use serde_json::json;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use url::Url;

use super::*;
use crate::{
    clerk::{BackendClient, ClerkOptions, PublishableKey},
    jwt::{KeySet, Rules, Verifier, public_key_from_pem},
    testing::{TestKey, session_claims, with},
};

const ISSUER: &str = "https://local-dev-1.clerk.accounts.dev";
const ORIGIN: &str = "http://localhost:3000";
const PUBLISHABLE_KEY: &str = "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";
const NOW: Duration = Duration::from_secs(1_666_648_250);

fn token(session_id: &str, expires: f64) -> String {
    let claims = with(session_claims(ISSUER, ORIGIN, NOW.as_secs_f64() - 60.0), "sid", json!(session_id));
    TestKey::named("one").sign(&with(claims, "exp", json!(NOW.as_secs_f64() + expires)))
}

/// An application, and a Backend API that renews once it may go on.
struct Stage {
    clerk: Arc<Clerk>,
    calls: Arc<AtomicUsize>,
    go_on: watch::Sender<bool>,
}

impl Stage {
    async fn set() -> Self {
        let (calls, go_on) = (Arc::new(AtomicUsize::new(0)), watch::Sender::new(false));
        let (counter, gate) = (Arc::clone(&calls), go_on.clone());
        let refresh = move || async move {
            counter.fetch_add(1, Ordering::SeqCst);
            gate.subscribe().wait_for(|open| *open).await.unwrap();
            Json(json!({ "object": "cookies", "cookies": [format!("__session={}; Path=/", token("sess_1", 60.0))] }))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let app = Router::new().route("/v1/sessions/{id}/refresh", post(refresh));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let key = PublishableKey::parse(PUBLISHABLE_KEY).unwrap();
        let options = ClerkOptions::new(key, ISSUER.parse().unwrap(), ORIGIN.parse().unwrap());
        let public_key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
        let verifier = Verifier::new(Arc::new(KeySet::fixed(public_key)), Rules::clerk(ISSUER, Vec::new()));
        let backend = BackendClient::new(api_url, "sk_test_x".into()).unwrap();
        Self { clerk: Arc::new(Clerk::new(options, verifier, backend).unwrap()), calls, go_on }
    }

    /// A request of a browser with these cookies, under way.
    fn get(&self, parts: Parts) -> JoinHandle<RequestState> {
        let clerk = Arc::clone(&self.clerk);
        tokio::spawn(async move { clerk.authenticate_request(&parts, NOW).await.unwrap() })
    }

    /// Waits until so many calls were made, and lets them go on.
    async fn release(&self, calls: usize) {
        let made = async {
            while self.calls.load(Ordering::SeqCst) < calls {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), made).await.expect("they are made");
        self.go_on.send_replace(true);
    }
}

fn parts(path: &str, expired: &str, refresh: &str) -> Parts {
    let cookies = format!("__session={expired}; __client_uat=1; __clerk_db_jwt=dvb_1; __refresh_3_AN3zpR={refresh}");
    Request::get(path).header("cookie", cookies).body(()).unwrap().into_parts().0
}

#[tokio::test]
async fn a_page_and_all_that_it_loads_are_renewed_by_one_call() {
    let (stage, expired) = (Stage::set().await, token("sess_1", -10.0));
    let paths = (0..20).map(|number| format!("/picture-{number}.svg"));
    let requests: Vec<_> = paths.map(|path| stage.get(parts(&path, &expired, "refresh-1"))).collect();
    stage.release(1).await;
    for request in requests {
        let state = request.await.unwrap();
        let RequestState::SignedIn { user, headers } = state else { panic!("{state:?}") };
        assert_eq!((user.user_id(), headers.get_all("set-cookie").iter().count()), ("user_1", 1));
    }
    assert_eq!(stage.calls.load(Ordering::SeqCst), 1);
    assert!(matches!(stage.get(parts("/", &expired, "refresh-1")).await.unwrap(), RequestState::SignedIn { .. }));
    assert_eq!(stage.calls.load(Ordering::SeqCst), 2, "what ended is not kept");
}

#[tokio::test]
async fn who_brings_other_tokens_shares_nobodys_call() {
    let (stage, expired) = (Stage::set().await, token("sess_1", -10.0));
    let requests = [
        parts("/", &expired, "refresh-1"),
        parts("/", &expired, "refresh-2"),
        parts("/", &token("sess_2", -10.0), "refresh-1"),
        parts("/", &token("sess_1", -11.0), "refresh-1"),
    ];
    let count = requests.len();
    let requests = requests.map(|parts| stage.get(parts));
    stage.release(count).await;
    for request in requests {
        assert!(matches!(request.await.unwrap(), RequestState::SignedIn { .. }));
    }
    assert_eq!(stage.calls.load(Ordering::SeqCst), count);
}
