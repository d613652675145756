//! Handlers: what answers a request that every policy let pass. One file each; [`find`] is the registry that the
//! project files name them by.

mod hello_world;

use std::pin::Pin;

use axum::{body::Body, extract::Request, http::Response};

use super::{context::Context, problem::Problem};

/// What a handler returns once it is done.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response<Body>, Problem>> + Send + 'a>>;

/// Answers a request.
pub trait Handler: Send + Sync {
    /// Answers a request that passed every policy.
    fn handle<'a>(&'a self, request: Request, context: &'a Context) -> Answer<'a>;
}

/// `module` and `export` of every handler there is, as project files write them.
pub const KNOWN: &[(&str, &str)] = &[("$import(./modules/hello-world)", "default")];

/// The handler that a project file names.
pub fn find(module: &str, export: &str) -> Option<Box<dyn Handler>> {
    match (module, export) {
        ("$import(./modules/hello-world)", "default") => Some(Box::new(hello_world::HelloWorld)),
        _ => None,
    }
}
