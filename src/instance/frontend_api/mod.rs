//! The Frontend API: what browsers ask an instance, as Clerk's own client asks it.
//!
//! - `handshake`, `client`, `environment`: how a page begins
//! - `sign_ins`, `sign_ups`, `sessions`: how a session begins, lives and ends
//! - `verification`: how somebody shows once more who they are
//! - `me`, `email_addresses`, `images`: what whoever is signed in changes of themselves; `organizations`: what they
//!   belong to; `members`, `organization_invitations`: who else does; `permissions`: who may change that
//! - `external`, `oauth_callback`, `settlement`: signing in and up with an account elsewhere; `external_accounts`: those of
//!   whoever is signed in
//! - `caller`: who asks, and the envelope they are answered in; `origin`: which pages may ask; `form`, `list_query`: what
//!   they send; `throttle`: how often
//! - `resources`: what is answered; `errors`: what is refused; `first_factor`: passwords and codes
//!
//! **Who asks.** A browser is known by its `__client` cookie and by nothing else. Scripts cannot read it, no link can
//! bring it along, and it changes with every sign-in and sign-out, so whoever knew it before knows nothing (session
//! fixation). The token in the query, `__clerk_db_jwt`, comes with links: Clerk's client takes it from any address that
//! it is opened with. Were it believed, a link could make somebody sign in to a browser that a stranger shares. So it is
//! accepted, because Clerk's client insists on having one, and never looked at. The price: pages of a host that the
//! cookie is not sent for (`127.0.0.1`, when the instance is called `localhost`) have no session here.
//!
//! **Who may be told what.** An unknown address is answered `form_identifier_not_found`: Clerk's components offer to sign
//! up by it. The portal is strict instead: there, unknown and wrong are the same answer after the same work.

mod caller;
mod client;
mod email_addresses;
mod environment;
mod errors;
mod external;
mod external_accounts;
mod first_factor;
mod form;
mod handshake;
mod images;
mod list_query;
mod me;
mod members;
mod oauth_callback;
mod organization_invitations;
mod organizations;
mod origin;
mod permissions;
mod resources;
mod sessions;
mod settlement;
mod sign_ins;
mod sign_ups;
mod throttle;
mod verification;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, Method, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{delete, get, patch, post, put},
};
use tower::Layer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::{InstanceState, clerk_error, images::MAX_FORM_BYTES};

pub use first_factor::accept_code;
pub use handshake::jwks;
pub use resources::{EMAIL_CODE, RESET_PASSWORD};
pub use sign_ins::let_in_with_ticket;
pub use sign_ups::advance;
pub use throttle::Throttle;

/// The largest form holds a user's metadata.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The API, below its version. What it answers holds tokens and is for nobody else: it stays out of caches.
pub fn router(state: &Arc<InstanceState>) -> Router<Arc<InstanceState>> {
    let calls = Router::new()
        .merge(boot())
        .merge(attempts().route_layer(from_fn_with_state(Arc::clone(state), throttle::limit_attempts)))
        .merge(session())
        .merge(me())
        .merge(pictures())
        .merge(organizations())
        .fallback(clerk_error::not_found)
        .method_not_allowed_fallback(clerk_error::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::clone(state));
    // Which call it is depends on the method, so that is settled before.
    let calls = from_fn(apply_method_override).layer(calls);
    Router::new()
        .fallback_service(calls)
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(from_fn_with_state(Arc::clone(state), origin::refuse_other_sites))
}

fn boot() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/dev_browser", post(client::create_dev_browser))
        .route("/environment", get(environment::show).patch(environment::show))
        .route("/client", get(client::show).put(client::create).delete(client::delete))
        .route("/client/handshake", get(handshake::handshake))
        .route("/client/sync", get(handshake::go_back))
        .route("/client/touch", get(handshake::go_back))
        .route("/oauth_callback", get(oauth_callback::finish))
}

