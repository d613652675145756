//! Clerk for servers: decides who sent a request, as Clerk's own SDK does, without knowing any web framework.
//!
//! The decision:
//! - `authenticate_request`: one function over the request's head and the time; `state`, `reason`: what comes out of it
//! - `context`: the request's inputs, read once; `cookies`, `cookie_family`, `sent_token`: the parts of it
//! - `handshake`, `handshake_answer`: the redirect to Clerk that renews a session, and what comes back from it
//! - `refresh`: renewing without a redirect
//! - `multi_domain`, `organization_sync`, `path_pattern`: sessions that follow the domain, or the address
//!
//! What an application does with it:
//! - `auth`, `session_claims`, `authorization`: who is signed in, and what they may do
//! - `get_token`: a token to send on; `flights`: calls that are shared by all who want the same
//! - `redirect`, `sign_out`: to the sign-in page, and out; `query`: the addresses' parameters
//! - `backend`: the Backend API, reached with the secret key
//! - `options`, `publishable_key`, `accounts_portal`, `constants`: names and derivations that Clerk fixes
//!
//! It must not import axum or leptos: `server` adapts it.

mod accounts_portal;
mod auth;
mod authenticate_request;
mod authorization;
pub mod backend;
mod constants;
mod context;
mod cookie_family;
mod cookies;
mod flights;
mod get_token;
mod handshake;
mod handshake_answer;
mod multi_domain;
mod options;
mod organization_sync;
mod path_pattern;
mod publishable_key;
mod query;
mod reason;
mod redirect;
mod refresh;
mod sent_token;
mod session_claims;
mod sign_out;
mod state;
#[cfg(test)]
mod vectors;

pub use auth::{Auth, SessionToken, SignedIn, SignedOut};
#[cfg(test)]
pub(crate) use auth::{redirect_loop_for_tests, signed_in_for_tests};
pub use authenticate_request::AuthenticateError;
pub use authorization::{Level, Requirement, Reverification};
pub use backend::{BackendClient, BackendError};
pub use context::is_document;
pub use get_token::{GetTokenError, TokenOptions};
pub use options::{ClerkOptions, ClerkOptionsError, Domains};
pub use organization_sync::{OrganizationSync, SyncTarget};
pub use path_pattern::{PathPattern, PathPatternError};
pub use publishable_key::{InstanceType, PublishableKey, PublishableKeyError};
pub use reason::{AuthErrorReason, RefreshRefusal};
pub use session_claims::{ActiveOrganization, FactorAges};
pub use sign_out::SignOutFailed;
pub use state::{Reason, RequestState};

use crate::jwt::Verifier;
use flights::Flights;

/// A Clerk instance, as an application server uses it.
#[derive(Debug)]
pub struct Clerk {
    options: ClerkOptions,
    verifier: Verifier,
    backend: BackendClient,
    new_tokens: Flights<get_token::Wanted, get_token::Outcome>,
    renewals: Flights<refresh::Wanted, refresh::Outcome>,
}

impl Clerk {
    /// Puts options, token verifier and Backend API client together.
    ///
    /// # Errors
    /// [`ClerkOptionsError`]
    pub fn new(options: ClerkOptions, verifier: Verifier, backend: BackendClient) -> Result<Self, ClerkOptionsError> {
        options.check(backend.has_development_key())?;
        Ok(Self { options, verifier, backend, new_tokens: Flights::default(), renewals: Flights::default() })
    }

    /// The Backend API.
    #[must_use]
    pub const fn backend(&self) -> &BackendClient {
        &self.backend
    }
}
