//! Inbound policies: each lets a request pass, changed or not, or refuses it. One file each; [`KNOWN`] is the registry
//! that the project files name them by.

mod bearer;
mod clerk_jwt;

use std::{pin::Pin, sync::Arc};

use axum::extract::Request;

use super::{
    Dependencies,
    context::Context,
    problem::Problem,
    project::{LoadError, Node},
};

/// What a policy returns once it is done: the request to go on with, or the refusal.
pub type Verdict<'a> = Pin<Box<dyn Future<Output = Result<Request, Problem>> + Send + 'a>>;

/// Runs before the handler.
pub trait InboundPolicy: Send + Sync {
    /// Lets the request pass or refuses it.
    fn apply<'a>(&'a self, request: Request, context: &'a mut Context) -> Verdict<'a>;
}

/// Makes a policy from its `options`.
pub type Build = fn(&Node<'_>, &Dependencies) -> Result<Arc<dyn InboundPolicy>, LoadError>;

/// A policy that project files can name.
pub struct PolicyKind {
    /// `policyType`
    pub policy_type: &'static str,
    /// `handler.export`
    pub export: &'static str,
    /// Makes an instance.
    pub build: Build,
}

/// Every policy there is.
pub const KNOWN: &[PolicyKind] =
    &[PolicyKind { policy_type: "clerk-jwt-auth-inbound", export: "ClerkJwtInboundPolicy", build: clerk_jwt::build }];
