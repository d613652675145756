//! Routes in file order, and which of them a request meets: the first that fits, as in Zuplo. axum's own matcher sorts
//! by specificity and cannot express this.
//!
//! - `pattern`: one compiled path; `open_api` and `url_pattern` read the two path modes
//! - `index`: finds the first route that fits without looking at all of them

#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod index;
mod open_api;
mod pattern;
mod url_pattern;

use std::sync::Arc;

use axum::http::Method;
use metrics::Histogram;
use serde_json::Value;

pub use pattern::{Params, PathMode, PathPattern};

use super::{
    cors::CorsPolicy,
    handlers::Handler,
    meters::{RequestMeter, policy_seconds},
    policies::{InboundPolicy, OutboundPolicy},
    project::Place,
};
use index::Index;

/// A policy and the name that the project calls it by.
pub struct Named<P: ?Sized> {
    /// The name in the project.
    pub name: Arc<str>,
    /// The policy.
    pub policy: Arc<P>,
    /// How long it takes.
    pub seconds: Histogram,
}

impl<P: ?Sized> Named<P> {
    /// A policy that the project calls `name`.
    pub fn new(name: &str, policy: Arc<P>) -> Self {
        let name = Arc::from(name);
        Self { seconds: policy_seconds(&name), name, policy }
    }
}

impl<P: ?Sized> Clone for Named<P> {
    fn clone(&self) -> Self {
        let seconds = self.seconds.clone();
        Self { name: Arc::clone(&self.name), policy: Arc::clone(&self.policy), seconds }
    }
}

/// What policies and handlers may know of the route they run in.
#[derive(Debug)]
pub struct RouteInfo {
    /// The method it answers.
    pub method: Method,
    /// The path as the file has it.
    pub path: String,
    /// The OpenAPI operation, whole, with its `x-` members.
    pub operation: Value,
}

/// One operation of the project.
pub struct Route {
    /// What policies and handlers may know.
    pub info: Arc<RouteInfo>,
    /// Where it stands in the project.
    pub place: Place,
    /// The paths it answers.
    pub pattern: PathPattern,
    /// Which other sites' scripts may read the answers.
    pub cors: Arc<CorsPolicy>,
    /// Policies before the handler, in order.
    pub inbound: Vec<Named<dyn InboundPolicy>>,
    /// Policies after the handler, in order.
    pub outbound: Vec<Named<dyn OutboundPolicy>>,
    /// The handler's export and module, as the project names them.
    pub handler_name: String,
    /// What answers once every policy let the request pass.
    pub handler: Arc<dyn Handler>,
    /// Counts its requests.
    pub meter: RequestMeter,
}

/// The routes of a project.
pub struct RouteTable {
    routes: Vec<Route>,
    index: Index,
}

impl RouteTable {
    /// Sorts routes into the index. Their order stays the order that decides.
    pub fn new(routes: Vec<Route>) -> Self {
        let index = Index::new(routes.iter().map(|route| (&route.info.method, &route.pattern)));
        Self { routes, index }
    }

    /// Every route, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }

    /// The first route that fits a normalised path.
    pub fn find(&self, method: &Method, path: &str) -> Option<&Route> {
        let position = self.index.find(method, path, |position| self.routes[position].pattern.fits(path))?;
        self.routes.get(position)
    }

    /// For each method, the first route that fits a normalised path, in order.
    pub fn find_all_methods(&self, path: &str) -> Vec<&Route> {
        let fits = |position: usize| self.routes[position].pattern.fits(path);
        let mut positions: Vec<usize> =
            self.index.methods().filter_map(|method| self.index.find(method, path, fits)).collect();
        positions.sort_unstable();
        positions.into_iter().filter_map(|position| self.routes.get(position)).collect()
    }

    /// Each route that can never be met, with the earlier one that takes its requests.
    pub fn shadowed(&self) -> Vec<(&Route, &Route)> {
        let earlier = |position: usize| {
            let route = &self.routes[position];
            let example = route.pattern.example()?;
            let fitting = self.index.all(&route.info.method, &example);
            let by = fitting.into_iter().filter(|other| *other < position).map(|other| &self.routes[other]);
            by.into_iter().find(|other| other.pattern.covers(&route.pattern)).map(|other| (route, other))
        };
        (0..self.routes.len()).filter_map(earlier).collect()
    }
}

#[cfg(test)]
mod tests;
