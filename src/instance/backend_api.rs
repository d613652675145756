//! The Backend API: what an application's server asks an instance, with the secret key.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{InstanceState, clerk_error::ClerkError};

/// The API, behind the secret key.
pub fn router(state: &Arc<InstanceState>) -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/v1/jwks", get(jwks))
        .route("/v1/clients/handshake_payload", get(handshake_payload))
        .route("/v1/sessions/{id}/revoke", post(revoke_session))
        .route_layer(from_fn_with_state(Arc::clone(state), require_secret_key))
}

async fn require_secret_key(
    State(state): State<Arc<InstanceState>>,
    request: Request,
    next: Next,
) -> Result<Response, ClerkError> {
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = sent.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if key.as_bytes().ct_eq(state.secret_key.expose_secret().as_bytes()).into() {
        return Ok(next.run(request).await);
    }
    Err(ClerkError::new(
        StatusCode::UNAUTHORIZED,
        "clerk_key_invalid",
        "The secret key is missing or not this instance's.",
    ))
}

async fn jwks(State(state): State<Arc<InstanceState>>) -> Json<Value> {
    Json(state.mint.jwks())
}

#[derive(Deserialize)]
struct PayloadQuery {
    nonce: String,
}

async fn handshake_payload(
    State(state): State<Arc<InstanceState>>,
    Query(query): Query<PayloadQuery>,
) -> Result<Json<Value>, ClerkError> {
    let directives = state.store.take_handshake(query.nonce, state.now()).await?;
    let directives =
        directives.ok_or_else(|| not_found("There is no handshake with this nonce, or it was collected before."))?;
    Ok(Json(json!({ "directives": directives })))
}

async fn revoke_session(
    State(state): State<Arc<InstanceState>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ClerkError> {
    if !state.store.revoke_session(id.clone(), state.now()).await? {
        return Err(not_found("There is no session with this id."));
    }
    tracing::info!(session.id = id, "session revoked");
    Ok(Json(json!({ "object": "session", "id": id, "status": "revoked" })))
}

const fn not_found(message: &'static str) -> ClerkError {
    ClerkError::new(StatusCode::NOT_FOUND, "resource_not_found", message)
}
