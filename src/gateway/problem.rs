//! Every refusal of the gateway: a problem document (RFC 9457) in Zuplo's shape.

use std::{borrow::Cow, time::Duration};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header},
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::context::Arrival;

/// A refusal. `detail` and headers are for the caller, `reason` for log and metrics.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    detail: Cow<'static, str>,
    reason: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    members: Vec<(&'static str, Value)>,
}

impl Problem {
    /// A refusal with `status`; `detail` is one safe sentence, `reason` a short stable name.
    #[must_use]
    pub fn new(status: StatusCode, reason: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, detail: detail.into(), reason, headers: Vec::new(), members: Vec::new() }
    }

    /// The request is not well formed.
    #[must_use]
    pub fn bad_request(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// The address of the upstream would be longer than addresses can be.
    #[must_use]
    pub fn uri_too_long() -> Self {
        Self::new(StatusCode::URI_TOO_LONG, "uri_too_long", "The request's address is too long to be sent on.")
    }

    /// Nobody knows who the caller is.
    #[must_use]
    pub fn unauthorized(reason: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, reason, detail)
    }

    /// The caller may not do this.
    #[must_use]
    pub fn forbidden(reason: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, reason, detail)
    }

    /// No route fits.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_route", "Not Found")
    }

    /// The path has routes, but none for the method: `allowed` are those that it has.
    #[must_use]
    pub fn method_not_allowed(allowed: &[&Method]) -> Self {
        let names: Vec<&str> = allowed.iter().map(|method| method.as_str()).collect();
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", "This path has no such method.");
        match HeaderValue::from_str(&names.join(", ")) {
            Ok(names) => problem.with_header(header::ALLOW, names),
            Err(_) => problem,
        }
    }

    /// The fault is ours, or the project's.
    #[must_use]
    pub fn internal(reason: &'static str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, reason, "The gateway could not answer. Its log says more.")
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a member of its own to the document (RFC 9457, section 3.2).
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: Value) -> Self {
        self.members.push((name, value));
        self
    }

    /// Adds a parameter to the challenge (RFC 9110, section 11.3), if there is one.
    #[must_use]
    pub(super) fn with_challenge_parameter(mut self, parameter: &str) -> Self {
        for (_, value) in self.headers.iter_mut().filter(|(name, _)| *name == header::WWW_AUTHENTICATE) {
            let challenge = [value.as_bytes(), b", ", parameter.as_bytes()].concat();
            if let Ok(challenge) = HeaderValue::from_bytes(&challenge) {
                *value = challenge;
            }
        }
        self
    }

    /// The short stable name.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The answer.
    #[must_use]
    pub fn into_response(self, arrival: &Arrival) -> Response<Body> {
        let status = self.status.as_u16();
        let mut body = json!({
            "type": format!("https://httpproblems.com/http-status/{status}"),
            "title": self.status.canonical_reason(),
            "status": status,
            "detail": self.detail,
            "instance": arrival.instance,
            "trace": {
                "timestamp": timestamp(arrival.now),
                "requestId": arrival.request_id.to_string(),
                "buildId": env!("CARGO_PKG_VERSION"),
            },
        });
        for (name, value) in self.members {
            body[name] = value;
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        response
    }
}

/// As JavaScript writes it: `2026-01-01T00:00:00.000Z`, milliseconds always.
fn timestamp(since_epoch: Duration) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp(i64::try_from(since_epoch.as_secs()).ok()?).ok()?;
    let (date, clock) = (time.date(), time.time());
    let millis = since_epoch.subsec_millis();
    Some(format!("{date}T{:02}:{:02}:{:02}.{millis:03}Z", clock.hour(), clock.minute(), clock.second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_always_has_its_milliseconds() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
            (1_767_229_265_050, "2026-01-01T01:01:05.050Z"),
        ] {
            assert_eq!(timestamp(Duration::from_millis(millis)).as_deref(), Some(expected));
        }
    }
}
