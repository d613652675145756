//! The Backend API: what an application's server asks an instance, with the secret key.
//!
//! - `users`, `sessions`, `refresh`, `sign_in_tokens`, `actor_tokens`, `jwt_templates`: the calls
//! - `accounts`, `email_addresses`, `clients`: more of them; `names`: what an application calls a user
//! - `organizations`, `memberships`, `invitations`, `domains`: the calls about organizations; `images`: pictures and logos
//! - `request`: query and body, with Clerk's errors; `resources`: what is answered
//!
//! Every answer is `application/json`, without a charset: Clerk's SDK takes anything else for text. Whoever does not
//! have the secret key learns nothing, not even which paths there are.

mod accounts;
mod actor_tokens;
mod clients;
mod domains;
mod email_addresses;
mod images;
mod invitations;
mod jwt_templates;
mod memberships;
mod names;
mod organizations;
mod refresh;
mod request;
mod resources;
mod sessions;
mod sign_in_tokens;
mod users;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{delete, get, patch, post, put},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{
    InstanceState,
    clerk_error::{self, ClerkError},
    images::MAX_FORM_BYTES,
};
use request::Params;

/// The largest body but a picture is a refresh: it tells all the headers of a request.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// The API, behind the secret key.
pub fn router(state: &Arc<InstanceState>) -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/v1/jwks", get(jwks))
        .route("/v1/clients/handshake_payload", get(handshake_payload))
        .route("/v1/users", get(users::list).post(accounts::create))
        .route("/v1/users/count", get(users::count))
        .route("/v1/users/{id}", get(users::show).patch(users::update).delete(accounts::delete))
        .merge(account_routes())
        .route("/v1/users/{id}/metadata", patch(users::merge_metadata).put(users::replace_metadata))
        .route("/v1/users/{id}/organization_memberships", get(memberships::list_of_user))
        .route("/v1/sessions", get(sessions::list).post(sessions::create))
        .route("/v1/sessions/{id}/verify", post(sessions::verify))
        .route("/v1/sessions/{id}", get(sessions::show))
        .route("/v1/sessions/{id}/revoke", post(sessions::revoke))
        .route("/v1/sessions/{id}/refresh", post(refresh::refresh))
        .route("/v1/sessions/{id}/tokens", post(sessions::create_token))
        .route("/v1/sessions/{id}/tokens/{template}", post(sessions::create_template_token))
        .route("/v1/sign_in_tokens", post(sign_in_tokens::create))
        .route("/v1/sign_in_tokens/{id}/revoke", post(sign_in_tokens::revoke))
        .route("/v1/actor_tokens", post(actor_tokens::create))
        .route("/v1/actor_tokens/{id}/revoke", post(actor_tokens::revoke))
        .route("/v1/jwt_templates", get(jwt_templates::list).post(jwt_templates::create))
        .route(
            "/v1/jwt_templates/{id}",
            get(jwt_templates::show).patch(jwt_templates::update).delete(jwt_templates::delete),
        )
        .merge(organization_routes())
        .merge(image_routes())
        .fallback(clerk_error::not_found)
        .method_not_allowed_fallback(clerk_error::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(state), require_secret_key))
}

fn account_routes() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/v1/users/{id}/ban", post(accounts::ban))
        .route("/v1/users/{id}/unban", post(accounts::unban))
        .route("/v1/users/{id}/lock", post(accounts::lock))
        .route("/v1/users/{id}/unlock", post(accounts::unlock))
        .route("/v1/users/{id}/verify_password", post(accounts::verify_password))
        .route("/v1/users/{id}/verify_totp", post(accounts::verify_totp))
        .route("/v1/users/{id}/oauth_access_tokens/{provider}", get(accounts::list_oauth_access_tokens))
        .route("/v1/users/{id}/external_accounts/{account_id}", delete(accounts::delete_external_account))
        .route("/v1/email_addresses", post(email_addresses::create))
        .route(
            "/v1/email_addresses/{id}",
            get(email_addresses::show).patch(email_addresses::update).delete(email_addresses::delete),
        )
        .route("/v1/clients", get(clients::list))
        .route("/v1/clients/verify", post(clients::verify))
        .route("/v1/clients/{id}", get(clients::show))
        .route("/v1/testing_tokens", post(clients::create_testing_token))
        // No machine has tokens here, so every one is unknown.
        .route("/api_keys/verify", post(unknown_token))
        .route("/m2m_tokens/verify", post(unknown_token))
        .route("/oauth_applications/access_tokens/verify", post(unknown_token))
}

async fn unknown_token() -> ClerkError {
    ClerkError::not_found("There is no such token.")
}

fn organization_routes() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/v1/organizations", get(organizations::list).post(organizations::create))
        .route(
            "/v1/organizations/{id}",
            get(organizations::show).patch(organizations::update).delete(organizations::delete),
        )
        .route(
            "/v1/organizations/{id}/metadata",
            patch(organizations::merge_metadata).put(organizations::replace_metadata),
        )
        .route("/v1/organization_memberships", get(memberships::list_all))
        .route("/v1/organizations/{id}/memberships", get(memberships::list).post(memberships::create))
        .route("/v1/organizations/{id}/memberships/{user_id}", patch(memberships::update).delete(memberships::delete))
        .route("/v1/organizations/{id}/memberships/{user_id}/metadata", patch(memberships::merge_metadata))
        .route("/v1/organizations/{id}/invitations", get(invitations::list).post(invitations::create))
        .route("/v1/organizations/{id}/invitations/bulk", post(invitations::create_several))
        .route("/v1/organizations/{id}/invitations/{invitation_id}", get(invitations::show))
        .route("/v1/organizations/{id}/invitations/{invitation_id}/revoke", post(invitations::revoke))
        .route("/v1/organizations/{id}/domains", get(domains::list).post(domains::create))
        .route("/v1/organizations/{id}/domains/{domain_id}", patch(domains::update).delete(domains::delete))
}

/// A picture is larger than any other body.
fn image_routes() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/v1/users/{id}/profile_image", post(images::set_profile_image).delete(images::delete_profile_image))
        .route("/v1/organizations/{id}/logo", put(images::set_logo).delete(images::delete_logo))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
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

async fn jwks(State(state): State<Arc<InstanceState>>) -> Result<Json<Value>, ClerkError> {
    state.published_keys().await.map(Json)
}

async fn handshake_payload(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    let nonce = params.required("nonce")?;
    let directives = state.store.take_handshake(nonce.to_owned(), state.now()).await?;
    let directives = directives
        .ok_or(ClerkError::not_found("There is no handshake with this nonce, or it was collected before."))?;
    Ok(Json(json!({ "directives": directives })))
}
