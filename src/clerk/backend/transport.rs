//! How calls are sent: with the secret key, not many at a time, and again where that can do no harm.

use std::hash::{BuildHasher, RandomState};

use http::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use url::Url;

use super::{BackendError, RetryPolicy, call::Call};
use crate::{
    clerk::constants::API_VERSION,
    jwt::{http_client, read_body},
};

/// In each queue.
const CALLS_AT_A_TIME: usize = 16;
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// What all calls to one instance share.
#[derive(Debug)]
pub(super) struct Transport {
    client: reqwest::Client,
    /// One for each queue.
    slots: [Semaphore; 3],
    api_url: Url,
    secret_key: SecretString,
    retry: RetryPolicy,
}

impl Transport {
    pub(super) fn new(api_url: Url, secret_key: SecretString, retry: RetryPolicy) -> reqwest::Result<Self> {
        let slots = [(); 3].map(|()| Semaphore::new(CALLS_AT_A_TIME));
        Ok(Self { client: http_client(&api_url)?, slots, api_url, secret_key, retry })
    }

    pub(super) fn has_development_key(&self) -> bool {
        self.secret_key.expose_secret().starts_with("sk_test_")
    }

    /// What a call answers, as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, BackendError> {
        Ok(serde_json::from_slice(&self.send(call).await?)?)
    }

    /// What a call answers, as it came.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Vec<u8>, BackendError> {
        let url = call.url(&self.api_url)?;
        let total = self.retry.total_of(call.queue);
        timeout(total, self.send_with_retries(&call, &url)).await.unwrap_or(Err(BackendError::Timeout))
    }

    async fn send_with_retries(&self, call: &Call<'_>, url: &Url) -> Result<Vec<u8>, BackendError> {
        let mut retries = 0;
        loop {
            let error = match self.send_once(call, url).await {
                Ok(body) => return Ok(body),
                Err(error) if !call.repeat.allows(&error) => return Err(error),
                Err(error) => error,
            };
            let Some(wait) = self.retry.wait(retries, error.retry_after(), random_byte()) else { return Err(error) };
            tracing::debug!(%error, wait_ms = wait.as_millis(), "the Backend API is asked again");
            sleep(wait).await;
            retries += 1;
        }
    }

    async fn send_once(&self, call: &Call<'_>, url: &Url) -> Result<Vec<u8>, BackendError> {
        let _slot = self.slots[call.queue as usize].acquire().await;
        let request = self
            .client
            .request(call.method.clone(), url.clone())
            .bearer_auth(self.secret_key.expose_secret())
            .header("Clerk-API-Version", API_VERSION)
            .header(CONTENT_TYPE, "application/json");
        let request = match call.body.fields() {
            Some(fields) => request.json(fields),
            None => request,
        };
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = read_body(answer, MAX_ANSWER_BYTES).await;
        if !status.is_success() {
            let body = body.ok().flatten().unwrap_or_default();
            return Err(BackendError::refused(status.as_u16(), &headers, &body));
        }
        body?.ok_or_else(|| BackendError::Unexpected("more than a mebibyte".to_owned()))
    }
}

/// Every `RandomState` has keys of its own: too little for a secret, enough to spread waits.
fn random_byte() -> u8 {
    RandomState::new().hash_one(()).to_le_bytes()[0]
}
