//! What a server function may ask of the request it runs in, and do to its response.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::{Services, gateway_routes, lab::Lab, sign_out_failure};
use crate::{
    clerk::{Auth, SignedIn},
    gateway::Overview,
    model::{AccountError, GatewayRoutes, GatewayRoutesError, LabError, SignOutError},
};

/// The signed-in user of the request.
///
/// # Errors
/// [`AccountError::SignedOut`], or [`AccountError::Unverifiable`] when nobody can be recognised.
pub fn current_user() -> Result<SignedIn, AccountError> {
    match use_context::<Auth>() {
        Some(Auth::SignedIn(user)) => Ok(user),
        Some(auth) if auth.is_unverifiable() => Err(AccountError::Unverifiable),
        _ => Err(AccountError::SignedOut),
    }
}

/// What the program serves with.
///
/// # Errors
/// When called outside a request.
pub fn services() -> Result<Arc<Services>, AccountError> {
    use_context::<Arc<Services>>().ok_or(AccountError::Transport)
}

/// What the embedded gateway serves.
///
/// # Errors
/// [`GatewayRoutesError::NotShown`] when it is not embedded, or serves people who are no business of its routes.
pub fn embedded_gateway_routes() -> Result<GatewayRoutes, GatewayRoutesError> {
    let overview = use_context::<Overview>().ok_or(GatewayRoutesError::NotShown)?;
    Ok(gateway_routes::describe(&overview))
}

/// Gives the response the status that belongs to an error.
pub fn set_status(error: &AccountError) {
    set_status_code(error.status());
}

/// As [`set_status`], for the lab.
pub fn set_lab_status(error: &LabError) {
    set_status_code(error.status());
}

/// Gives the response a status.
pub fn set_status_code(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

/// The lab.
///
/// # Errors
/// When there is none: with a hosted Clerk.
pub fn lab() -> Result<Arc<Lab>, LabError> {
    use_context::<Arc<Services>>().and_then(|services| services.lab.clone()).ok_or(LabError::NotHere)
}

/// Ends the visitor's session at Clerk and empties their cookies.
///
/// # Errors
/// When Clerk did not end the session.
pub async fn end_session() -> Result<(), SignOutError> {
    let (Some(services), Some(parts)) = (use_context::<Arc<Services>>(), use_context::<Parts>()) else {
        return Err(SignOutError::Transport);
    };
    let ended = services.clerk.sign_out(&parts, (services.clock)()).await.map_err(|error| {
        tracing::warn!(%error, "could not sign out");
        SignOutError::ClerkFailed
    });
    match &ended {
        Ok(cookies) => append_headers(cookies),
        Err(_) => append_headers(&sign_out_failure::note(services.public_url.scheme() == "https")),
    }
    ended.map(drop)
}

/// Sends the visitor to the home page.
pub fn redirect_home() {
    leptos_axum::redirect("/");
}

fn append_headers(headers: &HeaderMap) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    for (name, value) in headers {
        response.append_header(name.clone(), value.clone());
    }
}
