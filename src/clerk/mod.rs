//! Clerk for servers: decides who sent a request, as Clerk's own SDK does, without knowing any web framework.
//!
//! - `authenticate_request`: the decision, one function over the request's head and the time
//! - `context`: the request's inputs, read once: cookies, headers, public URL
//! - `handshake`: the redirect to Clerk that renews a session, and what comes back from it
//! - `auth`: who is signed in, and the token that proves it
//! - `reason`: why a request was decided as it was, in Clerk's words
//! - `backend`: the Backend API, reached with the secret key
//! - `publishable_key`, `cookies`, `accounts_portal`, `constants`: names and derivations that Clerk fixes
//!
//! It must not import axum or leptos: `server` adapts it.

mod accounts_portal;
mod auth;
mod authenticate_request;
mod backend;
mod constants;
mod context;
mod cookies;
mod handshake;
mod publishable_key;
mod reason;
mod sign_out;
mod state;

use http::request::Parts;
use secrecy::SecretString;
use url::Url;

pub use auth::{Auth, SessionToken, SignedIn};
pub use authenticate_request::HandshakeFailed;
pub use backend::{BackendClient, BackendError};
pub use publishable_key::{InstanceType, PublishableKey, PublishableKeyError};
pub use reason::AuthErrorReason;
pub use sign_out::SignOutFailed;
pub use state::RequestState;

use crate::jwt::Verifier;
use context::AuthenticateContext;

/// What an application knows of its Clerk instance.
#[derive(Debug, Clone)]
pub struct ClerkOptions {
    /// `CLERK_PUBLISHABLE_KEY`, which also names the instance's Frontend API host.
    pub publishable_key: PublishableKey,
    /// Where browsers reach the Frontend API: its own URL, or a proxy path on the application's origin.
    pub frontend_api_url: Url,
    /// `CLERK_API_URL`: the Backend API.
    pub api_url: Url,
    /// `CLERK_SECRET_KEY`.
    pub secret_key: SecretString,
    /// The origin people use. Pinned: headers such as `X-Forwarded-Host` never decide where a browser is sent.
    pub public_url: Url,
    /// `CLERK_SIGN_IN_URL`; Clerk's account portal where absent.
    pub sign_in_url: Option<Url>,
    /// `CLERK_SIGN_UP_URL`; Clerk's account portal where absent.
    pub sign_up_url: Option<Url>,
}

/// A Clerk instance, as an application server uses it.
#[derive(Debug)]
pub struct Clerk {
    options: ClerkOptions,
    verifier: Verifier,
    backend: BackendClient,
}

impl Clerk {
    /// Puts options, token verifier and Backend API client together.
    #[must_use]
    pub const fn new(options: ClerkOptions, verifier: Verifier, backend: BackendClient) -> Self {
        Self { options, verifier, backend }
    }

    /// The page where people sign in, told to return to `return_to`.
    #[must_use]
    pub fn sign_in_url(&self, parts: &Parts, return_to: &Url) -> Url {
        let page = self.options.sign_in_url.clone();
        let page = page.or_else(|| accounts_portal::page(&self.options.publishable_key, "sign-in"));
        self.with_return(page, parts, return_to)
    }

    /// The page where people sign up, told to return to `return_to`. Without one of its own it stands below the sign-in
    /// page, as Clerk has it.
    #[must_use]
    pub fn sign_up_url(&self, parts: &Parts, return_to: &Url) -> Url {
        let below_sign_in = || {
            let mut url = self.options.sign_in_url.clone()?;
            url.path_segments_mut().ok()?.pop_if_empty().push("create");
            Some(url)
        };
        let page = self.options.sign_up_url.clone().or_else(below_sign_in);
        let page = page.or_else(|| accounts_portal::page(&self.options.publishable_key, "sign-up"));
        self.with_return(page, parts, return_to)
    }

    /// The address of a request as people see it, without what a handshake left in it.
    #[must_use]
    pub fn page_url(&self, parts: &Parts) -> Url {
        handshake::clean_url(&context::public_url(parts, &self.options))
    }

    /// Without any page to go to the visitor stays where they are: better than a page that does not exist.
    fn with_return(&self, page: Option<Url>, parts: &Parts, return_to: &Url) -> Url {
        let Some(mut url) = page else { return return_to.clone() };
        let elsewhere = url.origin() != self.options.public_url.origin();
        url.query_pairs_mut().append_pair(constants::REDIRECT_URL, return_to.as_str());
        if elsewhere && self.is_development() {
            // Another origin does not see the cookie that names this browser to a development instance.
            if let Some(dev_browser) = AuthenticateContext::read(parts, &self.options).dev_browser {
                url.query_pairs_mut().append_pair(constants::DEV_BROWSER, &dev_browser);
            }
        }
        url
    }
}
