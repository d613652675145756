//! Spans of the gateway's phases, for traces. Their names come from the project; nothing that a client sends stands in
//! them. Below the level that a log shows by default, so that they cost nothing where nobody collects them.

use axum::http::HeaderMap;
use opentelemetry::global;
use opentelemetry_http::HeaderInjector;
use tracing::{Span, debug_span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{context::Arrival, routing::Route};

/// The span of a request to a route.
pub fn route_span(route: &Route, arrival: &Arrival) -> Span {
    debug_span!(
        "route",
        otel.name = format!("{} {}", route.info.method, route.info.path),
        http.route = route.info.path,
        gateway.request_id = %arrival.request_id,
    )
}

/// The span of a policy. `phase` is `inbound` or `outbound`; `gateway.refused` is left for the reason of a refusal.
pub fn policy_span(name: &str, phase: &'static str) -> Span {
    debug_span!("policy", otel.name = name, gateway.phase = phase, gateway.refused = Empty)
}

/// The span of a route's handler.
pub fn handler_span(route: &Route) -> Span {
    debug_span!("handler", otel.name = route.handler_name, gateway.phase = "handler")
}

/// The span of a request to an upstream.
pub fn upstream_span() -> Span {
    debug_span!("upstream", otel.kind = "client")
}

/// Tells an upstream which trace its work belongs to (W3C Trace Context): ours, or whatever the client said if there is
/// none.
pub fn propagate(headers: &mut HeaderMap) {
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut HeaderInjector(headers)));
}
