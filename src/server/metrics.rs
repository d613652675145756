//! Counters for whoever watches the program, in Prometheus' text form, on a listener of their own: they are nobody's
//! business on the public one.

use std::{net::SocketAddr, sync::OnceLock};

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::{StartError, bind};

/// Begins to count. Later calls, as tests make, join the first.
fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let start = || {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Somebody else's recorder stays: an embedding program may have its own.
        let _already_installed = metrics::set_global_recorder(recorder);
        handle
    };
    HANDLE.get_or_init(start).clone()
}

/// Serves `/metrics` on `address` for as long as the program runs.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(address: SocketAddr) -> Result<(), StartError> {
    let handle = recorder();
    metrics::describe_counter!("clerk_requests_total", "Requests by what Clerk's rules decided about them, and why");
    metrics::describe_counter!("gateway_not_counted_total", "Requests that could not be counted for a limit");
    let listener = bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "serving metrics");
    let router = Router::new().route("/metrics", get(move || std::future::ready(handle.render())));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}
