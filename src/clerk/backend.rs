//! The Backend API, called with the secret key (Clerk, "Backend API reference").

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Semaphore;
use url::Url;

use super::constants::API_VERSION;
use crate::jwt::{describe_failure, http_client};

const CALLS_AT_A_TIME: usize = 16;

/// The Backend API did not do what it was asked. For the log.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// No answer, or one that is not JSON of the expected shape.
    #[error("the Clerk Backend API cannot be reached or answered nonsense: {0}")]
    Unreachable(String),
    /// An answer that refuses.
    #[error("the Clerk Backend API answered {status} ({code})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Clerk's error code, such as `resource_not_found`.
        code: String,
    },
}

impl From<reqwest::Error> for BackendError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(describe_failure(error))
    }
}

/// A client of one instance's Backend API.
#[derive(Debug, Clone)]
pub struct BackendClient {
    client: reqwest::Client,
    /// Any visitor can cause a call with a handshake parameter of their own making; not many at a time.
    slots: Arc<Semaphore>,
    api_url: Url,
    secret_key: SecretString,
}

#[derive(Deserialize)]
struct HandshakePayload {
    directives: Vec<String>,
}

#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(default)]
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    code: String,
}

impl BackendClient {
    /// A client for the instance that `secret_key` belongs to, at `api_url` (without `/v1`).
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn new(api_url: Url, secret_key: SecretString) -> reqwest::Result<Self> {
        let slots = Arc::new(Semaphore::new(CALLS_AT_A_TIME));
        Ok(Self { client: http_client(&api_url)?, slots, api_url, secret_key })
    }

    /// The `Set-Cookie` values that a handshake left under `nonce`.
    pub(super) async fn handshake_payload(&self, nonce: &str) -> Result<Vec<String>, BackendError> {
        let mut url = self.url(&["v1", "clients", "handshake_payload"]);
        url.query_pairs_mut().append_pair("nonce", nonce);
        let payload: HandshakePayload = self.send(self.client.get(url)).await?.json().await?;
        Ok(payload.directives)
    }

    /// Ends a session.
    pub(super) async fn revoke_session(&self, session_id: &str) -> Result<(), BackendError> {
        self.send(self.client.post(self.url(&["v1", "sessions", session_id, "revoke"]))).await?;
        Ok(())
    }

    /// Each segment is percent-encoded, so that an id cannot leave its place.
    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.api_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, BackendError> {
        let _slot = self.slots.acquire().await;
        let answer = request
            .bearer_auth(self.secret_key.expose_secret())
            .header("Clerk-API-Version", API_VERSION)
            .header("Content-Type", "application/json")
            .send()
            .await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let body: ErrorBody = answer.json().await.unwrap_or_default();
        let code = body.errors.into_iter().next().map_or_else(|| "no error code".to_owned(), |error| error.code);
        Err(BackendError::Refused { status, code })
    }
}
