//! A request id on every response and every log line, and one line per request. Queries and headers stay out of the
//! log: they may hold tokens.

use std::{fmt, time::Instant};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, Span, field::Empty};
use uuid::Uuid;

use crate::{instance::RequestName, server::traces};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Names a request. Ours alone: what clients send under this name is not believed.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// When a request arrived.
#[derive(Debug, Clone, Copy)]
pub struct Arrived(pub Instant);

/// Names the request, runs it and logs it.
pub async fn log_request(mut request: Request, next: Next) -> Response {
    let id = RequestId(Uuid::new_v4());
    let start = Instant::now();
    request.extensions_mut().insert(id);
    request.extensions_mut().insert(RequestName(id.0));
    request.extensions_mut().insert(Arrived(start));
    // The highest level, so that a quieter log still names the request.
    let span = tracing::error_span!(
        "request",
        %id,
        method = %request.method(),
        path = request.uri().path(),
        clerk.status = Empty,
        clerk.reason = Empty,
        // The gateway's own name for a request, which its clients and upstreams know (`zp-rid`).
        gateway.request_id = Empty,
        otel.kind = Empty,
    );
    traces::begin_request(&span, request.headers());
    async move {
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(HEADER, value);
        }
        traces::end_request(&Span::current(), response.status());
        let duration_ms = start.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(status = response.status().as_u16(), duration_ms, "answered");
        response
    }
    .instrument(span)
    .await
}
