//! How an identity provider is asked: for a few seconds, for a few kilobytes, and nowhere else than it was addressed.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, redirect::Policy};
use serde::de::DeserializeOwned;
use url::Url;

use super::ProviderError;
use crate::instance::redirect::is_loopback;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// There are at most three questions on one way, and whoever waits for the page waits for all of them.
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What asks `url`, and others there.
pub fn client(url: &Url) -> reqwest::Result<Client> {
    let builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .user_agent(concat!("gatehouse/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) { builder.no_proxy().build() } else { builder.build() }
}

/// What a question is answered with, as JSON.
pub async fn json<T: DeserializeOwned>(question: RequestBuilder) -> Result<T, ProviderError> {
    let mut answer = question.header("accept", "application/json").send().await.map_err(unreachable)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(ProviderError::Status(status.as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(ProviderError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    // What serde says of a body may repeat it, and it holds a token.
    serde_json::from_slice(&body).map_err(|_| ProviderError::Unfit("is not the JSON that it should be"))
}

fn unreachable(error: reqwest::Error) -> ProviderError {
    ProviderError::Unreachable(error.without_url())
}
