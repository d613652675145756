//! Who may see a page, decided before it is rendered.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    clerk::Auth,
    server::Services,
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
    let auth = request.extensions().get::<Auth>();
    let allowed = auth.is_some_and(|auth| auth.signed_in().is_some() || auth.is_unverifiable());
    let public = path.as_str().starts_with(SERVER_FUNCTIONS) || access(path.as_str()) == Access::Public;
    if allowed || public {
        return next.run(request).await;
    }
    let (parts, _) = request.into_parts();
    let return_to =
        if parts.method == Method::GET { services.clerk.page_url(&parts) } else { services.public_url.clone() };
    let mut response = Redirect::temporary(services.clerk.sign_in_url(&parts, &return_to).as_str()).into_response();
    response.headers_mut().insert("x-clerk-redirect-to", HeaderValue::from_static("true"));
    response
}
