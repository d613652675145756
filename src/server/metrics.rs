//! For whoever watches the program, on a listener of its own: counters in Prometheus' text form, and which issuers' keys are
//! there. Both are nobody's business on the public one.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::{StartError, bind_for, config::MetricsAddress};
use crate::{
    gateway::{describe_metrics, publish_key_sets, readiness},
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

/// Serves `/metrics` and `/ready` on `address` for as long as the program runs; but without them it runs as well where nobody
/// chose the address. What is registered before this is not counted.
///
/// # Errors
/// When an address that somebody chose cannot be listened on.
pub async fn serve(address: MetricsAddress, key_sets: Arc<KeySets>, clock: Clock) -> Result<(), StartError> {
    let listener = match bind_for(address.address, "GATEHOUSE_METRICS_ADDR").await {
        Err(error) if !address.is_chosen => {
            tracing::warn!("no metrics are served: {error}");
            return Ok(());
        }
        listener => listener?,
    };
    let handle = recorder();
    metrics::describe_counter!("clerk_requests_total", "Requests by what Clerk's rules decided about them, and why");
    metrics::describe_counter!(
        "instance_unknown_requests_total",
        "Requests for what the embedded Clerk does not serve"
    );
    describe_metrics();
    tracing::info!(address = %listener.local_addr()?, "serving metrics");
    tokio::spawn(sort_times(handle.clone()));
    let (sets, time) = (Arc::clone(&key_sets), Arc::clone(&clock));
    let render = move || {
        publish_key_sets(&sets, time());
        std::future::ready(handle.render())
    };
    let ready = move || std::future::ready(readiness(&key_sets, clock()));
    let router = Router::new().route("/metrics", get(render)).route("/ready", get(ready));
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn only_an_address_that_somebody_chose_is_missed() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let serve = |is_chosen: bool| {
            let address = MetricsAddress { address: taken.local_addr().unwrap(), is_chosen };
            serve(address, Arc::new(KeySets::new(HashMap::new())), Arc::new(|| Duration::ZERO))
        };
        assert!(serve(false).await.is_ok());
        let error = serve(true).await.unwrap_err().to_string();
        assert!(error.contains("GATEHOUSE_METRICS_ADDR chooses another address"), "{error}");
    }
}
