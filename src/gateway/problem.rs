//! Every refusal of the gateway: a problem document (RFC 9457) in Zuplo's shape.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::context::Context;

/// A refusal. `detail` and headers are for the caller, `reason` for log and metrics.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    detail: &'static str,
    reason: &'static str,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A refusal with `status`; `detail` is one safe sentence, `reason` a short stable name.
    pub const fn new(status: StatusCode, reason: &'static str, detail: &'static str) -> Self {
        Self { status, detail, reason, header: None }
    }

    /// The request is not well formed.
    pub const fn bad_request(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// No route fits.
    pub const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_route", "Not Found")
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// The short stable name.
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The answer.
    pub fn into_response(self, context: &Context) -> Response<Body> {
        let status = self.status.as_u16();
        let body = json!({
            "type": format!("https://httpproblems.com/http-status/{status}"),
            "title": self.status.canonical_reason(),
            "status": status,
            "detail": self.detail,
            "instance": context.instance,
            "trace": {
                "timestamp": timestamp(context.now),
                "requestId": context.request_id.to_string(),
                "buildId": env!("CARGO_PKG_VERSION"),
            },
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some((name, value)) = self.header {
            headers.insert(name, value);
        }
        response
    }
}

fn timestamp(since_epoch: Duration) -> Option<String> {
    let millis = i128::try_from(since_epoch.as_millis()).ok()? * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(millis).ok()?.format(&Rfc3339).ok()
}
