//! Requests that end without an answer, as browsers and as programs see them.

use std::time::Duration;

use axum::{Form, Json, Router, body::Body, middleware::from_fn_with_state, routing::get};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::server::middleware::{for_own_answers, request_log::RequestLog};

const PAGE: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

fn public_url() -> Url {
    Url::parse("http://localhost:3000").unwrap()
}

fn app() -> Router {
    let router = Router::new()
        .route("/panics", get(async || -> &'static str { panic!("on purpose") }))
        .route("/never", get(std::future::pending::<&'static str>))
        .route("/form", get(async || "a form").post(async |Form(_): Form<Value>| "sent"))
        .route("/too-large", get(async || (StatusCode::PAYLOAD_TOO_LARGE, "length limit exceeded")))
        .route("/too-many", get(async || (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")], "slow down")))
        .route("/meant", get(async || (StatusCode::UNAUTHORIZED, "Error: No signed in user")))
        .route("/failed", get(async || (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")))
        .route("/data", get(async || (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "errors": [] })))));
    for_own_answers(router, true, &public_url(), Duration::from_millis(50)).layer(RequestLog)
}

/// Status, body and one header of the answer.
async fn ask(method: &str, path: &str, accept: &str, wanted: &str) -> (u16, String, String) {
    let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept).body(Body::from("{}"));
    let answer = app().oneshot(request.unwrap()).await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let header = answer.headers().get(wanted).map_or("", |value| value.to_str().unwrap()).to_owned();
    let status = answer.status().as_u16();
    let body = String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().into()).unwrap();
    if body.contains("<h1>") {
        assert!(body.contains(&id) && body.contains("href=\"/\"") && body.contains("Embedded Clerk"), "{body}");
    }
    (status, body, header)
}

#[tokio::test]
async fn whoever_reads_pages_gets_one() {
    for (method, path, status, title) in [
        ("GET", "/panics", 500, "Something went wrong here"),
        ("GET", "/never", 503, "This took too long"),
        ("GET", "/nowhere", 404, "There is no page here"),
        ("PUT", "/form", 405, "This address cannot be opened directly"),
        ("POST", "/form", 415, "This was not sent as a form"),
        ("GET", "/too-large", 413, "This form is too large"),
        ("GET", "/too-many", 429, "Too many requests"),
    ] {
        let (got, body, kind) = ask(method, path, PAGE, "content-type").await;
        assert_eq!((got, kind.as_str()), (status, "text/html; charset=utf-8"), "{path}");
        assert!(body.contains(&format!("<h1>{title}</h1>")), "{path}: {body}");
        assert_eq!(
            body.contains(r#"href="">Try again"#),
            method == "GET" && matches!(status, 429 | 500 | 503),
            "{path}"
        );
    }
    let seconds = Explained { embedded_clerk: true, public_url: public_url(), time_limit: Duration::from_secs(7) };
    let router = Router::new().route("/slow", get(async || StatusCode::SERVICE_UNAVAILABLE));
    let router = router.layer(from_fn_with_state(seconds, explain_failures));
    let request = Request::builder().uri("/slow").header(header::ACCEPT, PAGE).body(Body::empty()).unwrap();
    let body = router.oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8(body.into()).unwrap().contains("longer than 7 seconds"));
}

#[tokio::test]
async fn a_form_that_was_refused_leads_back_to_its_page() {
    let ask = async |method: &str, path: &str, referer: &str| {
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, PAGE);
        let request = request.header(header::REFERER, referer).body(Body::from("{}")).unwrap();
        let body = app().oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.into()).unwrap()
    };
    let back = r#"href="/sign-in?redirect_url=/account">Back to the form"#;
    let page = "http://localhost:3000/sign-in?redirect_url=/account";
    for (method, path) in [("POST", "/form"), ("GET", "/too-large")] {
        let body = ask(method, path, page).await;
        assert!(body.contains(back) && !body.contains("To the home page"), "{path}: {body}");
        let body = ask(method, path, "https://evil.example/sign-in").await;
        assert!(!body.contains("Back to") && body.contains("To the home page"), "{path}: {body}");
    }
    assert!(ask("GET", "/nowhere", page).await.contains("To the home page"));
}

/// What an extractor says is long enough to be compressed; the page in its place must be what its headers say.
#[tokio::test]
async fn pages_are_compressed_as_their_headers_say() {
    let request = Request::builder().method("POST").uri("/form").header(header::ACCEPT, PAGE);
    let request = request.header(header::ACCEPT_ENCODING, "br").body(Body::from("{}")).unwrap();
    let answer = app().oneshot(request).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_ENCODING], "br");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(!body.is_empty() && !body.starts_with(b"<!DOCTYPE"), "{body:?}");
}

#[tokio::test]
async fn programs_get_what_was_meant_for_them() {
    for (method, path) in [("GET", "/panics"), ("GET", "/never"), ("GET", "/too-large"), ("POST", "/form")] {
        let (_, body, _) = ask(method, path, "*/*", "content-type").await;
        assert!(!body.contains('<'), "{path}: {body}");
    }
}

#[tokio::test]
async fn answers_that_somebody_wrote_stay() {
    for (path, text) in
        [("/meant", "Error: No signed in user"), ("/failed", "Internal Server Error"), ("/data", r#"{"errors":[]}"#)]
    {
        assert_eq!(ask("GET", path, PAGE, "content-type").await.1, text, "{path}");
    }
}

#[tokio::test]
async fn what_an_answer_says_in_headers_stays() {
    assert_eq!(ask("GET", "/too-many", PAGE, "retry-after").await.2, "7");
    assert_eq!(ask("PUT", "/form", PAGE, "allow").await.2, "GET,HEAD,POST");
}
