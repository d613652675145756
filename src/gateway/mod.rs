//! The embedded gateway: reads a Zuplo project and serves it.
//!
//! A request passes these phases, each in its own place:
//!
//! 1. `path`: the path is normalised once, or refused
//! 2. match, `route_table`: the first route in file order whose method and pattern fit
//! 3. inbound policies, `policies`: in the route's order; the first that refuses answers
//! 4. handler, `handlers`: exactly one
//!
//! `project` turns files into routes and refuses every fault by file and JSON pointer; `problem` is the shape of every
//! refusal. The gateway knows nothing of the application it runs beside: they meet over HTTP.

mod context;
mod handlers;
mod path;
mod pipeline;
mod policies;
mod problem;
mod project;
mod route_table;

use std::{path::Path, sync::Arc};

use axum::{Router, extract::Request};

pub use project::{Environment, LoadError};

use crate::jwt::{Clock, KeySets};
use pipeline::Gateway;

/// What a gateway project is loaded with.
#[derive(Clone)]
pub struct Dependencies {
    /// The issuers' keys.
    pub key_sets: Arc<KeySets>,
    /// What `$env(…)` can name.
    pub environment: Environment,
    /// Tells the time.
    pub clock: Clock,
}

/// Loads the project in `directory` and returns it as a router, to be mounted where it should be reached.
///
/// # Errors
/// The first fault: which file, where in it, and what was expected.
pub fn load(directory: &Path, dependencies: &Dependencies) -> Result<Router, LoadError> {
    let routes = project::load(directory, dependencies)?;
    for route in routes.iter() {
        tracing::info!(method = %route.method, path = route.pattern.as_str(), policies = ?route.policy_names(), "gateway route");
        if route.policies.is_empty() {
            tracing::warn!(method = %route.method, path = route.pattern.as_str(), "this gateway route is open to everybody");
        }
    }
    let gateway = Arc::new(Gateway::new(routes, Arc::clone(&dependencies.clock)));
    Ok(Router::new().fallback(move |request: Request| {
        let gateway = Arc::clone(&gateway);
        async move { gateway.serve(request).await }
    }))
}
