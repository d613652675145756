//! Who sent a request, as an argument of an axum handler.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};

use super::{Services, endpoint_error::EndpointError, error_page::Site, redirect_loop::redirect_loop_page};
use crate::clerk::{Auth, AuthErrorReason, SignedIn, is_document};

/// What the middleware decided about a request. Without it nobody was recognised, so nobody is signed in.
pub fn auth_of(parts: &Parts) -> Auth {
    parts.extensions.get::<Auth>().cloned().unwrap_or_else(|| AuthErrorReason::TokenVerificationFailed.into())
}

/// Nobody is turned away: the handler decides.
impl<S: Send + Sync> FromRequestParts<S> for Auth {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(auth_of(parts))
    }
}

/// Whoever is not signed in is sent to sign in, if a browser asks for a page, and gets a 401 otherwise; a 503 while
/// nobody can be recognised.
impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    Arc<Services>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match auth_of(parts) {
            Auth::SignedIn(user) => Ok(user),
            nobody if nobody.is_unverifiable() => Err(EndpointError::Unverifiable.into_response()),
            Auth::SignedOut(nobody) if nobody.is_redirect_loop() => {
                let services = Arc::<Services>::from_ref(state);
                Err(redirect_loop_page(nobody.reason(), Site::of(&services, &parts.extensions)))
            }
            nobody if is_document(parts) => {
                let services = Arc::<Services>::from_ref(state);
                let return_to = services.clerk.page_url(parts);
                let headers = services.clerk.redirect_to_sign_in(&nobody, parts, Some(&return_to), (services.clock)());
                Err((StatusCode::TEMPORARY_REDIRECT, headers).into_response())
            }
            Auth::SignedOut(_) => Err(EndpointError::SignedOut("Unauthorized").into_response()),
        }
    }
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
