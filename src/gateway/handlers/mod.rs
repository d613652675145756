//! Handlers: what answers a request that every policy let pass. One file each; [`built_in`] finds those of
//! `@zuplo/runtime`, [`super::Registry`] the project's own.

mod forward;
mod hello_world;
mod open_api_spec;
mod redirect;

use std::{pin::Pin, sync::Arc};

use axum::{body::Body, extract::Request, http::Response};

pub use hello_world::HelloWorld;

use super::{
    Dependencies, InboundPolicy,
    context::Context,
    problem::Problem,
    project::{Layout, LoadError, Options},
    routing::PathPattern,
};

/// What a handler returns once it is done.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response<Body>, Problem>> + Send + 'a>>;

/// Answers a request.
pub trait Handler: Send + Sync {
    /// Answers a request that passed every policy.
    fn handle<'a>(&'a self, request: Request, context: &'a mut Context) -> Answer<'a>;
}

/// What a handler is made with, beside its options.
pub struct HandlerSite<'a> {
    /// What the project is loaded with.
    pub dependencies: &'a Dependencies,
    /// The paths of the route it is for.
    pub pattern: &'a PathPattern,
    /// Where the project's files are.
    pub layout: &'a Layout,
    /// The project's policies before handlers, by the names that routes call them by.
    pub inbound: &'a dyn Fn(&str) -> Vec<Arc<dyn InboundPolicy>>,
}

/// Makes a handler.
pub type Build = fn(&Options<'_>, &HandlerSite<'_>) -> Result<Arc<dyn Handler>, LoadError>;

/// The exports of `@zuplo/runtime` that are handlers here.
pub const BUILT_IN: &[(&str, Build)] = &[
    ("openApiSpecHandler", open_api_spec::build),
    ("redirectHandler", redirect::build),
    ("urlForwardHandler", forward::build_forward),
    ("urlRewriteHandler", forward::build_rewrite),
    ("webSocketHandler", forward::build_rewrite),
];

/// The handler that `@zuplo/runtime` exports under this name.
pub fn built_in(export: &str) -> Option<Build> {
    BUILT_IN.iter().find(|(name, _)| *name == export).map(|(_, build)| *build)
}
