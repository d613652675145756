//! A request id on every response and every log line, and one line per request. Queries and headers stay out of the
//! log: they may hold tokens.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    response::Response,
};
use pin_project_lite::pin_project;
use tower::{Layer, Service};
use tracing::{Instrument, Span, field::Empty, instrument::Instrumented};
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

/// Names requests, runs them and logs them.
#[derive(Clone, Copy)]
pub struct RequestLog;

impl<S> Layer<S> for RequestLog {
    type Service = Logged<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Logged(inner)
    }
}

/// A service whose requests are named and logged.
#[derive(Clone)]
pub struct Logged<S>(S);

impl<S: Service<Request, Response = Response>> Service<Request> for Logged<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Instrumented<Answering<S::Future>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = RequestId(Uuid::new_v4());
        let start = Instant::now();
        request.extensions_mut().insert(id);
        request.extensions_mut().insert(RequestName(id.0));
        request.extensions_mut().insert(Arrived(start));
        // The highest level, so that a quieter log still names the request.
        let span = tracing::error_span!(
            "request",
            %id,
            method = request.method().as_str(),
            path = request.uri().path(),
            clerk.status = Empty,
            clerk.reason = Empty,
            // The gateway's own name for a request, which its clients and upstreams know (`zp-rid`).
            gateway.request_id = Empty,
            otel.kind = Empty,
        );
        traces::begin_request(&span, request.headers());
        let answer = span.in_scope(|| self.0.call(request));
        Answering { answer, id, start }.instrument(span)
    }
}

pin_project! {
    /// The answer to a request, on its way.
    pub struct Answering<F> {
        #[pin]
        answer: F,
        id: RequestId,
        start: Instant,
    }
}

impl<F: Future<Output = Result<Response, E>>, E> Future for Answering<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.answer.poll(task))?;
        if let Ok(value) = HeaderValue::from_str(&this.id.to_string()) {
            response.headers_mut().insert(HEADER, value);
        }
        traces::end_request(&Span::current(), response.status());
        let duration_ms = this.start.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(status = response.status().as_u16(), duration_ms, "answered");
        Poll::Ready(Ok(response))
    }
}
