//! Who may see a page, decided before it is rendered.

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
    State(services): State<Services>,
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
    let mut return_to = services.public_url.clone();
    if request.method() == Method::GET {
        return_to.set_path(request.uri().path());
        return_to.set_query(request.uri().query());
    }
    let mut response = Redirect::temporary(services.clerk.sign_in_url(&return_to).as_str()).into_response();
    response.headers_mut().insert("x-clerk-redirect-to", HeaderValue::from_static("true"));
    response
}
