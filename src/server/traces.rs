//! Traces for an OpenTelemetry collector. Only spans of our own are sent, and no log lines: what a span holds is chosen
//! where it is made, and never a token, a query or a body. Without a collector there is nothing of this.

use std::sync::OnceLock;

use axum::http::{HeaderMap, StatusCode};
use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use secrecy::ExposeSecret;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, Registry, filter::filter_fn};

use super::{StartError, config::TraceExport};

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// What sends the program's spans. To be called once; the sampler is what the SDK reads in `OTEL_TRACES_SAMPLER`.
///
/// # Errors
/// When no HTTP client can be set up.
pub fn layer(export: &TraceExport) -> Result<Box<dyn Layer<Registry> + Send + Sync>, StartError> {
    let headers = export.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(export.url.as_str())
        .with_headers(headers.collect())
        .build()
        .map_err(|error| StartError::Traces(error.to_string()))?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name(export.service_name.clone()).build())
        .build();
    let tracer = provider.tracer(env!("CARGO_PKG_NAME"));
    global::set_text_map_propagator(TraceContextPropagator::new());
    let _set_once = PROVIDER.set(provider);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    let is_ours = |metadata: &tracing::Metadata<'_>| {
        metadata.is_span() && metadata.target().split("::").next() == Some(env!("CARGO_PKG_NAME"))
    };
    Ok(layer.with_filter(filter_fn(is_ours)).boxed())
}

/// Makes the span of a request part of its caller's trace (W3C Trace Context).
pub fn begin_request(span: &Span, headers: &HeaderMap) {
    if PROVIDER.get().is_none() {
        return;
    }
    span.record("otel.kind", "server");
    let caller = global::get_text_map_propagator(|propagator| propagator.extract(&HeaderExtractor(headers)));
    // Fails for a span that nobody wants.
    let _unwanted = span.set_parent(caller);
}

/// What tells whoever is called from here which trace that belongs to.
pub fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    if PROVIDER.get().is_some() {
        let context = Span::current().context();
        global::get_text_map_propagator(|p| p.inject_context(&context, &mut HeaderInjector(&mut headers)));
    }
    headers
}

/// Notes what a request was answered with.
pub fn end_request(span: &Span, status: StatusCode) {
    if PROVIDER.get().is_none() {
        return;
    }
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(opentelemetry::trace::Status::error(""));
    }
}

/// Sends what has not been sent yet. Spans that end later are lost.
pub async fn end() {
    let Some(provider) = PROVIDER.get() else { return };
    let ended = tokio::task::spawn_blocking(|| provider.shutdown()).await;
    if !matches!(ended, Ok(Ok(()))) {
        tracing::warn!("some traces could not be sent");
    }
}
