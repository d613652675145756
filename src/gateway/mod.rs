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
//! `system` has the gateway's own routes, `resource_metadata` one of them; `meters` counts and times all of it, `traces`
//! has its spans. `project` turns files into routes and refuses every fault by file and JSON pointer; `registry` is what
//! those files can name; `problem` is the shape of every refusal; `trace` follows single requests for their senders. The
//! gateway knows nothing of the application it runs beside: they meet over HTTP.

mod answers;
mod api_keys;
mod context;
mod cors;
mod counters;
mod handlers;
mod incoming;
mod meters;
mod panics;
mod path;
mod pipeline;
mod policies;
mod problem;
mod project;
mod registry;
mod reload;
mod resource_metadata;
mod routing;
mod system;
mod template;
#[cfg(test)]
mod testing;
mod trace;
mod traces;
mod upstream;

use std::{path::Path, sync::Arc};

use axum::{Router, http::StatusCode, response::IntoResponse};
pub use axum::{body::Body, extract::Request, http::Response};
use url::Url;

pub use api_keys::{KeySummary, NewKey, create_key, list_keys, revoke_key};
pub use context::{Arrival, Context, Ending, User, query_value};
pub use counters::{
    Added, Counted, CounterError, CounterStore, Decision, Limit, MemoryCounters, Period, RedisCounters, Usage, Used,
};
pub use handlers::{Answer, Handler};
pub use meters::{describe as describe_metrics, publish_key_sets};
pub use policies::{InboundPolicy, OutboundPolicy, Outcome, SecurityScheme, Stop, Verdict};
pub use problem::Problem;
#[cfg(fuzzing)]
pub use project::fuzz::project as fuzz_project;
pub use project::{Environment, LoadError, LoadErrors, LoadWarning, Options, PolicyReport, Report, RouteReport};
pub use registry::{RateLimitIdentity, Registry};
pub use reload::{Loads, Overview};
pub use resource_metadata::WELL_KNOWN as RESOURCE_METADATA_PATH;
#[cfg(fuzzing)]
pub use routing::fuzz::path as fuzz_path;
pub use routing::{Params, RouteInfo};
pub use system::readiness;
pub use trace::{Phase, RequestTrace, Step, StepOutcome, TRACE_HEADER, TraceTicket, Tracer};
pub use upstream::{Upstream, UpstreamError};

use crate::jwt::{Clock, KeySets};
use incoming::TrustedProxies;
use project::{Layout, NamedFiles};
use reload::LiveProject;
use system::System;

/// Addresses and ranges of the proxies whose word on the client's address is taken; none unless set.
const TRUSTED_PROXIES: &str = "GATEWAY_TRUSTED_PROXIES";

/// What a gateway project is loaded with.
#[derive(Clone)]
pub struct Dependencies {
    /// The issuers' keys. Whoever serves the gateway keeps them fresh: [`KeySets::keep_fresh`].
    pub key_sets: Arc<KeySets>,
    /// What `$env(…)` can name, beside what is in the project's own `.env`.
    pub environment: Environment,
    /// What `$import(…)` can name, beside Zuplo's own.
    pub registry: Arc<Registry>,
    /// Counts requests for limits.
    pub counters: Arc<dyn CounterStore>,
    /// Sends requests on.
    pub upstream: Upstream,
    /// Where clients reach the gateway. Never taken from a request.
    pub public_url: Url,
    /// Tells the time.
    pub clock: Clock,
}

/// A project that answers requests, and is loaded again when its files change.
pub struct Gateway {
    project: Arc<LiveProject>,
    proxies: TrustedProxies,
    system: Arc<System>,
    clock: Clock,
    tracer: Tracer,
}

impl Gateway {
    /// Loads the project in `directory`, which is the project's own folder or its `config`.
    ///
    /// # Errors
    /// Every fault: which file, where in it, and what was expected.
    pub fn load(directory: &Path, dependencies: &Dependencies) -> Result<Self, LoadErrors> {
        let proxies = trusted_proxies(directory, &dependencies.environment)?;
        let project = Arc::new(LiveProject::load(directory, dependencies)?);
        let (key_sets, public_url) = (Arc::clone(&dependencies.key_sets), dependencies.public_url.clone());
        let system = Arc::new(System { key_sets, public_url });
        Ok(Self { project, proxies, system, clock: Arc::clone(&dependencies.clock), tracer: Tracer::default() })
    }

    /// Lets holders of this tracer's tickets see what becomes of their requests.
    #[must_use]
    pub fn traced_by(mut self, tracer: Tracer) -> Self {
        self.tracer = tracer;
        self
    }

    /// Looks at the project's files from time to time, for as long as the gateway is there.
    pub fn watch(&self) -> impl Future<Output = ()> + Send + use<> {
        LiveProject::watch(Arc::downgrade(&self.project))
    }

    /// A look at what it serves, for as long as somebody looks.
    #[must_use]
    pub fn overview(&self) -> Overview {
        Overview(Arc::clone(&self.project))
    }

    /// The documents of `oAuthResourceMetadataEnabled`, for a gateway that is not mounted at the root: to be mounted at
    /// `/.well-known/oauth-protected-resource` and the gateway's own path behind it, where clients look for them.
    pub fn metadata_router(&self) -> Router {
        let (project, system) = (Arc::clone(&self.project), Arc::clone(&self.system));
        Router::new().fallback(move |request: Request| {
            let path = path::normalise(request.uri().path()).unwrap_or_default();
            let path = if path == "/" { "" } else { path.as_str() };
            let answer = system.metadata(&project.current(), request.method(), path);
            std::future::ready(answer.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response()))
        })
    }

    /// The gateway as a router, to be mounted where it should be reached.
    pub fn into_router(self) -> Router {
        let gateway = Arc::new(self);
        Router::new().fallback(move |request: Request| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.answer(request).await }
        })
    }

    /// Answers a request whose path begins where the project's paths do. As from axum, its extensions say who calls
    /// (`ConnectInfo`) and, if the gateway is mounted somewhere, the whole address (`OriginalUri`).
    pub async fn answer(&self, mut request: Request) -> Response<Body> {
        self.tracer.begin(&mut request);
        let (project, now) = (self.project.current(), (self.clock)());
        pipeline::serve(&project, &self.proxies, &self.system, now, request).await
    }
}

/// Loads the project in `directory` and says what is in it, without serving it.
///
/// # Errors
/// Every fault: which file, where in it, and what was expected.
pub fn check(directory: &Path, dependencies: &Dependencies) -> Result<Report, LoadErrors> {
    trusted_proxies(directory, &dependencies.environment)?;
    let files = NamedFiles::new(&Layout::of(directory).root);
    project::load(directory, dependencies, &files).map(|project| project.report)
}

fn trusted_proxies(directory: &Path, environment: &Environment) -> Result<TrustedProxies, LoadError> {
    let Some(text) = environment.get(TRUSTED_PROXIES) else { return Ok(TrustedProxies::default()) };
    text.parse().map_err(|_| {
        let expected = "addresses and ranges with commas between them, such as 10.0.0.0/8,192.0.2.1, something else";
        LoadError::file(directory, &format!("{TRUSTED_PROXIES} to hold {expected}"))
    })
}

#[cfg(test)]
mod callers_tests;
#[cfg(test)]
mod shapes_tests;
#[cfg(test)]
mod token_policies_tests;