fn attempts() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/client/sign_ins", post(sign_ins::create))
        .route("/client/sign_ins/{id}", get(sign_ins::show))
        .route("/client/sign_ins/{id}/prepare_first_factor", post(sign_ins::prepare_first_factor))
        .route("/client/sign_ins/{id}/attempt_first_factor", post(sign_ins::attempt_first_factor))
        .route("/client/sign_ins/{id}/reset_password", post(sign_ins::reset_password))
        // Asks an identity provider who somebody is, as a sign-in may.
        .route("/me/external_accounts", post(external_accounts::create))
        // Whoever is signed in may guess codes and passwords, too.
        .route("/me/email_addresses/{id}/prepare_verification", post(email_addresses::prepare_verification))
        .route("/me/email_addresses/{id}/attempt_verification", post(email_addresses::attempt_verification))
        .route("/me/change_password", post(me::change_password))
        .route("/me/remove_password", post(me::remove_password))
        .route("/client/sign_ups", post(sign_ups::create))
        .route("/client/sign_ups/{id}", get(sign_ups::show).patch(sign_ups::update))
        .route("/client/sign_ups/{id}/prepare_verification", post(sign_ups::prepare_verification))
        .route("/client/sign_ups/{id}/attempt_verification", post(sign_ups::attempt_verification))
        .route("/client/sessions/{id}/verify", post(verification::create))
        .route("/client/sessions/{id}/verify/prepare_first_factor", post(verification::prepare_first_factor))
        .route("/client/sessions/{id}/verify/attempt_first_factor", post(verification::attempt_first_factor))
        .route("/client/sessions/{id}/verify/prepare_second_factor", post(verification::second_factor))
        .route("/client/sessions/{id}/verify/attempt_second_factor", post(verification::second_factor))
}

fn session() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/client/sessions", delete(sessions::end_all))
        .route("/client/sessions/{id}", get(sessions::show))
        .route("/client/sessions/{id}/touch", post(sessions::touch))
        .route("/client/sessions/{id}/tokens", post(sessions::create_token))
        .route("/client/sessions/{id}/tokens/{template}", post(sessions::create_template_token))
        .route("/client/sessions/{id}/end", post(sessions::end))
        .route("/client/sessions/{id}/remove", post(sessions::remove))
}

fn me() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/me", get(me::show).patch(me::update).delete(me::delete))
        .route("/me/metadata", patch(me::merge_metadata))
        .route("/me/sessions/active", get(me::active_sessions))
        .route("/me/sessions/{id}/revoke", post(me::revoke_session))
        // Clerk's client asks with the slash.
        .route("/me/email_addresses", post(email_addresses::create))
        .route("/me/email_addresses/", post(email_addresses::create))
        .route("/me/email_addresses/{id}", get(email_addresses::show).delete(email_addresses::delete))
        .route("/me/external_accounts/{id}", delete(external_accounts::delete))
}

/// A picture is larger than any other form.
fn pictures() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/me/profile_image", post(images::set_own).delete(images::delete_own))
        .route("/organizations/{id}/logo", put(images::set_logo).delete(images::delete_logo))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

fn organizations() -> Router<Arc<InstanceState>> {
    Router::new()
        .route("/me/organization_memberships", get(organizations::memberships))
        .route("/me/organization_memberships/{organization_id}", delete(organizations::leave))
        .route("/me/organization_invitations", get(organizations::invitations))
        .route("/me/organization_invitations/{id}/accept", post(organizations::accept_invitation))
        .route("/me/organization_suggestions", get(organizations::suggestions))
        .route("/organizations", post(organizations::create))
        .route(
            "/organizations/{id}",
            get(organizations::show).patch(organizations::update).delete(organizations::delete),
        )
        .route("/organizations/{id}/memberships", get(members::list).post(members::create))
        .route("/organizations/{id}/memberships/{user_id}", patch(members::update).delete(members::delete))
        .route(
            "/organizations/{id}/invitations",
            get(organization_invitations::list).post(organization_invitations::create),
        )
        .route("/organizations/{id}/invitations/bulk", post(organization_invitations::create_several))
        .route("/organizations/{id}/invitations/{invitation_id}/revoke", post(organization_invitations::revoke))
        .route("/organizations/{id}/roles", get(organizations::roles))
        .route("/organizations/{id}/domains", get(organizations::domains))
}

/// Clerk's client sends every change as a `POST`, which needs no preflight, and says in the query what it is.
async fn apply_method_override(mut request: Request, next: Next) -> Response {
    if request.method() == Method::POST {
        let mut query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let wish = query.find(|(name, _)| name == "_method").map(|(_, value)| value.to_ascii_uppercase());
        let method = match wish.as_deref() {
            Some("PATCH") => Some(Method::PATCH),
            Some("PUT") => Some(Method::PUT),
            Some("DELETE") => Some(Method::DELETE),
            _ => None,
        };
        if let Some(method) = method {
            *request.method_mut() = method;
        }
    }
    next.run(request).await
}
