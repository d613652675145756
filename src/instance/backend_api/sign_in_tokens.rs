//! Sign-in tokens: making and revoking them.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::request::Fields;
use crate::instance::{
    InstanceState, clerk_error::ClerkError, portal::TICKET, request_parts::Segments, store::SignInToken,
    user_resource::millis,
};

/// Clerk's default: 30 days.
const DEFAULT_LIFETIME_SECONDS: u32 = 30 * 24 * 60 * 60;
const LIFETIME_SECONDS: std::ops::RangeInclusive<u32> = 1..=315_360_000;
const UNKNOWN_USER: ClerkError = ClerkError::not_found("There is no user with this id.");
const UNKNOWN: ClerkError = ClerkError::not_found("There is no sign-in token with this id.");

/// `POST /v1/sign_in_tokens`: `user_id`, and `expires_in_seconds` if it is not to be 30 days. The one answer that holds
/// the token.
pub async fn create(State(state): State<Arc<InstanceState>>, fields: Fields) -> Result<Json<Value>, ClerkError> {
    let user_id = fields.required_text("user_id")?.to_owned();
    let seconds = fields.number("expires_in_seconds", LIFETIME_SECONDS)?.unwrap_or(DEFAULT_LIFETIME_SECONDS);
    let lifetime = Duration::from_secs(seconds.into());
    let made = state.store.create_sign_in_token(user_id, lifetime, state.now()).await?;
    let (sign_in_token, token) = made.ok_or(UNKNOWN_USER)?;
    let mut value = resource(&sign_in_token);
    value["token"] = token.expose_secret().into();
    value["url"] = ticket_url(&state, &token).into();
    tracing::info!(user.id = sign_in_token.user_id, sign_in_token.id, "sign-in token created");
    Ok(Json(value))
}

/// `POST /v1/sign_in_tokens/{id}/revoke`. One that was used stays as it is.
pub async fn revoke(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let sign_in_token = state.store.revoke_sign_in_token(id, state.now()).await?.ok_or(UNKNOWN)?;
    tracing::info!(sign_in_token.id, "sign-in token revoked");
    Ok(Json(resource(&sign_in_token)))
}

/// Where whoever gets a token goes with it.
pub fn ticket_url(state: &InstanceState, token: &SecretString) -> String {
    format!("{}{}?{TICKET}={}", state.public_origin(), state.path("sign-in"), token.expose_secret())
}

fn resource(sign_in_token: &SignInToken) -> Value {
    json!({
        "object": "sign_in_token",
        "id": sign_in_token.id,
        "user_id": sign_in_token.user_id,
        "status": sign_in_token.status,
        "created_at": millis(sign_in_token.created_at),
        "updated_at": millis(sign_in_token.updated_at),
    })
}
