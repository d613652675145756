//! `set-body-inbound` and `change-method-inbound`: what the upstream gets instead of what the client sent.
//!
//! Options: of the first `body` (required), of the second `method` (required). A request that becomes a GET or HEAD
//! loses its body.

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
};
use serde::Deserialize;

use super::{InboundPolicy, Policy, PolicySite, Verdict, ready};
use crate::gateway::{
    context::Context,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBody {
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodOptions {
    method: String,
}

struct ChangeMethod(Method);

/// Makes `set-body-inbound`.
pub fn build_set_body(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(options.read::<SetBody>()?))
}

/// Makes `change-method-inbound`.
pub fn build_change_method(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let method = options.read::<MethodOptions>()?.method.to_ascii_uppercase();
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = Method::try_from(method.as_str()).ok().filter(|method| known.contains(&method.as_str()));
    let method = method.ok_or_else(|| options.error("method", &format!("one of {}", known.join(", "))))?;
    Ok(Policy::inbound(ChangeMethod(method)))
}

impl InboundPolicy for SetBody {
    fn apply<'a>(&'a self, mut request: Request, _context: &'a mut Context) -> Verdict<'a> {
        replace_body(&mut request, Body::from(self.body.clone()));
        ready(Ok(request))
    }

    fn guards(&self) -> bool {
        false
    }
}

impl InboundPolicy for ChangeMethod {
    fn apply<'a>(&'a self, mut request: Request, _context: &'a mut Context) -> Verdict<'a> {
        if matches!(self.0, Method::GET | Method::HEAD) {
            replace_body(&mut request, Body::empty());
        }
        *request.method_mut() = self.0.clone();
        ready(Ok(request))
    }

    fn guards(&self) -> bool {
        false
    }
}

/// What described the old body would be wrong of the new one.
fn replace_body(request: &mut Request, body: Body) {
    *request.body_mut() = body;
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        request.headers_mut().remove(name);
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;

    use crate::gateway::testing::{fault, inbound, request, request_to};

    #[tokio::test]
    async fn a_body_is_replaced() {
        let old = request(&[("content-length", "99"), ("content-type", "text/plain")]);
        let passed = inbound("set-body-inbound", &json!({ "body": "new" })).passes(old).await;
        assert!(!passed.headers().contains_key("content-length") && passed.headers().contains_key("content-type"));
        assert_eq!(to_bytes(passed.into_body(), 99).await.unwrap(), "new");
    }

    #[tokio::test]
    async fn a_method_is_changed() {
        for (method, body) in [("put", "old"), ("GET", "")] {
            let mut post = request_to("POST", "/");
            *post.body_mut() = "old".into();
            let passed = inbound("change-method-inbound", &json!({ "method": method })).passes(post).await;
            assert_eq!(passed.method().as_str(), method.to_uppercase());
            assert_eq!(to_bytes(passed.into_body(), 99).await.unwrap(), body);
        }
        let error = fault("change-method-inbound", &json!({ "method": "BREW" }));
        assert!(error.contains("at /method: expected one of GET"), "{error}");
    }
}
