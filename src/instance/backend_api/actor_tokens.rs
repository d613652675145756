//! Actor tokens: whoever holds one signs in as a user, once and for a while, and the session's tokens say who acts.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    request::{Fields, invalid, missing},
    sign_in_tokens::ticket_url,
    users,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    request_parts::Segments,
    store::{Impersonation, SignInToken},
    user_resource::millis,
};

/// Clerk's defaults: an hour to use it, half an hour to act.
const DEFAULT_LIFETIME_SECONDS: u32 = 60 * 60;
const DEFAULT_SESSION_SECONDS: u32 = 30 * 60;
const SECONDS: std::ops::RangeInclusive<u32> = 1..=315_360_000;
const UNKNOWN: ClerkError = ClerkError::not_found("There is no actor token with this id.");

/// `POST /v1/actor_tokens`: `user_id`; `actor`, an object with a `sub`, which becomes the `act` claim;
/// `expires_in_seconds`; `session_max_duration_in_seconds`. The one answer that holds the token.
pub async fn create(State(state): State<Arc<InstanceState>>, fields: Fields) -> Result<Json<Value>, ClerkError> {
    let user_id = fields.required_text("user_id")?.to_owned();
    let actor = fields.object("actor")?.ok_or_else(|| missing("actor"))?.clone();
    let names_somebody = actor.get("sub").and_then(Value::as_str).is_some_and(|sub| !sub.is_empty());
    if !names_somebody {
        return Err(invalid("actor", "must have a sub, which is a text"));
    }
    let seconds = |name, default| {
        Ok::<_, ClerkError>(Duration::from_secs(fields.number(name, SECONDS)?.unwrap_or(default).into()))
    };
    let lifetime = seconds("expires_in_seconds", DEFAULT_LIFETIME_SECONDS)?;
    let longest_session = seconds("session_max_duration_in_seconds", DEFAULT_SESSION_SECONDS)?;
    let impersonation = Impersonation { actor, longest_session };
    let made = state.store.create_actor_token(user_id, impersonation, lifetime, state.now()).await?;
    let (actor_token, token) = made.ok_or(users::UNKNOWN)?;
    let mut value = resource(&actor_token);
    value["token"] = token.expose_secret().into();
    value["url"] = ticket_url(&state, &token).into();
    tracing::info!(user.id = actor_token.user_id, actor_token.id, "actor token created");
    Ok(Json(value))
}

/// `POST /v1/actor_tokens/{id}/revoke`. One that was used stays as it is.
pub async fn revoke(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let actor_token = state.store.revoke_actor_token(id, state.now()).await?.ok_or(UNKNOWN)?;
    tracing::info!(actor_token.id, "actor token revoked");
    Ok(Json(resource(&actor_token)))
}

fn resource(actor_token: &SignInToken) -> Value {
    json!({
        "object": "actor_token",
        "id": actor_token.id,
        "user_id": actor_token.user_id,
        "actor": actor_token.actor,
        "status": actor_token.status,
        "created_at": millis(actor_token.created_at),
        "updated_at": millis(actor_token.updated_at),
    })
}
