//! Decides once per request who sent it, and puts the answer where everything behind can read it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use tracing::Span;

use crate::{
    clerk::{AuthErrorReason, AuthenticateError, RequestState},
    server::{Services, error_page::error_page, middleware::RequestId},
};

/// Authenticates the request. A handshake is answered here, before anything is rendered.
pub async fn authenticate(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if parts.uri.path_and_query().is_none() {
        // `CONNECT host:port`: this server is no proxy.
        return StatusCode::BAD_REQUEST.into_response();
    }
    let state = match services.clerk.authenticate_request(&parts, (services.clock)()).await {
        Ok(state) => state,
        Err(error) => {
            tracing::error!(%error, "a request could not be decided");
            return undecidable(&error, parts.extensions.get());
        }
    };
    note(&state);
    let (auth, headers) = state.into_auth();
    if headers.contains_key(header::LOCATION) {
        return (StatusCode::TEMPORARY_REDIRECT, headers).into_response();
    }
    parts.extensions.insert(auth);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    for (name, value) in &headers {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}

/// Says what was decided, and why: on the request's log line, and in a counter.
fn note(state: &RequestState) {
    let code = state.reason().map(|reason| &reason.code);
    let span = Span::current();
    span.record("clerk.status", state.status());
    if let Some(code) = code {
        span.record("clerk.reason", &*code.as_str());
    }
    let reason = code.map_or("none", AuthErrorReason::label);
    metrics::counter!("clerk_requests_total", "status" => state.status(), "reason" => reason).increment(1);
}

fn undecidable(error: &AuthenticateError, id: Option<&RequestId>) -> Response {
    let (title, text) = match error {
        AuthenticateError::Handshake(_) => (
            "Clerk's handshake failed",
            "This browser carries a session of another Clerk instance. Check that the keys belong together, then delete this site's cookies.",
        ),
        AuthenticateError::SatelliteSignInUrl => (
            "Clerk's domains do not fit",
            "A satellite sends people to the primary domain to sign in. Check the sign-in URL.",
        ),
    };
    error_page(StatusCode::INTERNAL_SERVER_ERROR, title, text, id.map(ToString::to_string).as_deref())
}
