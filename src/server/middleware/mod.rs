//! Every layer, in order, outermost first.
//!
//! For everybody: request id and log line, security headers, panics. For what this program answers itself, and the
//! gateway does not pass on: compression, a page for what failed, panics, time limit. For browsers, who bring cookies:
//! cross-site check, body limit. Pages further know who sent the request (`authenticate`) and who may see them
//! (`require_access`).

mod access;
mod authenticate;
mod cross_site;
mod failures;
mod request_log;
mod security_headers;

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer,
};
use url::Url;

pub use access::require_access;
pub use authenticate::{SessionChecked, authenticate};
pub use request_log::{Arrived, RequestId};

use self::{request_log::RequestLog, security_headers::set_security_headers};
use super::{Services, serve::Answers};

/// The largest form is a sign-up.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The layers around everything. Concrete ones, next to each other: a request of the gateway's passes them too, and each
/// that axum boxes would cost it more than a policy does.
pub fn for_everybody<S: Answers>(service: S, services: &Services) -> impl Answers + use<S> {
    let https = services.public_url.scheme() == "https";
    ServiceBuilder::new()
        .layer(RequestLog)
        .map_response(move |response| set_security_headers(response, https))
        .service(caught(service))
}

/// The layers around a gateway that runs alone.
pub fn for_gateway(service: impl Answers) -> impl Answers {
    ServiceBuilder::new().layer(RequestLog).service(caught(service))
}

/// Whoever asked gets an answer, even if making it panicked.
fn caught(service: impl Answers) -> impl Answers {
    ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(Body::new))
        .layer(CatchPanicLayer::custom(panicked))
        .service(service)
}

/// The layers around what this program answers itself. What the gateway passes on has limits and encodings of its own.
pub fn for_own_answers(router: Router, embedded_clerk: bool, public_url: &Url, time_limit: Duration) -> Router {
    let explained = failures::Explained { embedded_clerk, public_url: public_url.clone(), time_limit };
    router.layer(
        ServiceBuilder::new()
            .layer(CompressionLayer::new())
            .layer(from_fn_with_state(explained, failures::explain_failures))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, time_limit)),
    )
}

/// The layers around what browsers reach with their cookies.
pub fn for_browsers(router: Router, services: &Arc<Services>) -> Router {
    router.layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(Arc::clone(services), cross_site::refuse_cross_site))
            .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES)),
    )
}

/// The request is gone by then; the answer's `x-request-id` still names it.
#[expect(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("of unknown type"), "a request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
