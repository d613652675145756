//! Sessions: showing, listing and revoking them, and making their tokens.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde_json::Value;

use super::{
    request::{Fields, Params, invalid},
    resources, users,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    request_parts::Segments,
    store::SessionFilter,
    templates::{self, LIFETIME_SECONDS},
    tokens::TemplateToken,
};

/// `paginated` is what Clerk's SDK asks for; it is always paginated here.
const PARAMS: [&str; 6] = ["user_id", "client_id", "status", "limit", "offset", "paginated"];
/// Clerk's. Some never occur here.
const STATUSES: [&str; 8] = ["abandoned", "active", "ended", "expired", "pending", "removed", "replaced", "revoked"];
const UNKNOWN: ClerkError = ClerkError::not_found("There is no session with this id.");
/// A session that has ended gets no tokens, as if it were not there.
const UNUSABLE: ClerkError = ClerkError::not_found("There is no active session with this id.");
const UNKNOWN_TEMPLATE: ClerkError = ClerkError::not_found("There is no JWT template with this name.");

/// `GET /v1/sessions/{id}`, whatever its status.
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let session = state.store.session(id, state.now()).await?.ok_or(UNKNOWN)?;
    Ok(Json(resources::session(&session)))
}

/// `GET /v1/sessions`, newest first.
pub async fn list(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let one = |name| params.one(name).map(str::to_owned);
    let status = one("status");
    if status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(invalid("status", &format!("must be one of {}", STATUSES.join(", "))));
    }
    let filter = SessionFilter { user_id: one("user_id"), client_id: one("client_id"), status };
    let (sessions, total) = state.store.sessions(filter, params.page()?, state.now()).await?;
    Ok(Json(resources::page(sessions.iter().map(resources::session), total)))
}

/// `POST /v1/sessions`: signs `user_id` in, in a browser of its own that nobody has.
pub async fn create(State(state): State<Arc<InstanceState>>, fields: Fields) -> Result<Json<Value>, ClerkError> {
    let user_id = fields.required_text("user_id")?.to_owned();
    let user = state.store.user(user_id).await?.ok_or(users::UNKNOWN)?;
    if user.banned {
        return Err(ClerkError::form("user_banned", "user_id", "is banned"));
    }
    let (active, _) = state.store.start_session(user.id, None, String::new(), state.now()).await?;
    tracing::info!(session.id = active.session.id, "session created");
    Ok(Json(resources::session(&active.session)))
}

/// `POST /v1/sessions/{id}/verify`: the session of `token`, which must be its own, while it is active.
pub async fn verify(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let claims = state.mint.read_session_token(fields.required_text("token")?);
    claims.filter(|claims| claims.session_id == id).ok_or(UNUSABLE)?;
    let (session, _) = state.store.usable_session(id, state.now()).await?.ok_or(UNUSABLE)?;
    Ok(Json(resources::session(&session)))
}

/// `POST /v1/sessions/{id}/revoke`. One that is not active stays as it is.
pub async fn revoke(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let session = state.store.revoke_session(id, state.now()).await?.ok_or(UNKNOWN)?;
    tracing::info!(session.id, "session revoked");
    Ok(Json(resources::session(&session)))
}

/// `POST /v1/sessions/{id}/tokens`: a session token for the application's own origin.
pub async fn create_token(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let lifetime = lifetime(&fields)?;
    let (session, _) = state.store.usable_session(id, state.now()).await?.ok_or(UNUSABLE)?;
    let jwt = state.mint.session_token(&session, &state.public_origin(), lifetime, state.now())?;
    Ok(Json(resources::token(&jwt)))
}

/// `POST /v1/sessions/{id}/tokens/{template}`: a token with a template's claims, for the application's own origin.
pub async fn create_template_token(
    State(state): State<Arc<InstanceState>>,
    Segments((id, template)): Segments<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let lifetime = lifetime(&fields)?;
    let (session, user) = state.store.usable_session(id, state.now()).await?.ok_or(UNUSABLE)?;
    let template = state.store.jwt_template_by_name(template).await?.ok_or(UNKNOWN_TEMPLATE)?.content;
    let token = TemplateToken {
        claims: templates::render(&template.claims, &templates::subjects(&user, session.organization.as_ref())),
        user_id: &session.user_id,
        origin: &state.public_origin(),
        lifetime: lifetime.unwrap_or_else(|| seconds(template.lifetime_seconds)),
        allowed_clock_skew: seconds(template.allowed_clock_skew_seconds),
    };
    let jwt = state.mint.template_token(token, state.now())?;
    Ok(Json(resources::token(&jwt)))
}

/// `expires_in_seconds`, with the bounds of a template's lifetime, as in Clerk's API.
fn lifetime(fields: &Fields) -> Result<Option<Duration>, ClerkError> {
    Ok(fields.number("expires_in_seconds", LIFETIME_SECONDS)?.map(seconds))
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}
