//! What the phases of one request share: Zuplo's `request.user`, `request.params` and `context`.

use std::{borrow::Cow, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use axum::http::StatusCode;
use serde_json::{Map, Value};
use url::form_urlencoded;
use uuid::Uuid;

use super::{
    panics::caught,
    routing::{Params, RouteInfo},
};

/// The caller, as an authentication policy found them.
#[derive(Clone, PartialEq)]
pub struct User {
    /// Names the caller.
    pub sub: String,
    /// What else is known of them: a token's claims, an account's or a key's metadata.
    pub data: Value,
}

/// A request as it arrived, before any route was looked for.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Stands in the answer (`zp-rid`), in problem documents, in the log and in the request to the upstream.
    pub request_id: Uuid,
    /// When it arrived.
    pub now: Duration,
    /// The path within the project, as the client wrote it.
    pub instance: String,
}

/// One request on its way through the phases.
pub struct Context {
    /// The request as it arrived.
    pub arrival: Arrival,
    /// The client's address, as far as trusted proxies vouch for it.
    pub client_ip: Option<IpAddr>,
    /// The path that was matched, decoded.
    pub path: String,
    /// The path's parameters.
    pub params: Params,
    /// The route.
    pub route: Arc<RouteInfo>,
    /// The caller, once a policy knows them.
    pub user: Option<User>,
    /// Whatever policies and handlers of a project want to tell each other.
    pub custom: Map<String, Value>,
    /// What waits for the answer, in order.
    pub(super) hooks: Vec<AnswerHook>,
}

/// Runs once the answer's status is known.
pub type AnswerHook = Box<dyn FnOnce(StatusCode) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl Context {
    /// Runs `hook` once the status of the answer is known, whoever gave it.
    pub fn when_answered(
        &mut self,
        hook: impl FnOnce(StatusCode) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static,
    ) {
        self.hooks.push(Box::new(hook));
    }

    pub(super) async fn answered(&mut self, status: StatusCode) {
        for hook in std::mem::take(&mut self.hooks) {
            if let Err(panic) = caught(|| hook(status)).await {
                // The answer is made already: only the log is told.
                panic.refuse("a hook", &self.arrival);
            }
        }
    }
}

/// One value per name, the last one, as Zuplo's `request.query` has it.
#[must_use]
pub fn query_value<'q>(query: Option<&'q str>, name: &str) -> Option<Cow<'q, str>> {
    form_urlencoded::parse(query?.as_bytes()).filter(|(own, _)| own == name).last().map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_one_value_per_name() {
        let query = Some("a=1&b=x+y&a=%32");
        assert_eq!(query_value(query, "a").as_deref(), Some("2"));
        assert_eq!(query_value(query, "b").as_deref(), Some("x y"));
        assert_eq!(query_value(query, "c"), None);
        assert_eq!(query_value(None, "a"), None);
    }
}
