//! Gatehouse: Clerk, a server-rendered Leptos application and an API gateway in one program.
//!
//! # Layout
//!
//! A request to the account page passes these modules, in this order:
//!
//! - [`server`]: the composition root: configuration, router, middleware. Starts everything, and knows all the others.
//! - [`clerk`]: decides who sent a request, as Clerk's own SDK does.
//! - [`ui`]: the pages, rendered on the server; the few interactive parts are islands.
//! - [`rpc`]: the server functions. The account page's takes the session token and calls the gateway.
//! - [`gateway`]: a Zuplo project, served: match, policies, handler.
//! - [`jwt`]: key sets and token verification, for `clerk` and `gateway`.
//! - [`instance`]: the embedded Clerk, used when no Clerk keys are configured.
//! - [`model`]: plain types that server and browser share.
//!
//! What crosses HTTP in production crosses HTTP here: the application knows the gateway by its URL and Clerk by its
//! URLs and keys, so either can be replaced by the hosted service with environment variables alone.

// The types of whole pages nest deeper than 128, which is where the release build of the browser part stops.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod clerk;
#[cfg(feature = "ssr")]
pub mod gateway;
#[cfg(feature = "ssr")]
pub mod instance;
#[cfg(feature = "ssr")]
pub mod jwt;
pub mod model;
pub mod rpc;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(all(test, feature = "ssr"))]
mod testing;
pub mod ui;

/// Starts the islands in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
