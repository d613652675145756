//! Renewing a session without a redirect: the application's server hands in the expired token and the refresh token of
//! a request, and gets a fresh token to answer with.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{
    request::{Fields, invalid},
    resources,
};
use crate::instance::{
    InstanceState, clerk_error::ClerkError, redirect, request_parts::Segments, session_cookies::CookieWriter,
};

/// Which of the two tokens was refused, and why, is nobody's business. Clerk's SDK falls back to the handshake.
const REFUSED: ClerkError =
    ClerkError::new(StatusCode::UNAUTHORIZED, "authentication_invalid", "These tokens do not renew this session.");

/// `POST /v1/sessions/{id}/refresh`. The format `cookie` is answered with complete `Set-Cookie` values, with and
/// without suffix whatever `suffixed_cookies` says; `token`, the default, with the bare token.
///
/// The refresh token stays the same: the requests of one page may all renew with it at once.
pub async fn refresh(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let expired_token = fields.required_text("expired_token")?;
    let refresh_token = fields.required_text("refresh_token")?;
    let origin = origin(&state, fields.required_text("request_origin")?)?;
    let as_cookies = match fields.text("format")? {
        Some("cookie") => true,
        None | Some("token") => false,
        Some(_) => return Err(invalid("format", "must be cookie or token")),
    };
    let claims = state.mint.read_session_token(expired_token).filter(|claims| claims.session_id == id);
    let user_id = claims.ok_or(REFUSED)?.user_id;
    let session = state.store.refresh_session(id, user_id, refresh_token.into(), state.now()).await?.ok_or(REFUSED)?;
    let jwt = state.mint.session_token(&session, &origin.origin().ascii_serialization(), None, state.now())?;
    if as_cookies {
        return Ok(Json(json!({ "object": "cookies", "cookies": CookieWriter::new(&origin).session(&jwt) })));
    }
    Ok(Json(resources::token(&jwt)))
}

/// Where the request came from: an origin a handshake may return to, and nothing behind it.
fn origin(state: &InstanceState, text: &str) -> Result<Url, ClerkError> {
    let url = Url::parse(text).ok().filter(|url| url.origin().ascii_serialization() == text);
    url.filter(|url| redirect::may_return(url, &state.settings.public_url))
        .ok_or_else(|| invalid("request_origin", "must be the origin of this application or of one on this machine"))
}
