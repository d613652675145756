//! `request-size-limit-inbound`: refuses bodies that are too large with 413. A body without a length is counted while it
//! streams: the upstream gets no more than the limit, and the request ends there.
//!
//! Options: `maxSizeInBytes` (required), `trustContentLengthHeader` (default false: true looks at the header only).

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::Limited;
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, Verdict, ready};
use crate::gateway::{
    context::Context,
    problem::Problem,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequestSizeLimit {
    max_size_in_bytes: usize,
    #[serde(default)]
    trust_content_length_header: bool,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(options.read::<RequestSizeLimit>()?))
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl InboundPolicy for RequestSizeLimit {
    fn apply<'a>(&'a self, request: Request, _context: &'a mut Context) -> Verdict<'a> {
        if announced(request.headers()).is_some_and(|size| size > self.max_size_in_bytes) {
            let detail = "The request's body is too large.";
            return ready(Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail).into()));
        }
        if self.trust_content_length_header {
            return ready(Ok(request));
        }
        ready(Ok(request.map(|body| Body::new(Limited::new(body, self.max_size_in_bytes)))))
    }

    fn guards(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;

    use super::*;
    use crate::gateway::testing::{inbound, request};

    fn sized(announced: &str, body: &'static str) -> Request {
        let mut request = request(&[("content-length", announced)]);
        *request.body_mut() = body.into();
        request
    }

    #[tokio::test]
    async fn what_is_announced_and_what_comes_both_count() {
        let mut policy = inbound("request-size-limit-inbound", &json!({ "maxSizeInBytes": 3 }));
        assert_eq!(policy.refuses(sized("4", "")).await.status(), 413);
        let passed = policy.passes(sized("3", "abc")).await;
        assert_eq!(to_bytes(passed.into_body(), 99).await.unwrap(), "abc");
        let passed = policy.passes(sized("nonsense", "abcd")).await;
        assert!(to_bytes(passed.into_body(), 99).await.is_err());
        let trusting = json!({ "maxSizeInBytes": 3, "trustContentLengthHeader": true });
        let passed = inbound("request-size-limit-inbound", &trusting).passes(sized("3", "abcd")).await;
        assert_eq!(to_bytes(passed.into_body(), 99).await.unwrap(), "abcd");
    }
}
