//! Whose an access token is.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};

use crate::instance::InstanceState;

/// `GET /userinfo`, with the token as `Authorization: Bearer`.
pub async fn show(State(state): State<Arc<InstanceState>>, headers: HeaderMap) -> Response {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let person = token.and_then(|token| state.identity_provider.grants().bearer(token, state.now()));
    let mut response = match person {
        Some(person) => Json(person.claims()).into_response(),
        None => {
            let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
            (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response()
        }
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
