//! What happened to one request on its way to the account page: facts that the server saw, and nothing that was expected.
//! Holds no token, no cookie's value and no secret.

use serde::{Deserialize, Serialize};

/// The way of one request. Durations are in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Journey {
    /// Names the request in the log.
    pub request_id: String,
    /// The names of the cookies that the browser sent, in its order.
    pub cookies: Vec<String>,
    /// How long it took to decide who sent the request.
    pub session_took: u64,
    /// The session token, as far as anybody may see it.
    pub token: Token,
    /// The calls to the gateway, in order: a token that ends on the way gets one more.
    pub calls: Vec<GatewayCall>,
    /// From the request's arrival to the moment its page could be written.
    pub took: u64,
}

/// A session token's contents. The signature, which makes it worth something, is not among them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Token {
    /// The header's parameters: name and value, as JSON has them.
    pub header: Vec<(String, String)>,
    /// The claims: name and value, as JSON has them.
    pub claims: Vec<(String, String)>,
    /// From `iat` to `exp`, in seconds.
    pub lifetime: u64,
    /// How much of it was left when the request came, in seconds.
    pub left: u64,
}

/// One call to the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayCall {
    /// What was asked for; without a query.
    pub url: String,
    /// The answer's status; none where no answer came.
    pub status: Option<u16>,
    /// Some of the answer's headers.
    pub headers: Vec<(String, String)>,
    /// How long the answer took, the way there and back included.
    pub took: u64,
    /// What the gateway itself saw; only the embedded one tells.
    pub seen: Option<GatewayView>,
}

/// What the embedded gateway saw of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayView {
    /// Names the call in the gateway's log lines.
    pub request_id: String,
    /// Method and path of the route it met.
    pub route: String,
    /// Policies and handler, in the order they ran.
    pub steps: Vec<JourneyStep>,
}

/// A policy, or the handler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyStep {
    /// Its name in the gateway's project.
    pub name: String,
    /// Whether it is the handler.
    pub is_handler: bool,
    /// What came of it.
    pub verdict: Verdict,
    /// How long it took.
    pub took: u64,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The request went on.
    Passed,
    /// It answered.
    Answered,
    /// It refused, for this reason; the log has the same word.
    Refused(String),
}

impl GatewayCall {
    /// The steps that the gateway told of.
    #[must_use]
    pub fn steps(&self) -> &[JourneyStep] {
        self.seen.as_ref().map_or(&[], |seen| &seen.steps)
    }
}
