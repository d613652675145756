//! One call for everybody who wants the same token.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Json, Router, http::StatusCode, routing::post};
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};
use url::Url;

use super::*;
use crate::{
    clerk::{BackendClient, ClerkOptions, PublishableKey},
    jwt::{Claims, KeySet, Rules, Verifier, public_key_from_pem},
    testing::{TestKey, session_claims},
};

const NOW: Duration = Duration::from_secs(1_666_648_250);

/// A Backend API whose calls wait until they may go on.
struct SlowBackend {
    url: Url,
    calls: Arc<AtomicUsize>,
    go_on: Arc<Notify>,
}

impl SlowBackend {
    async fn start(status: StatusCode) -> Self {
        let (calls, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (counter, gate) = (Arc::clone(&calls), Arc::clone(&go_on));
        let handler = move || async move {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            gate.notified().await;
            (status, Json(json!({ "object": "token", "jwt": format!("token-{number}") })))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (session, template) = ("/v1/sessions/{id}/tokens", "/v1/sessions/{id}/tokens/{template}");
        let app = Router::new().route(session, post(handler.clone())).route(template, post(handler));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, calls, go_on }
    }

    fn clerk(&self) -> Arc<Clerk> {
        let publishable_key = PublishableKey::parse("pk_test_Y2xlcmsuY2xlcmsuZGV2JA").unwrap();
        let options = ClerkOptions::new(publishable_key, self.url.clone(), self.url.clone());
        let key = public_key_from_pem(&TestKey::named("one").public_pem()).unwrap();
        let verifier = Verifier::new(Arc::new(KeySet::fixed(key)), Rules::clerk("x", Vec::new()));
        let backend = BackendClient::new(self.url.clone(), "sk_test_x".into()).unwrap();
        Arc::new(Clerk::new(options, verifier, backend).unwrap())
    }

    /// Lets the calls under way go on, once there are this many.
    async fn release(&self, calls: usize) {
        until(|| self.calls.load(Ordering::SeqCst) == calls).await;
        self.go_on.notify_waiters();
    }
}

async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it happens");
}

fn user(session_id: &str) -> SignedIn {
    let mut claims = session_claims("x", "y", NOW.as_secs_f64());
    claims["sid"] = json!(session_id);
    let claims = Claims::new(claims.as_object().unwrap().clone());
    SignedIn::new(claims, "own".into())
}

