//! Counters for whoever watches the program, in Prometheus' text form, on a listener of their own: they are nobody's
//! business on the public one.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::{StartError, bind};
use crate::{
    gateway::{describe_metrics, publish_key_sets},
    jwt::{Clock, KeySets},
};

/// From a policy that looks at one header to an upstream that is about to be given up.
const SECONDS: [f64; 16] = [
    0.000_001, 0.000_005, 0.000_025, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];
/// Times are kept one by one until they are sorted into these.
const SORT_EVERY: Duration = Duration::from_secs(5);

/// Begins to count. Later calls, as tests make, join the first.
fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let start = || {
        let recorder = builder().unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        // Somebody else's recorder stays: an embedding program may have its own.
        let _already_installed = metrics::set_global_recorder(recorder);
        handle
    };
    HANDLE.get_or_init(start).clone()
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
}

/// Serves `/metrics` on `address` for as long as the program runs. What is registered before this is not counted.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(address: SocketAddr, key_sets: Arc<KeySets>, clock: Clock) -> Result<(), StartError> {
    let handle = recorder();
    metrics::describe_counter!("clerk_requests_total", "Requests by what Clerk's rules decided about them, and why");
    metrics::describe_counter!(
        "instance_unknown_requests_total",
        "Requests for what the embedded Clerk does not serve"
    );
    describe_metrics();
    let listener = bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "serving metrics");
    tokio::spawn(sort_times(handle.clone()));
    let render = move || {
        publish_key_sets(&key_sets, clock());
        std::future::ready(handle.render())
    };
    let router = Router::new().route("/metrics", get(render));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

async fn sort_times(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(SORT_EVERY);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}
