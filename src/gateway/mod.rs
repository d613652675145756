//! The embedded gateway: reads a Zuplo project and serves it.
//!
//! A request passes these phases, each in its own place:
//!
//! 1. `incoming`: what no client may say of itself is removed
//! 2. `path`: the path is normalised once, or refused
//! 3. match, `routing`: the first route in file order whose method and pattern fit
//! 4. inbound policies, `policies`: in the route's order; the first that refuses answers
//! 5. handler, `handlers`: exactly one; `template` and `upstream` for those that send the request on
//! 6. `cors`, then outbound policies
//!
//! `project` turns files into routes and refuses every fault by file and JSON pointer; `registry` is what those files
//! can name; `problem` is the shape of every refusal. The gateway knows nothing of the application it runs beside: they
//! meet over HTTP.

mod context;
mod cors;
mod handlers;
mod incoming;
mod path;
mod pipeline;
mod policies;
mod problem;
mod project;
mod registry;
mod routing;
mod template;
#[cfg(test)]
mod testing;
mod upstream;

use std::{path::Path, sync::Arc};

use axum::Router;
pub use axum::{body::Body, extract::Request, http::Response};

pub use context::{Arrival, Context, User, query_value};
pub use handlers::{Answer, Handler};
pub use policies::{InboundPolicy, OutboundPolicy, Outcome, Stop, Verdict};
pub use problem::Problem;
pub use project::{Environment, LoadError, LoadErrors, LoadWarning, Options, Report, RouteReport};
pub use registry::Registry;
pub use routing::{Params, RouteInfo};
pub use upstream::{Upstream, UpstreamError};

use crate::jwt::{Clock, KeySets};
use incoming::TrustedProxies;
use project::Project;

/// Addresses and ranges of the proxies whose word on the client's address is taken; none unless set.
const TRUSTED_PROXIES: &str = "GATEWAY_TRUSTED_PROXIES";

/// What a gateway project is loaded with.
#[derive(Clone)]
pub struct Dependencies {
    /// The issuers' keys.
    pub key_sets: Arc<KeySets>,
    /// What `$env(…)` can name.
    pub environment: Environment,
    /// What `$import(…)` can name, beside Zuplo's own.
    pub registry: Arc<Registry>,
    /// Sends requests on.
    pub upstream: Upstream,
    /// Tells the time.
    pub clock: Clock,
}

/// A project that answers requests.
pub struct Gateway {
    project: Project,
    proxies: TrustedProxies,
    clock: Clock,
}

impl Gateway {
    /// Loads the project in `directory`, which is the project's own folder or its `config`.
    ///
    /// # Errors
    /// Every fault: which file, where in it, and what was expected.
    pub fn load(directory: &Path, dependencies: &Dependencies) -> Result<Self, LoadErrors> {
        let proxies = trusted_proxies(directory, &dependencies.environment)?;
        let project = project::load(directory, dependencies)?;
        log(&project.report);
        Ok(Self { project, proxies, clock: Arc::clone(&dependencies.clock) })
    }

    /// What the load has to say.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.project.report
    }

    /// The gateway as a router, to be mounted where it should be reached.
    pub fn into_router(self) -> Router {
        let gateway = Arc::new(self);
        Router::new().fallback(move |request: Request| {
            let gateway = Arc::clone(&gateway);
            async move { pipeline::serve(&gateway.project, &gateway.proxies, (gateway.clock)(), request).await }
        })
    }
}

fn trusted_proxies(directory: &Path, environment: &Environment) -> Result<TrustedProxies, LoadError> {
    let Some(text) = environment.get(TRUSTED_PROXIES) else { return Ok(TrustedProxies::default()) };
    text.parse().map_err(|_| {
        let expected = "addresses and ranges with commas between them, such as 10.0.0.0/8,192.0.2.1, something else";
        LoadError::file(directory, &format!("{TRUSTED_PROXIES} to hold {expected}"))
    })
}

fn log(report: &Report) {
    for route in &report.routes {
        tracing::info!(method = route.method, path = route.path, policies = ?route.inbound, "gateway route");
    }
    for warning in &report.warnings {
        tracing::warn!("gateway project: {warning}");
    }
}
