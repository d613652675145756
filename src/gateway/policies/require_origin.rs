//! `require-origin-inbound`: lets requests pass that name one of some origins. Only browsers keep to the truth here.
//!
//! Options: `origins` (required: with commas, or an array), `failureDetail` (default `Forbidden`). The refusal is 403;
//! Zuplo's documentation calls it Forbidden and names 400.

use axum::{extract::Request, http::header};
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, Verdict, ready};
use crate::gateway::{
    context::Context,
    problem::Problem,
    project::{LoadError, Options, TextList},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OriginOptions {
    origins: TextList,
    failure_detail: Option<String>,
}

struct RequireOrigin {
    /// In lower case.
    origins: Vec<String>,
    detail: String,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: OriginOptions = options.read()?;
    let origins: Vec<String> = read.origins.0.iter().map(|origin| origin.to_ascii_lowercase()).collect();
    if origins.is_empty() || origins.iter().any(|origin| origin.ends_with('/')) {
        return Err(options.error("origins", "origins such as https://app.example.com, without a slash at the end"));
    }
    let detail = read.failure_detail.unwrap_or_else(|| "Forbidden".to_owned());
    Ok(Policy::inbound(RequireOrigin { origins, detail }))
}

impl InboundPolicy for RequireOrigin {
    fn apply<'a>(&'a self, request: Request, _context: &'a mut Context) -> Verdict<'a> {
        let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let allowed = origin.is_some_and(|origin| self.origins.contains(&origin.to_ascii_lowercase()));
        ready(if allowed { Ok(request) } else { Err(Problem::forbidden("origin", self.detail.clone()).into()) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::gateway::testing::{fault, inbound, request};

    #[tokio::test]
    async fn only_named_origins_pass() {
        let options = json!({ "origins": "https://a.example, https://B.example", "failureDetail": "Not you." });
        let mut policy = inbound("require-origin-inbound", &options);
        policy.passes(request(&[("origin", "https://b.example")])).await;
        for headers in [&[][..], &[("origin", "https://c.example")], &[("origin", "null")]] {
            let refusal = policy.refuses(request(headers)).await;
            assert_eq!((refusal.status().as_u16(), refusal.detail()), (403, "Not you."));
        }
        let error = fault("require-origin-inbound", &json!({ "origins": "https://a.example/" }));
        assert!(error.contains("at /origins: expected origins"), "{error}");
    }
}
