//! The composition root: reads the configuration, puts every other module together, and serves.
//!
//! - `config`: the environment, read once and checked
//! - `services`: Clerk, gateway client and clock, made from it
//! - `front`: what is the gateway's; `router`: what is mounted where; `middleware`: every layer, in order
//! - `request`: what server functions may ask of the request they run in
//! - `gateway_client`: the one call to the gateway; `journey`: what was seen on the way to it; `gateway_parts`: what a gateway is loaded with;
//!   `gateway_routes`: what the page of its routes shows
//! - `gateway_alone`: what runs instead of all this where only the gateway is wanted
//! - `guide_endpoints`: the endpoints of Clerk's Astro guide; `profile_form`, `supabase`, `endpoint_error`: what they need
//! - `extract`: who sent a request, as a handler's argument
//! - `components`: the pages of Clerk's own components
//! - `program`: all of it, for a `main`; `command`: what it does instead of serving, when asked: `check_command`,
//!   `keys_command`, `instance_command`; `env_lines`: settings for other applications
//! - `error_page`, `redirect_loop`: pages for when nothing else can be shown
//! - `lab`: sends what ought to be refused, to see it refused
//! - `theme`: whether pages are light or dark; `sign_out_failure`: what the page after a failed sign-out says; `cookies`:
//!   what both are kept in
//! - `people`: who is signed in, as pages name them
//! - `health`, `metrics`, `telemetry`, `traces`, `serve`, `start_message`: operations

mod check_command;
mod clock;
mod command;
mod components;
mod config;
mod cookies;
mod endpoint_error;
mod env_lines;
mod error_page;
mod extract;
mod front;
mod gateway_alone;
mod gateway_client;
mod gateway_parts;
mod gateway_routes;
mod guide_endpoints;
mod health;
mod instance_command;
pub mod journey;
mod keys_command;
mod lab;
mod metrics;
mod middleware;
mod people;
mod profile_form;
mod program;
mod redirect_loop;
pub mod request;
mod router;
mod serve;
mod services;
mod sign_out_failure;
mod start_message;
mod supabase;
pub mod telemetry;
mod theme;
mod traces;

use std::{net::SocketAddr, sync::Arc};

use tokio::net::TcpListener;

pub use check_command::check_project;
pub use clock::system_clock;
pub use command::{Command, UsageError, print_env};
pub use config::{Config, ConfigError, GatewayConfig, MetricsAddress, Variables};
pub use env_lines::Sdk;
pub use gateway_alone::run_gateway;
pub use gateway_client::GatewayClient;
pub use instance_command::{InstanceCommand, run_instance_command};
pub use keys_command::{KeysCommand, run_keys_command};
pub use program::main;
pub use serve::shutdown_signal;
pub use services::Services;

use crate::{
    clerk::ClerkOptionsError,
    gateway::{CounterError, LoadErrors, Registry, UpstreamError},
    instance::{OpenError, SigningKeyError},
    jwt::{Clock, KeySetsError},
};
use theme::THEME_STYLESHEET;

/// The stylesheets of every page: the one that cargo-leptos builds, under the name it gives, and the visitor's theme.
const STYLESHEETS: [&str; 2] = [concat!("/pkg/", env!("CARGO_PKG_NAME"), ".css"), THEME_STYLESHEET];

/// The font of every page. A new version gets a new name: browsers never ask again for an old one.
const FONT: &str = "/fonts/inter-latin-v20.woff2";

/// Why the program did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The arguments are not right.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// The gateway project is not right.
    #[error("the gateway project cannot be loaded: {0}")]
    Gateway(#[from] LoadErrors),
    /// The gateway cannot call upstreams.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The gateway cannot count.
    #[error(transparent)]
    Counters(#[from] CounterError),
    /// The embedded Clerk cannot be opened.
    #[error(transparent)]
    Instance(#[from] OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}. Is another server running there? {setting} chooses another address.")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
        /// What it follows from.
        setting: &'static str,
    },
    /// What is known of the Clerk instance does not fit together.
    #[error(transparent)]
    Clerk(#[from] ClerkOptionsError),
    /// The issuer's keys cannot be looked for.
    #[error(transparent)]
    Keys(#[from] KeySetsError),
    /// Traces cannot be sent.
    #[error("cannot set up OpenTelemetry: {0}")]
    Traces(String),
    /// The embedded Clerk's key cannot be shown.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// The HTTP clients cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] reqwest::Error),
    /// The listener, or standard output, failed.
    #[error("input or output failed: {0}")]
    Listener(#[from] std::io::Error),
}

/// Listens on `address`.
///
/// # Errors
/// When it is taken or not ours.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    bind_for(address, "LEPTOS_SITE_ADDR").await
}

async fn bind_for(address: SocketAddr, setting: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Bind { address, error, setting })
}

/// Serves the application on `listener` until `shutdown` resolves and every request under way has been answered. The
/// embedded gateway's project may name what is in `registry`.
///
/// # Errors
/// When something that is needed cannot be had, before the first request is taken.
pub async fn run(
    listener: TcpListener,
    config: Config,
    registry: Registry,
    clock: Clock,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let address = listener.local_addr()?;
    let services = Arc::new(Services::build(&config, Arc::new(registry), address, clock)?);
    if let Some(address) = config.metrics_address {
        // Before the routes register what they count.
        metrics::serve(address, Arc::clone(&services.key_sets), Arc::clone(&services.clock)).await?;
    }
    let router = router::router(&config, &services)?;
    // The first request finds the keys there, and need not wait for them.
    tokio::spawn(services.key_sets.keep_fresh(Arc::clone(&services.clock)));
    crate::ui::cut_sources();
    start_message::print(&services, address);
    let shutdown = async {
        shutdown.await;
        services.upstream.end_web_sockets().await;
    };
    serve::serve(listener, router, shutdown).await;
    tracing::info!("stopped");
    Ok(())
}
