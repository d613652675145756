//! What the endpoints for scripts answer when they cannot do what was asked.

use std::fmt::Display;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::clerk::backend::ApiError;

/// Why an endpoint did not do what was asked.
#[derive(Debug)]
pub enum EndpointError {
    /// Nobody is signed in; the text is the endpoint's own.
    SignedOut(&'static str),
    /// Nobody can be recognised, because Clerk's keys cannot be had.
    Unverifiable,
    /// The body of the request is not right: a status, and errors in Clerk's own form.
    Invalid(StatusCode, Value),
    /// Clerk or another service did not do its part.
    Failed,
}

impl EndpointError {
    /// A body that is not right, with one error that names the field and what was expected.
    pub fn invalid(status: StatusCode, code: &str, message: &str, field: Option<&str>) -> Self {
        let error = json!({ "code": code, "message": message, "meta": { "param_name": field } });
        Self::Invalid(status, json!([error]))
    }

    /// A body that Clerk does not accept.
    pub fn refused_by_clerk(errors: &[ApiError]) -> Self {
        let errors = errors.iter().map(|error| {
            let meta = json!({ "param_name": error.meta.get("param_name") });
            json!({ "code": error.code, "message": error.message, "meta": meta })
        });
        Self::Invalid(StatusCode::UNPROCESSABLE_ENTITY, errors.collect())
    }

    /// Somebody else's failure, which is logged here.
    pub fn failed(error: impl Display) -> Self {
        tracing::error!(%error, "an endpoint could not do its work");
        Self::Failed
    }
}

impl IntoResponse for EndpointError {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut(text) => (StatusCode::UNAUTHORIZED, text).into_response(),
            Self::Unverifiable => {
                let text = "Clerk's keys cannot be had, so nobody can be recognised. Try again shortly.";
                (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "5")], text).into_response()
            }
            Self::Invalid(status, errors) => (status, Json(json!({ "errors": errors }))).into_response(),
            // The guide's endpoints let the SDK's error through, which is a 500.
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response(),
        }
    }
}
