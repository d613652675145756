//! Clients (browsers), and what applications' servers test with.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    request::{Fields, Params},
    resources,
};
use crate::instance::{
    InstanceState, clerk_error::ClerkError, ids::new_id, request_parts::Segments, store::ClientSessions,
    user_resource::millis,
};

const UNKNOWN: ClerkError = ClerkError::not_found("There is no client with this id.");
const UNVERIFIED: ClerkError = ClerkError::not_found("There is no client with an active session of this token.");
/// Clerk's testing tokens live an hour.
const TESTING_TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// `GET /v1/clients/{id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let found = state.store.client(id, state.now()).await?.ok_or(UNKNOWN)?;
    Ok(Json(resource(&found)))
}

/// `GET /v1/clients`, newest first.
pub async fn list(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    let page = params.only(&["limit", "offset", "paginated"])?.page()?;
    let (found, total) = state.store.clients(page, state.now()).await?;
    Ok(Json(resources::page(found.iter().map(resource), total)))
}

/// `POST /v1/clients/verify`: the client that a session token was made in, while the session lasts.
pub async fn verify(State(state): State<Arc<InstanceState>>, fields: Fields) -> Result<Json<Value>, ClerkError> {
    let claims = state.mint.read_session_token(fields.required_text("token")?).ok_or(UNVERIFIED)?;
    let session = state.store.session(claims.session_id, state.now()).await?;
    let session = session.filter(|session| session.status == "active").ok_or(UNVERIFIED)?;
    let found = state.store.client(session.client_id, state.now()).await?.ok_or(UNVERIFIED)?;
    Ok(Json(resource(&found)))
}

/// `POST /v1/testing_tokens`: what `@clerk/testing` sends along to pass bot detection. There is none here, so no token is
/// ever looked at.
pub async fn create_testing_token(State(state): State<Arc<InstanceState>>) -> Json<Value> {
    let expires_at = (state.now() + TESTING_TOKEN_LIFETIME).as_secs();
    Json(json!({ "object": "testing_token", "token": new_id("testing"), "expires_at": expires_at }))
}

/// A client with its sessions.
fn resource(found: &ClientSessions) -> Value {
    let active = found.sessions.iter().find(|session| session.status == "active");
    json!({
        "object": "client",
        "id": found.client.id,
        "session_ids": found.sessions.iter().map(|session| session.id.as_str()).collect::<Value>(),
        "sessions": found.sessions.iter().map(resources::session).collect::<Value>(),
        "sign_in_id": null,
        "sign_up_id": null,
        "last_active_session_id": active.map(|session| session.id.as_str()),
        "last_authentication_strategy": null,
        "created_at": millis(found.client.created_at),
        "updated_at": millis(found.client.updated_at),
    })
}
