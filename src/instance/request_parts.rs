//! Path and query of a request, refused in Clerk's envelope where they cannot be read.

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use super::clerk_error::ClerkError;

/// The names in the path. One that is not text names nothing.
pub struct Segments<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = ClerkError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ClerkError> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(names)| Self(names)).map_err(|_| ClerkError::not_found("Nothing has such a name."))
    }
}

/// The query. What comes more than once is refused.
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = ClerkError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkError> {
        let message = "The query cannot be read: a parameter comes once.";
        Query::try_from_uri(&parts.uri)
            .map(|Query(parameters)| Self(parameters))
            .map_err(|_| ClerkError::new(StatusCode::BAD_REQUEST, "request_query_invalid", message))
    }
}
