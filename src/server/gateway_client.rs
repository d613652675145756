//! The account page's call to the gateway, as the article makes it: one route, `Authorization: Bearer`.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use url::Url;

use super::traces;
use crate::{
    clerk::{Clerk, GetTokenError, SessionToken, SignedIn, TokenOptions},
    jwt::{describe_failure, http_client, read_body},
    model::AccountError,
};

/// The gateway's route. With a hosted gateway it must have the same one.
const ROUTE: &str = "hello";
/// A greeting is a few bytes; what is larger is something else.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Calls the gateway.
#[derive(Debug, Clone)]
pub struct GatewayClient {
    client: reqwest::Client,
    hello_url: Url,
}

impl GatewayClient {
    /// A client for the gateway at `url`.
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn new(url: Url) -> reqwest::Result<Self> {
        let client = http_client(&url)?;
        let mut hello_url = url;
        if let Ok(mut path) = hello_url.path_segments_mut() {
            path.pop_if_empty().push(ROUTE);
        }
        Ok(Self { client, hello_url })
    }

    /// What the gateway says to a user. A token that it refuses may just have ended on the way: it gets one more try, with
    /// a new one.
    ///
    /// # Errors
    /// Why it says nothing that can be shown. The cause is logged here.
    pub async fn hello(&self, clerk: &Clerk, user: &SignedIn, now: Duration) -> Result<String, AccountError> {
        let token = clerk.get_token(user, &TokenOptions::default(), now).await.map_err(no_token)?;
        let mut answer = self.ask(&token).await?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Ok(token) = clerk.get_token(user, &TokenOptions::fresh(), now).await
        {
            answer = self.ask(&token).await?;
        }
        greeting(answer).await
    }

    async fn ask(&self, token: &SessionToken) -> Result<Response, AccountError> {
        let request = self.client.get(self.hello_url.clone()).headers(traces::headers());
        request.bearer_auth(token.expose()).send().await.map_err(failed)
    }
}

async fn greeting(answer: Response) -> Result<String, AccountError> {
    if let Some(refusal) = refusal(answer.status()) {
        tracing::warn!(status = answer.status().as_u16(), gateway.request_id = ?answer.headers().get("zp-rid"), "the gateway did not greet");
        return Err(refusal);
    }
    let body = read_body(answer, MAX_ANSWER_BYTES).await.map_err(failed)?.ok_or_else(|| {
        tracing::warn!("the gateway's answer is larger than 64 kB");
        AccountError::GatewayNonsense
    })?;
    serde_json::from_slice(&body).map_err(|_| {
        tracing::warn!("the gateway's answer is not a JSON string");
        AccountError::GatewayNonsense
    })
}

const fn refusal(status: StatusCode) -> Option<AccountError> {
    match status {
        StatusCode::OK => None,
        StatusCode::UNAUTHORIZED => Some(AccountError::GatewayRefused),
        StatusCode::FORBIDDEN => Some(AccountError::GatewayForbids),
        StatusCode::TOO_MANY_REQUESTS => Some(AccountError::GatewayLimited),
        StatusCode::SERVICE_UNAVAILABLE => Some(AccountError::GatewayNotReady),
        StatusCode::GATEWAY_TIMEOUT => Some(AccountError::GatewaySlow),
        _ => Some(AccountError::GatewayNonsense),
    }
}

fn failed(error: reqwest::Error) -> AccountError {
    let kind = if error.is_timeout() {
        AccountError::GatewaySlow
    } else if error.is_connect() {
        AccountError::GatewayDown
    } else {
        AccountError::GatewayNonsense
    };
    tracing::warn!(error = describe_failure(error), "the gateway call failed");
    kind
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn no_token(error: GetTokenError) -> AccountError {
    tracing::warn!(%error, "there is no token to call the gateway with");
    AccountError::NoToken
}
