//! Decides once per request who sent it, and puts the answer where everything behind can read it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    clerk::Auth,
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
            tracing::error!(%error, "a handshake failed");
            let id = parts.extensions.get::<RequestId>().map(ToString::to_string);
            let text = "This browser carries a session of another Clerk instance. Check that the keys belong together, then delete this site's cookies.";
            return error_page(StatusCode::INTERNAL_SERVER_ERROR, "Clerk's handshake failed", text, id.as_deref());
        }
    };
    let (auth, headers) = state.into_auth();
    if let Auth::SignedOut(reason) = &auth {
        tracing::debug!(%reason, "signed out");
    }
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
