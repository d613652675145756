//! The Backend API's client where things go wrong: what errors say, when it tries again, what it never tells.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use gatehouse::clerk::backend::{BackendClient, BackendError, RefreshSession, RetryPolicy, UpdateUser};
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::json;

use super::support::{Answer, FakeBackend, Received, backend_client, eventually, hangs_up, quick_retries};

/// What becomes of `get_user` when it is answered with this.
async fn error_of(answer: Answer) -> BackendError {
    let backend = FakeBackend::answering(answer).await;
    backend.client().users().get_user("user_1").await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_says_what_clerk_said() {
    let answer = json!({
        "errors": [
            { "code": "form_identifier_exists", "message": "taken", "long_message": "That is taken.", "meta": { "param_name": "email_address" } },
            { "code": "form_param_nil" },
        ],
        "clerk_trace_id": "trace_1",
    });
    let error = error_of(Answer::json(422, answer).with_header("cf-ray", "ray_1")).await;
    assert_eq!(error.to_string(), "the Clerk Backend API answers 422 (form_identifier_exists, trace id trace_1)");
    assert_eq!((error.code(), error.is_not_found()), (Some("form_identifier_exists"), false));
    let BackendError::Refused { status: 422, errors, trace_id, retry_after: None } = error else { panic!("{error}") };
    assert_eq!((errors.len(), trace_id.as_deref()), (2, Some("trace_1")));
    assert_eq!((errors[0].message.as_str(), errors[0].long_message.as_deref()), ("taken", Some("That is taken.")));
    assert_eq!((&errors[0].meta["param_name"], errors[1].meta.len()), (&json!("email_address"), 0));
}

#[tokio::test]
async fn a_refusal_from_before_clerk_has_its_own_trace_id() {
    let error = error_of(Answer::text(403, "<html>Forbidden</html>").with_header("cf-ray", "ray_1")).await;
    assert_eq!(error.to_string(), "the Clerk Backend API answers 403 (no error code, trace id ray_1)");
    assert_eq!(error.code(), None);
    let error = error_of(Answer::json(401, json!({ "errors": null }))).await;
    assert_eq!(error.to_string(), "the Clerk Backend API answers 401 (no error code, trace id none)");
    let not_found = json!({ "errors": [{ "code": "resource_not_found", "meta": null }] });
    assert!(error_of(Answer::json(404, not_found)).await.is_not_found());
    let error = error_of(Answer::text(302, "").with_header("location", "/elsewhere")).await;
    assert!(matches!(error, BackendError::Refused { status: 302, .. }), "redirects are not followed: {error}");
}

#[tokio::test]
async fn what_cannot_be_read_of_a_refusal_does_not_hide_the_rest() {
    let entries =
        json!([null, "text", { "code": 7 }, { "code": "form_param_invalid" }, { "message": [] }, { "code": "last" }]);
    let error = error_of(Answer::json(422, json!({ "errors": entries, "clerk_trace_id": "trace_1" }))).await;
    assert_eq!(error.to_string(), "the Clerk Backend API answers 422 (form_param_invalid, trace id trace_1)");
    let BackendError::Refused { errors, .. } = error else { panic!("{error}") };
    assert_eq!(errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(), ["form_param_invalid", "last"]);

    let error =
        error_of(Answer::json(400, json!({ "errors": { "code": "alone" }, "clerk_trace_id": "trace_1" }))).await;
    assert_eq!(error.to_string(), "the Clerk Backend API answers 400 (no error code, trace id trace_1)");
    let answer = json!({ "errors": [{ "code": "form_param_nil" }], "clerk_trace_id": 7 });
    let error = error_of(Answer::json(422, answer).with_header("cf-ray", "ray_1")).await;
    assert_eq!(error.to_string(), "the Clerk Backend API answers 422 (form_param_nil, trace id ray_1)");
}

#[tokio::test]
async fn an_answer_that_is_no_user_is_nonsense_and_is_not_quoted() {
    for body in ["", "null", "<html>", "[]", "{}", r#"{"id":7}"#, r#"{"id":{"secret":"eyJ"}}"#, r#"{"id":"user_1","#] {
        let backend = FakeBackend::answering(Answer::text(200, body)).await;
        let error = backend.client().users().get_user("user_1").await.unwrap_err();
        assert!(matches!(error, BackendError::Unexpected(_)), "{body}: {error}");
        assert_eq!(backend.count(), 1, "asking again does not help");
    }
    let error = error_of(Answer::text(200, r#"{"id":"user_1","banned":"eyJ-secret"}"#)).await;
    assert_eq!(
        format!("{error} {error:?}").matches("secret").count(),
        0,
        "what was answered may be anything: {error} {error:?}"
    );
    assert!(matches!(error_of(Answer::text(204, "")).await, BackendError::Unexpected(_)), "no data is no user");
}

#[tokio::test]
async fn an_answer_of_more_than_a_mebibyte_is_not_read() {
    let user_of = |bytes: usize| {
        let frame = r#"{"id":"user_1","username":""}"#.len();
        format!(r#"{{"id":"user_1","username":"{}"}}"#, "x".repeat(bytes - frame))
    };
    let backend = FakeBackend::answering(Answer::text(200, user_of(1024 * 1024))).await;
    assert!(backend.client().users().get_user("user_1").await.is_ok());
    let error = error_of(Answer::text(200, user_of(1024 * 1024 + 1))).await;
    assert_eq!(error.to_string(), "the Clerk Backend API answers nonsense: more than a mebibyte");
    let error = error_of(Answer::text(400, user_of(1024 * 1024 + 1))).await;
    assert!(matches!(error, BackendError::Refused { status: 400, .. }), "a refusal stays one: {error}");
}

/// Fails so often, then answers.
async fn fails_first(times: usize, failure: Answer) -> FakeBackend {
    FakeBackend::start(
        move |before, _| {
            if before < times { failure.clone() } else { Answer::json(200, json!({ "id": "user_1" })) }
        },
    )
    .await
}

#[tokio::test]
async fn reading_is_tried_again_twice() {
    for status in [429, 500, 502, 503, 504] {
        let backend = fails_first(2, Answer::text(status, "")).await;
        backend.client().users().get_user("user_1").await.unwrap();
        assert_eq!(backend.lines(), vec!["GET /v1/users/user_1"; 3], "{status}");
    }
    let backend = fails_first(3, Answer::text(503, "")).await;
    let error = backend.client().users().get_user("user_1").await.unwrap_err();
    assert!(matches!(error, BackendError::Refused { status: 503, .. }), "{error}");
    assert_eq!(backend.count(), 3);
    for status in [400, 401, 403, 404, 422, 501] {
        let backend = fails_first(1, Answer::text(status, "")).await;
        assert!(backend.client().users().get_user("user_1").await.is_err());
        assert_eq!(backend.count(), 1, "{status} is final");
    }
    let backend = fails_first(1, Answer::text(503, "")).await;
    assert!(backend_client(&backend.url, RetryPolicy::none()).users().get_user("user_1").await.is_err());
    assert_eq!(backend.count(), 1, "unless nothing is");
}

#[tokio::test]
async fn writing_is_never_tried_again() {
    let backend = fails_first(usize::MAX, Answer::text(503, "")).await;
    let client = backend.client();
    assert!(client.users().ban_user("user_1").await.is_err());
    assert!(client.users().update_user("user_1", &UpdateUser::default()).await.is_err());
    assert!(client.users().delete_user("user_1").await.is_err());
    assert!(client.sessions().get_token("sess_1", None, None).await.is_err());
    let methods: Vec<String> = backend.received().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["POST", "PATCH", "DELETE", "POST"]);
}

#[tokio::test]
async fn a_handshake_that_was_asked_for_is_not_asked_for_again() {
    let backend = fails_first(usize::MAX, Answer::text(503, "")).await;
    assert!(backend.client().clients().get_handshake_payload("nonce").await.is_err());
    assert_eq!(backend.count(), 1);

    let (address, connections) = hangs_up().await;
    let http = backend_client(&format!("http://{address}"), quick_retries());
    let error = http.clients().get_handshake_payload("nonce").await.unwrap_err();
    assert!(matches!(error, BackendError::NoAnswer(_)), "{error}");
    assert_eq!(*connections.lock().unwrap(), 1, "it may have been heard");
}

#[tokio::test]
async fn a_broken_connection_is_worth_another_try_where_that_does_no_harm() {
    let (address, connections) = hangs_up().await;
    let count = || std::mem::take(&mut *connections.lock().unwrap());
    let http = backend_client(&format!("http://{address}"), quick_retries());
    assert!(matches!(http.users().get_user("user_1").await, Err(BackendError::NoAnswer(_))));
    assert_eq!(count(), 3);
    assert!(matches!(http.users().ban_user("user_1").await, Err(BackendError::NoAnswer(_))));
    assert_eq!(count(), 1);

    // It hangs up before TLS is agreed on, so nothing was sent.
    let https = backend_client(&format!("https://{address}"), quick_retries());
    assert!(matches!(https.users().get_user("user_1").await, Err(BackendError::Unreachable(_))));
    assert_eq!(count(), 3);
    assert!(matches!(https.clients().get_handshake_payload("nonce").await, Err(BackendError::Unreachable(_))));
    assert_eq!(count(), 3, "nobody heard of the nonce");
    assert!(matches!(https.users().ban_user("user_1").await, Err(BackendError::Unreachable(_))));
    assert_eq!(count(), 1);
}

#[tokio::test]
async fn who_asks_for_time_gets_it_or_is_left_alone() {
    let backend = fails_first(1, Answer::text(429, "").with_header("retry-after", "0")).await;
    backend.client().users().get_user("user_1").await.unwrap();
    assert_eq!(backend.count(), 2);

    let backend = fails_first(1, Answer::text(429, "").with_header("retry-after", "1")).await;
    let error = backend.client().users().get_user("user_1").await.unwrap_err();
    let BackendError::Refused { status: 429, retry_after, .. } = error else { panic!("{error}") };
    assert_eq!((retry_after, backend.count()), (Some(Duration::from_secs(1)), 1), "longer than the longest wait");

    let date = Answer::text(503, "").with_header("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT");
    let backend = fails_first(1, date).await;
    backend.client().users().get_user("user_1").await.unwrap();
    assert_eq!(backend.count(), 2, "a date is nothing that Clerk sends");
}

#[tokio::test]
async fn a_call_ends_after_its_time_whatever_it_waits_for() {
    let total = Duration::from_millis(50);
    let hour = Duration::from_secs(3600);
    let patient = RetryPolicy { first_delay: hour, longest_wait: hour, total, ..quick_retries() };
    for answer in [Answer::silence(), Answer::text(503, "")] {
        let backend = FakeBackend::answering(answer).await;
        let client = backend_client(&backend.url, patient);
        // One try alone may take five seconds.
        let result = tokio::time::timeout(Duration::from_secs(4), client.users().get_user("user_1")).await.unwrap();
        assert_eq!(result.unwrap_err().to_string(), "the Clerk Backend API does not answer in time");
    }
}

/// A Backend API that says nothing to some, and asks others to come back in an hour.
async fn busy() -> (FakeBackend, BackendClient) {
    let backend = FakeBackend::start(|_, request: &Received| match request.path.as_str() {
        "/v1/users/silence" | "/v1/clients/handshake_payload" | "/v1/sessions/sess_1/refresh" => Answer::silence(),
        "/v1/users/later" => Answer::text(429, "").with_header("retry-after", "3600"),
        _ => Answer::json(200, json!({ "id": "user_1" })),
    })
    .await;
    let hours = Duration::from_secs(7200);
    let client = backend_client(&backend.url, RetryPolicy { longest_wait: hours, total: hours, ..quick_retries() });
    (backend, client)
}

fn ask(client: &BackendClient, times: usize, id: &'static str) {
    for _ in 0..times {
        let client = client.clone();
        tokio::spawn(async move { client.users().get_user(id).await });
    }
}

#[tokio::test]
async fn sixteen_calls_are_under_way_at_a_time() {
    let (backend, client) = busy().await;
    ask(&client, 20, "silence");
    eventually("sixteen calls", async || backend.count() >= 16).await;
    let waiting = tokio::time::timeout(Duration::from_millis(200), client.users().get_user("user_1")).await;
    assert!(waiting.is_err(), "the others wait for their turn");
    assert_eq!(backend.count(), 16);
}

/// Renews a session with a refresh token that is as good as any.
async fn renew(client: &BackendClient) -> Result<Vec<String>, BackendError> {
    let (expired_token, refresh_token) = (SecretString::from("old.jwt"), SecretString::from("refresh-1"));
    let refresh = RefreshSession {
        session_id: "sess_1",
        expired_token: &expired_token,
        refresh_token: &refresh_token,
        request_origin: "http://localhost:3000",
        request_headers: &HeaderMap::new(),
        suffixed_cookies: false,
    };
    client.sessions().refresh_session(&refresh).await
}

#[tokio::test]
async fn what_anybody_can_cause_keeps_nothing_else_waiting() {
    let (backend, client) = busy().await;
    for _ in 0..20 {
        let (handshakes, renewals) = (client.clone(), client.clone());
        tokio::spawn(async move { handshakes.clients().get_handshake_payload("nonce").await });
        tokio::spawn(async move { renew(&renewals).await });
    }
    eventually("the strangers' calls", async || backend.count() >= 32).await;
    let answer = tokio::time::timeout(Duration::from_secs(20), client.users().get_user("user_1")).await;
    assert!(answer.is_ok_and(|user| user.is_ok()));
    let lines = backend.lines();
    let of = |path: &str| lines.iter().filter(|line| line.contains(path)).count();
    assert_eq!((of("handshake_payload"), of("refresh")), (16, 16), "sixteen of each at a time");
}

#[tokio::test]
async fn what_anybody_can_cause_ends_after_half_the_time() {
    let backend = FakeBackend::answering(Answer::silence()).await;
    let (total, begun) = (Duration::from_secs(2), Instant::now());
    let client = backend_client(&backend.url, RetryPolicy { total, ..quick_retries() });
    let clients = client.clients();
    let outcomes = tokio::join!(clients.get_handshake_payload("nonce"), renew(&client));
    assert!(matches!(outcomes, (Err(BackendError::Timeout), Err(BackendError::Timeout))), "{outcomes:?}");
    assert!(begun.elapsed() < total);
}

#[tokio::test]
async fn who_waits_to_try_again_keeps_nobody_waiting() {
    let (backend, client) = busy().await;
    ask(&client, 20, "later");
    eventually("twenty calls", async || backend.count() >= 20).await;
    let answer = tokio::time::timeout(Duration::from_secs(20), client.users().get_user("user_1")).await;
    assert!(answer.is_ok_and(|user| user.is_ok()));
}

/// A log that tests can read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_secret_reaches_a_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let logging = tracing::subscriber::set_default(subscriber.finish());
    let refusal =
        json!({ "errors": [{ "code": "busy", "message": "no user_hush", "meta": { "identifiers": ["jane@hush"] } }] });
    let backend = FakeBackend::answering(Answer::json(503, refusal)).await;
    let (address, _) = hangs_up().await;
    let mut texts = Vec::new();
    for url in [backend.url.as_str(), &format!("http://{address}"), &format!("https://{address}")] {
        let client = backend_client(url, quick_retries());
        let errors = [
            client.users().get_user("user_hush").await.unwrap_err(),
            client.clients().get_handshake_payload("nonce-hush").await.unwrap_err(),
        ];
        texts.push(format!("{client:?} {:?} {errors:?} {} {}", client.users(), errors[0], errors[1]));
    }
    drop(logging);
    texts.push(String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    assert!(texts[3].contains("the Backend API is asked again") && texts[3].contains("503 (busy, trace id none)"));
    for text in texts {
        assert!(!text.contains("hush"), "{text}");
        assert!(!text.contains("/v1/"), "{text}");
    }
}
