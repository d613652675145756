//! What a browser is sent here for: fresh tokens, and back. And the public keys.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::instance::{InstanceState, accounts::Browser, clerk_error::ClerkError, redirect, request_parts::Parameters};

/// `GET /.well-known/jwks.json`: the public keys.
pub async fn jwks(State(state): State<Arc<InstanceState>>) -> Result<Json<Value>, ClerkError> {
    state.published_keys().await.map(Json)
}

/// The part of a handshake's query that this instance uses. Tokens in it are not looked at: a session is found by the
/// browser's own cookie, which no link can bring along.
#[derive(Debug, Deserialize)]
pub struct HandshakeQuery {
    redirect_url: Option<String>,
    format: Option<String>,
    organization_id: Option<String>,
}

/// `GET /v1/client/handshake`: fresh tokens for the browser, sent back to where it came from.
///
/// A nonce leads to a new refresh token, too. Without one the cookies stand in the address, which is no place for what
/// is good for days; the browser keeps the refresh token it has.
pub async fn handshake(
    State(state): State<Arc<InstanceState>>,
    Parameters(query): Parameters<HandshakeQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ClerkError> {
    let mut target = return_target(&state, query.redirect_url.as_deref())?;
    let browser = Browser::read(&headers);
    if let Some(wanted) = &query.organization_id {
        state.choose_organization(&browser, wanted).await?;
    }
    let by_nonce = query.format.as_deref() == Some("nonce");
    let active = if by_nonce { state.renew_session(&browser).await? } else { state.active_session(&browser).await? };
    let origin = target.origin().ascii_serialization();
    let directives = state.application_cookies(active.as_ref(), &browser, &origin)?;
    if by_nonce {
        let nonce = state.store.keep_handshake(directives, state.now()).await?;
        target.query_pairs_mut().append_pair("__clerk_handshake_nonce", &nonce);
    } else {
        target
            .query_pairs_mut()
            .append_pair("__clerk_handshake", &state.mint.handshake_token(&directives, state.now())?);
    }
    Ok((StatusCode::TEMPORARY_REDIRECT, no_store_location(&target)))
}

/// `GET /v1/client/touch` and `GET /v1/client/sync`: back where the browser came from. Its cookie lasts a year, and there
/// are no satellites, so there is nothing to do on the way.
pub async fn go_back(
    State(state): State<Arc<InstanceState>>,
    Parameters(query): Parameters<HandshakeQuery>,
) -> Result<impl IntoResponse, ClerkError> {
    let target = return_target(&state, query.redirect_url.as_deref())?;
    Ok((StatusCode::TEMPORARY_REDIRECT, no_store_location(&target)))
}

fn return_target(state: &InstanceState, redirect_url: Option<&str>) -> Result<Url, ClerkError> {
    let target = redirect_url.and_then(|text| Url::parse(text).ok());
    target.filter(|target| redirect::may_return(target, &state.settings.public_url)).ok_or_else(|| {
        ClerkError::parameter(
            "redirect_url",
            "redirect_url must be an absolute URL of this application or of one on this machine.",
        )
    })
}

fn no_store_location(target: &Url) -> [(HeaderName, String); 2] {
    [(header::LOCATION, target.to_string()), (header::CACHE_CONTROL, "no-store".to_owned())]
}
