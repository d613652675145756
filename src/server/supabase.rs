//! The external service of the guide's `/api/supabase`: a database function `hello`, called the way Supabase (PostgREST)
//! is called, with the user's token from the JWT template `supabase`. Without `SUPABASE_URL` it is answered here, by a
//! stand-in that checks the token as Supabase does.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::Services;
use crate::{
    clerk::SessionToken,
    jwt::{Rules, Verifier, describe_failure, http_client, read_body},
};

/// Where the stand-in is mounted.
pub const STAND_IN_PATH: &str = "/__supabase";
const FUNCTION: [&str; 4] = ["rest", "v1", "rpc", "hello"];
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Calls Supabase.
#[derive(Debug)]
pub struct SupabaseClient {
    client: reqwest::Client,
    function_url: Url,
    anon_key: Option<SecretString>,
}

/// Supabase did not answer as it should. For the log.
#[derive(Debug, thiserror::Error)]
pub enum SupabaseError {
    /// No answer.
    #[error("Supabase cannot be reached: {0}")]
    Unreachable(String),
    /// An answer that refuses.
    #[error("Supabase answered {0}")]
    Refused(u16),
    /// An answer that is no JSON string.
    #[error("Supabase's answer is not a JSON string of at most 64 kB")]
    Nonsense,
}

impl From<reqwest::Error> for SupabaseError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(describe_failure(error))
    }
}

impl SupabaseClient {
    /// A client for the project at `url`. Hosted projects want their anonymous key with every call.
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn new(url: Url, anon_key: Option<SecretString>) -> reqwest::Result<Self> {
        let client = http_client(&url)?;
        let mut function_url = url;
        if let Ok(mut path) = function_url.path_segments_mut() {
            path.pop_if_empty().extend(FUNCTION);
        }
        Ok(Self { client, function_url, anon_key })
    }

    /// What the database says to the bearer of `token`.
    ///
    /// # Errors
    /// When it says nothing.
    pub async fn hello(&self, token: &SessionToken) -> Result<String, SupabaseError> {
        let mut request = self.client.get(self.function_url.clone()).bearer_auth(token.expose());
        if let Some(key) = &self.anon_key {
            request = request.header("apikey", key.expose_secret());
        }
        let answer = request.send().await?;
        if !answer.status().is_success() {
            return Err(SupabaseError::Refused(answer.status().as_u16()));
        }
        let body = read_body(answer, MAX_ANSWER_BYTES).await?.ok_or(SupabaseError::Nonsense)?;
        serde_json::from_slice(&body).map_err(|_| SupabaseError::Nonsense)
    }
}

#[derive(Clone)]
struct StandIn {
    services: Arc<Services>,
    verifier: Verifier,
}

/// The stand-in, to be mounted at [`STAND_IN_PATH`].
pub fn stand_in(services: Arc<Services>) -> Router {
    let rules = Rules::clerk(services.issuer.as_str(), Vec::new());
    let verifier = Verifier::new(Arc::clone(&services.keys), rules);
    Router::new().route(&format!("/{}", FUNCTION.join("/")), get(hello)).with_state(StandIn { services, verifier })
}

/// Signature, issuer and time must hold, and the role must be one that the database knows.
async fn hello(State(stand_in): State<StandIn>, headers: HeaderMap) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let now = (stand_in.services.clock)();
    match stand_in.verifier.verify(token, now).await {
        Ok(token) if token.claims.text("role") == Some("authenticated") => Json("Hello World").into_response(),
        Ok(_) => refuse("the token's role is not one of this database"),
        Err(error) => refuse(error.reason()),
    }
}

/// PostgREST's form of an error.
fn refuse(message: &str) -> Response {
    (StatusCode::UNAUTHORIZED, Json(json!({ "code": "PGRST301", "message": message }))).into_response()
}
