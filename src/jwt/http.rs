//! HTTP clients, all set up alike: for key sets here, for the Backend API and the gateway elsewhere.

use std::time::Duration;

use reqwest::{Client, Response, redirect::Policy};
use url::{Host, Url};

use super::issuer::is_loopback;

/// People wait for what is asked with these clients.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A client for the server at `url`. It follows no redirect, because tokens and keys are for the server that was named,
/// and uses the proxy that the environment names, except to reach this machine: `localhost`, or an address in numbers.
///
/// # Errors
/// When no TLS back end can be set up.
pub fn http_client(url: &Url) -> reqwest::Result<Client> {
    let builder = Client::builder()
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .user_agent(concat!("gatehouse/", env!("CARGO_PKG_VERSION")));
    let is_address = !matches!(url.host(), Some(Host::Domain(_)) | None);
    if is_address || is_loopback(url) { builder.no_proxy().build() } else { builder.build() }
}

/// The body of an answer; none if it is larger than `max_bytes`, of which no more is read then.
///
/// # Errors
/// When the answer ends early.
pub async fn read_body(mut answer: Response, max_bytes: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > max_bytes {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// Why a request failed, without the address, which may hold more than a log should: reqwest's own text stops at "error
/// sending request", so every cause is named.
#[must_use]
pub fn describe_failure(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
