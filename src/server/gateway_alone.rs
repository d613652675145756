//! The gateway alone: no application, no embedded Clerk, nothing at any path but the project's routes and the gateway's
//! own.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::Arc,
};

use axum::extract::Request;
use tokio::net::TcpListener;
use tower::service_fn;
use url::Url;

use super::{StartError, config::GatewayConfig, gateway_parts, metrics, middleware, serve, services};
use crate::{
    gateway::{Dependencies, Gateway, Registry},
    jwt::{Clock, KeySets, KeySource},
};

/// Serves the gateway on `listener` until `shutdown` resolves and every request under way has been answered.
///
/// # Errors
/// When the project cannot be loaded, or something that is needed cannot be had.
pub async fn run_gateway(
    listener: TcpListener,
    config: GatewayConfig,
    registry: Registry,
    clock: Clock,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let address = listener.local_addr()?;
    let given = config.issuer.clone().zip(config.jwt_key.clone().map(KeySource::Key));
    let key_sets = Arc::new(KeySets::new(HashMap::from_iter(given)));
    if let Some(address) = config.metrics_address {
        // Before the routes register what they count.
        metrics::serve(address, Arc::clone(&key_sets), Arc::clone(&clock)).await?;
    }
    let public_url = services::public_url(config.public_url.as_ref(), address)?;
    let issuer = config.issuer.as_deref();
    let (sets, now) = (Arc::clone(&key_sets), Arc::clone(&clock));
    let dependencies = Dependencies {
        counters: gateway_parts::counters(config.rate_limit_redis.as_ref())?,
        ..gateway_parts::dependencies(&config.variables, issuer, Arc::new(registry), sets, public_url.clone(), now)?
    };
    let gateway = Gateway::load(&config.directory, &dependencies)?;
    tokio::spawn(gateway.watch());
    // The first request finds the keys there, and need not wait for them.
    tokio::spawn(key_sets.keep_fresh(clock));
    tracing::info!(%address, url = %public_url, "listening");
    announce(&public_url);
    let gateway = Arc::new(gateway);
    let gateway = service_fn(move |request: Request| {
        let gateway = Arc::clone(&gateway);
        async move { Ok(gateway.answer(request).await) }
    });
    let shutdown = async {
        shutdown.await;
        dependencies.upstream.end_web_sockets().await;
    };
    serve::serve(listener, middleware::for_gateway(gateway), shutdown).await;
    tracing::info!("stopped");
    Ok(())
}

/// For whoever started the program; the log has the same facts for machines.
fn announce(public_url: &Url) {
    let origin = public_url.origin().ascii_serialization();
    let text = format!("\nGatehouse's gateway is listening on {origin}\n");
    // Whoever closed standard output does not want to read this.
    let _nobody_reads = writeln!(io::stdout(), "{text}").and_then(|()| io::stdout().flush());
}
