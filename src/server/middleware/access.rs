//! Who may see a page, decided before it is rendered.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    server::{Services, error_page::Site, extract::auth_of, redirect_loop::redirect_loop_page},
    ui::routes::{Access, access},
};

/// Server functions authorise in their own bodies.
const SERVER_FUNCTIONS: &str = "/rpc/";

/// Sends visitors who are signed out to sign in, and from there back here. A visitor whom nobody can recognise now is
/// let through: the page says so, with the right status.
pub async fn require_access(
    State(services): State<Arc<Services>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let auth = auth_of(&parts);
    let public = path.as_str().starts_with(SERVER_FUNCTIONS) || access(path.as_str()) == Access::Public;
    if public || auth.signed_in().is_some() || auth.is_unverifiable() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    if let Some(nobody) = auth.signed_out().filter(|nobody| nobody.is_redirect_loop()) {
        return redirect_loop_page(nobody.reason(), Site::of(&services, &parts.extensions));
    }
    let return_to =
        if parts.method == Method::GET { services.clerk.page_url(&parts) } else { services.public_url.clone() };
    (
        StatusCode::TEMPORARY_REDIRECT,
        services.clerk.redirect_to_sign_in(&auth, &parts, Some(&return_to), (services.clock)()),
    )
        .into_response()
}
