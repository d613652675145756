//! Decides once per request who sent it, and puts the answer where everything behind can read it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use tracing::Span;

use crate::{
    clerk::{AuthErrorReason, AuthenticateError, RequestState},
    server::{
        Services,
        error_page::{Site, error_page},
    },
};

/// That somebody was recognised, and how long that took.
#[derive(Debug, Clone, Copy)]
pub struct SessionChecked {
    /// With whatever had to be asked of Clerk.
    pub took: Duration,
}

/// Authenticates the request. A handshake is answered here, before anything is rendered.
pub async fn authenticate(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if parts.uri.path_and_query().is_none() {
        // `CONNECT host:port`: this server is no proxy.
        return StatusCode::BAD_REQUEST.into_response();
    }
    let begun = Instant::now();
    let state = match services.clerk.authenticate_request(&parts, (services.clock)()).await {
        Ok(state) => state,
        Err(error) => {
            tracing::error!(%error, "a request could not be decided");
            return undecidable(&error, Site::of(&services, &parts.extensions));
        }
    };
    note(&state);
    let (auth, headers) = state.into_auth();
    if headers.contains_key(header::LOCATION) {
        return (StatusCode::TEMPORARY_REDIRECT, headers).into_response();
    }
    parts.extensions.insert(auth);
    parts.extensions.insert(SessionChecked { took: begun.elapsed() });
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if headers.contains_key(header::SET_COOKIE) {
        // Whatever it is, a cache must not hand somebody's session to somebody else.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    for (name, value) in &headers {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}

/// Says what was decided, and why: on the request's log line, and in a counter.
fn note(state: &RequestState) {
    let code = state.reason().map(|reason| &reason.code);
    let pending = matches!(state, RequestState::SignedIn { user, .. } if user.is_pending());
    let label = if pending { "pending" } else { code.map_or("none", AuthErrorReason::label) };
    count(state.status(), label);
    match code {
        Some(code) => Span::current().record("clerk.reason", &*code.as_str()),
        None => Span::current().record("clerk.reason", label),
    };
}

fn count(status: &'static str, reason: &'static str) {
    Span::current().record("clerk.status", status);
    metrics::counter!("clerk_requests_total", "status" => status, "reason" => reason).increment(1);
}

fn undecidable(error: &AuthenticateError, site: Site<'_>) -> Response {
    let (reason, title, text) = match error {
        AuthenticateError::Handshake(_) => (
            "handshake",
            "Clerk's handshake failed",
            "This browser carries a session of another Clerk instance. Check that the keys belong together, then delete this site's cookies.",
        ),
        AuthenticateError::SatelliteSignInUrl => (
            "satellite-sign-in-url",
            "Clerk's domains do not fit",
            "A satellite sends people to the primary domain to sign in. Check the sign-in URL.",
        ),
    };
    count("error", reason);
    Span::current().record("clerk.reason", reason);
    error_page(StatusCode::INTERNAL_SERVER_ERROR, title, text, site)
}