/// Asks for a token many times at once, and waits until everybody has.
async fn ask(clerk: &Arc<Clerk>, wanted: &[(&'static str, TokenOptions)]) -> Vec<JoinHandle<String>> {
    let asked = Arc::new(AtomicUsize::new(0));
    let calls = wanted.iter().cloned().map(|(session_id, options)| {
        let (clerk, asked) = (Arc::clone(clerk), Arc::clone(&asked));
        tokio::spawn(async move {
            asked.fetch_add(1, Ordering::SeqCst);
            match clerk.get_token(&user(session_id), &options, NOW).await {
                Ok(token) => token.expose().to_owned(),
                Err(error) => error.to_string(),
            }
        })
    });
    let calls = calls.collect();
    until(|| asked.load(Ordering::SeqCst) == wanted.len()).await;
    calls
}

#[tokio::test]
async fn everybody_who_wants_the_same_token_waits_for_one_call() {
    let backend = SlowBackend::start(StatusCode::OK).await;
    let clerk = backend.clerk();
    let calls = ask(&clerk, &vec![("sess_1", TokenOptions::fresh()); 50]).await;
    backend.release(1).await;
    for call in calls {
        assert_eq!(call.await.unwrap(), "token-0");
    }
    let calls = ask(&clerk, &[("sess_1", TokenOptions::fresh())]).await;
    backend.release(2).await;
    assert_eq!(
        calls.into_iter().next().unwrap().await.unwrap(),
        "token-1",
        "a call that ended is nobody's to wait for"
    );
    assert_eq!(clerk.new_tokens.seats(&wanted("sess_1")), 0);
}

#[tokio::test]
async fn other_sessions_and_templates_have_calls_of_their_own() {
    let backend = SlowBackend::start(StatusCode::OK).await;
    let clerk = backend.clerk();
    let lifetime = TokenOptions { expires_in_seconds: Some(30), ..TokenOptions::default() };
    let wanted = [
        ("sess_1", TokenOptions::fresh()),
        ("sess_2", TokenOptions::fresh()),
        ("sess_1", TokenOptions::template("supabase")),
        ("sess_1", TokenOptions::template("hasura")),
        ("sess_1", lifetime),
    ];
    let calls = ask(&clerk, &wanted).await;
    backend.release(wanted.len()).await;
    let mut tokens = Vec::new();
    for call in calls {
        tokens.push(call.await.unwrap());
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), wanted.len());
}

#[tokio::test]
async fn a_failure_is_shared_and_then_forgotten() {
    let backend = SlowBackend::start(StatusCode::BAD_REQUEST).await;
    let clerk = backend.clerk();
    let calls = ask(&clerk, &vec![("sess_1", TokenOptions::fresh()); 10]).await;
    backend.release(1).await;
    for call in calls {
        assert!(call.await.unwrap().contains("400"));
    }
    assert_eq!(clerk.new_tokens.seats(&wanted("sess_1")), 0);
}

#[tokio::test]
async fn whoever_goes_away_leaves_nothing_behind() {
    let backend = SlowBackend::start(StatusCode::OK).await;
    let clerk = backend.clerk();
    let calls = ask(&clerk, &vec![("sess_1", TokenOptions::fresh()); 2]).await;
    until(|| backend.calls.load(Ordering::SeqCst) == 1).await;
    for call in calls {
        call.abort();
        let _aborted = call.await;
    }
    assert_eq!(clerk.new_tokens.seats(&wanted("sess_1")), 0);
}

#[tokio::test]
async fn the_requests_own_token_counts_while_it_has_more_than_five_seconds() {
    let backend = SlowBackend::start(StatusCode::OK).await;
    let clerk = backend.clerk();
    let at = |seconds: u64| NOW + Duration::from_secs(seconds);
    let own = clerk.get_token(&user("sess_1"), &TokenOptions::default(), at(54)).await.unwrap();
    assert_eq!((own.expose(), backend.calls.load(Ordering::SeqCst)), ("own", 0));
    let call = {
        let clerk = Arc::clone(&clerk);
        tokio::spawn(async move { clerk.get_token(&user("sess_1"), &TokenOptions::default(), at(55)).await })
    };
    backend.release(1).await;
    assert_eq!(call.await.unwrap().unwrap().expose(), "token-0");
}

fn wanted(session_id: &str) -> Wanted {
    (session_id.to_owned(), None, None)
}

/// Asks for a token of the one session, and waits until this many wait for it.
async fn join(clerk: &Arc<Clerk>, seats: usize) -> JoinHandle<String> {
    let mut calls = ask(clerk, &[("sess_1", TokenOptions::fresh())]).await;
    until(|| clerk.new_tokens.seats(&wanted("sess_1")) == seats).await;
    calls.remove(0)
}

async fn abort(call: JoinHandle<String>) {
    call.abort();
    let _aborted = call.await;
}

#[tokio::test]
async fn whoever_stops_waiting_leaves_the_call_to_the_others() {
    let backend = SlowBackend::start(StatusCode::OK).await;
    let clerk = backend.clerk();
    let first = join(&clerk, 1).await;
    until(|| backend.calls.load(Ordering::SeqCst) == 1).await;
    abort(join(&clerk, 2).await).await;
    let newcomer = join(&clerk, 2).await;
    backend.release(1).await;
    assert_eq!((first.await.unwrap(), newcomer.await.unwrap()), ("token-0".to_owned(), "token-0".to_owned()));
    assert_eq!(backend.calls.load(Ordering::SeqCst), 1);
    assert_eq!(clerk.new_tokens.seats(&wanted("sess_1")), 0);
}

#[tokio::test]
async fn whoever_waited_takes_over_from_one_who_went_away() {
    let backend = SlowBackend::start(StatusCode::OK).await;
    let clerk = backend.clerk();
    let first = join(&clerk, 1).await;
    until(|| backend.calls.load(Ordering::SeqCst) == 1).await;
    let second = join(&clerk, 2).await;
    abort(first).await;
    until(|| backend.calls.load(Ordering::SeqCst) == 2).await;
    let newcomer = join(&clerk, 2).await;
    backend.release(2).await;
    assert_eq!((second.await.unwrap(), newcomer.await.unwrap()), ("token-1".to_owned(), "token-1".to_owned()));
    assert_eq!(backend.calls.load(Ordering::SeqCst), 2);
}
