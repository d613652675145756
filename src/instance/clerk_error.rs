//! Clerk's error envelope, for the Frontend and the Backend API.

use std::borrow::Cow;

use axum::{
    Json,
    extract::OriginalUri,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{ids::new_id, signing_key::SigningKeyError, store::StoreError};

/// An error as Clerk's APIs answer it.
#[derive(Debug)]
pub struct ClerkError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    param_name: Option<Cow<'static, str>>,
    /// What else its reader should know.
    meta: Option<(&'static str, u64)>,
}

impl ClerkError {
    /// An error with a status, a code of Clerk's and a sentence.
    pub const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message: Cow::Borrowed(message), param_name: None, meta: None }
    }

    /// As [`Self::new`], with a sentence that says what this request got wrong.
    pub fn explained(status: StatusCode, code: &'static str, message: String) -> Self {
        Self { status, code, message: Cow::Owned(message), param_name: None, meta: None }
    }

    /// What was asked for does not exist.
    pub const fn not_found(message: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource_not_found", message)
    }

    /// A parameter that is missing or has no meaning.
    pub const fn parameter(name: &'static str, message: &'static str) -> Self {
        let (status, code) = (StatusCode::BAD_REQUEST, "form_param_value_invalid");
        Self { status, code, message: Cow::Borrowed(message), param_name: Some(Cow::Borrowed(name)), meta: None }
    }

    /// A field of a form of the Frontend API that is not as it must be.
    pub const fn field(code: &'static str, name: &'static str, message: &'static str) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self { status, code, message: Cow::Borrowed(message), param_name: Some(Cow::Borrowed(name)), meta: None }
    }

    /// The error, with a number that its reader should know.
    pub fn with_meta(self, name: &'static str, number: u64) -> Self {
        Self { meta: Some((name, number)), ..self }
    }

    /// A parameter of the Backend API that is not as it must be. The message starts with its name.
    pub fn form(code: &'static str, name: impl Into<Cow<'static, str>>, complaint: &str) -> Self {
        let name = name.into();
        let message = Cow::Owned(format!("{name} {complaint}."));
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, code, message, param_name: Some(name), meta: None }
    }

    /// The fault is the instance's; its log says more.
    pub const fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_clerk_error",
            "The embedded Clerk failed; its log says why.",
        )
    }
}

impl From<StoreError> for ClerkError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the embedded Clerk's store failed");
        Self::internal()
    }
}

impl From<SigningKeyError> for ClerkError {
    fn from(error: SigningKeyError) -> Self {
        tracing::error!(%error, "the embedded Clerk could not sign");
        Self::internal()
    }
}

impl IntoResponse for ClerkError {
    fn into_response(self) -> Response {
        let mut meta = json!({});
        if let Some(name) = self.param_name {
            meta["param_name"] = name.into();
        }
        if let Some((name, number)) = self.meta {
            meta[name] = number.into();
        }
        let error = json!({ "code": self.code, "message": self.message, "long_message": self.message, "meta": meta });
        (self.status, Json(json!({ "errors": [error], "clerk_trace_id": new_id("trace") }))).into_response()
    }
}

/// The answer for paths the instance does not serve.
pub async fn not_found(OriginalUri(uri): OriginalUri, method: Method) -> ClerkError {
    count_unknown(&method, uri.path());
    ClerkError::not_found("The embedded Clerk serves nothing at this path.")
}

/// The answer for paths that it serves, but not with this method.
pub async fn method_not_allowed(OriginalUri(uri): OriginalUri, method: Method) -> ClerkError {
    count_unknown(&method, uri.path());
    ClerkError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "The embedded Clerk does not serve this path with this method.",
    )
}

/// What an application asks for in vain is what this instance lacks: it is counted, and the log names it, without the
/// query, which may hold tokens.
fn count_unknown(method: &Method, path: &str) {
    metrics::counter!("instance_unknown_requests_total").increment(1);
    tracing::warn!(%method, path, "unknown to the embedded Clerk");
}
