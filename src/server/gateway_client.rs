//! The account page's call to the gateway, as the article makes it: one route, `Authorization: Bearer`.

use std::time::{Duration, Instant};

use reqwest::{Response, StatusCode, header::HeaderMap};
use url::Url;

use super::{journey::micros, traces};
use crate::{
    clerk::{Clerk, GetTokenError, SessionToken, SignedIn, TokenOptions},
    gateway::{Phase, RequestTrace, StepOutcome, TRACE_HEADER, TraceTicket, Tracer},
    jwt::{describe_failure, http_client, read_body},
    model::{AccountError, GatewayCall, GatewayView, JourneyStep, Verdict},
};

/// The gateway's route. With a hosted gateway it must have the same one.
const ROUTE: &str = "hello";
/// A greeting is a few bytes; what is larger is something else.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The headers of an answer that say how it came about.
const TELLING: [&str; 5] = ["content-type", "cache-control", "zp-rid", "www-authenticate", "retry-after"];

/// Calls the gateway.
#[derive(Clone)]
pub struct GatewayClient {
    client: reqwest::Client,
    hello_url: Url,
    tracer: Option<Tracer>,
}

/// What the gateway said, and how that came about.
pub struct Hello {
    /// What it says to the user, or why it says nothing that can be shown.
    pub greeting: Result<String, AccountError>,
    /// Every call that was made, in order.
    pub calls: Vec<GatewayCall>,
}

impl GatewayClient {
    /// A client for the gateway at `url`, which tells holders of this tracer's tickets what it saw.
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn new(url: Url, tracer: Option<Tracer>) -> reqwest::Result<Self> {
        let client = http_client(&url)?;
        let mut hello_url = url;
        if let Ok(mut path) = hello_url.path_segments_mut() {
            path.pop_if_empty().push(ROUTE);
        }
        Ok(Self { client, hello_url, tracer })
    }

    /// What the gateway says to a user. Why it says nothing is logged here.
    pub async fn hello(&self, clerk: &Clerk, user: &SignedIn, now: Duration) -> Hello {
        let mut calls = Vec::new();
        let greeting = self.greeting(clerk, user, now, &mut calls).await;
        Hello { greeting, calls }
    }

    /// A token that the gateway refuses may just have ended on the way: it gets one more try, with a new one.
    async fn greeting(
        &self,
        clerk: &Clerk,
        user: &SignedIn,
        now: Duration,
        calls: &mut Vec<GatewayCall>,
    ) -> Result<String, AccountError> {
        let token = clerk.get_token(user, &TokenOptions::default(), now).await.map_err(no_token)?;
        let mut answer = self.ask(&token, calls).await?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Ok(token) = clerk.get_token(user, &TokenOptions::fresh(), now).await
        {
            answer = self.ask(&token, calls).await?;
        }
        greeting(answer).await
    }

    async fn ask(&self, token: &SessionToken, calls: &mut Vec<GatewayCall>) -> Result<Response, AccountError> {
        let ticket = self.tracer.as_ref().map(Tracer::ticket);
        let mut request =
            self.client.get(self.hello_url.clone()).headers(traces::headers()).bearer_auth(token.expose());
        if let Some(ticket) = &ticket {
            request = request.header(TRACE_HEADER, ticket.number());
        }
        let begun = Instant::now();
        let answer = request.send().await;
        calls.push(GatewayCall {
            url: self.hello_url.to_string(),
            status: answer.as_ref().ok().map(|answer| answer.status().as_u16()),
            headers: answer.as_ref().map(|answer| telling(answer.headers(), &TELLING)).unwrap_or_default(),
            took: micros(begun.elapsed()),
            seen: ticket.and_then(TraceTicket::trace).map(view),
        });
        answer.map_err(failed)
    }
}

/// Those of the `wanted` headers that are there, in their order.
pub(super) fn telling(headers: &HeaderMap, wanted: &[&str]) -> Vec<(String, String)> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    wanted.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?))).collect()
}

/// What the gateway saw, for a page.
pub(super) fn view(trace: RequestTrace) -> GatewayView {
    let step = |step: crate::gateway::Step| JourneyStep {
        name: step.name.to_string(),
        is_handler: step.phase == Phase::Handler,
        verdict: match step.outcome {
            StepOutcome::Passed => Verdict::Passed,
            StepOutcome::Answered => Verdict::Answered,
            StepOutcome::Refused(reason) => Verdict::Refused(reason.to_owned()),
        },
        took: micros(step.took),
    };
    GatewayView {
        request_id: trace.request_id.to_string(),
        route: trace.route,
        steps: trace.steps.into_iter().map(step).collect(),
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
