//! Why a call has no result.

use std::{fmt, time::Duration};

use http::{HeaderMap, header::RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::json::or_default;
use crate::jwt::describe_failure;

/// The Backend API did not do what it was asked. The text is for the log: it shows neither keys nor addresses nor people.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// An id, slug or name that cannot stand in a path: it is empty, or dots. Nothing was sent.
    #[error("an id cannot stand in a path of the Clerk Backend API")]
    InvalidId,
    /// There is no connection. Nothing was sent.
    #[error("the Clerk Backend API cannot be reached: {0}")]
    Unreachable(String),
    /// No answer in time. What was asked for may have happened.
    #[error("the Clerk Backend API does not answer in time")]
    Timeout,
    /// The connection broke before all of the answer was there. What was asked for may have happened.
    #[error("the Clerk Backend API does not answer: {0}")]
    NoAnswer(String),
    /// An answer that is not JSON of the expected shape. What was asked for may have happened.
    #[error("the Clerk Backend API answers nonsense: {0}")]
    Unexpected(String),
    /// An answer that refuses.
    #[error("the Clerk Backend API answers {}", refusal(*.status, .errors, .trace_id.as_deref()))]
    Refused {
        /// HTTP status.
        status: u16,
        /// What is wrong, in Clerk's words. Empty where something before Clerk answered.
        errors: Vec<ApiError>,
        /// What Clerk's support asks for.
        trace_id: Option<String>,
        /// How long to stay away.
        retry_after: Option<Duration>,
    },
}

/// One thing that is wrong with a request. Its `Debug` shows the code alone: the rest may name people.
#[derive(Clone, Deserialize)]
pub struct ApiError {
    /// Such as `resource_not_found`.
    #[serde(default, deserialize_with = "or_default")]
    pub code: String,
    /// For developers.
    #[serde(default, deserialize_with = "or_default")]
    pub message: String,
    /// For people.
    pub long_message: Option<String>,
    /// More, such as the `param_name` that is wrong.
    #[serde(default, deserialize_with = "or_default")]
    pub meta: Map<String, Value>,
}

impl fmt::Debug for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiError").field("code", &self.code).finish_non_exhaustive()
    }
}

/// Clerk's error envelope. What cannot be read of it does not stand in the way of the rest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    errors: Value,
    clerk_trace_id: Value,
}

impl Envelope {
    fn errors(&self) -> Vec<ApiError> {
        let entries = self.errors.as_array().into_iter().flatten();
        entries.filter_map(|entry| ApiError::deserialize(entry).ok()).collect()
    }
}

impl BackendError {
    /// The refusal that an answer is.
    pub(super) fn refused(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let envelope: Envelope = serde_json::from_slice(body).unwrap_or_default();
        let retry_after = text(RETRY_AFTER.as_str()).and_then(|seconds| seconds.trim().parse().ok());
        Self::Refused {
            status,
            errors: envelope.errors(),
            trace_id: envelope.clerk_trace_id.as_str().or_else(|| text("cf-ray")).map(str::to_owned),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    /// Whether the instance has no such thing.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Clerk's first error code, such as `resource_not_found`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { errors, .. } => errors.first().map(|error| error.code.as_str()),
            _ => None,
        }
    }

    /// How long the instance asks to be left alone.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl From<reqwest::Error> for BackendError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() || error.is_builder() {
            Self::Unreachable(describe_failure(error))
        } else if error.is_timeout() {
            Self::Timeout
        } else {
            Self::NoAnswer(describe_failure(error))
        }
    }
}

impl From<serde_json::Error> for BackendError {
    /// Says where, not what: the error's own text quotes the answer, which may hold a token.
    fn from(error: serde_json::Error) -> Self {
        let what = if error.is_data() { "not of the expected shape" } else { "not JSON" };
        Self::Unexpected(format!("{what}, line {}, column {}", error.line(), error.column()))
    }
}

fn refusal(status: u16, errors: &[ApiError], trace_id: Option<&str>) -> String {
    let code = errors.first().map_or("no error code", |error| error.code.as_str());
    let trace_id = trace_id.unwrap_or("none");
    format!("{status} ({code}, trace id {trace_id})")
}
