//! What the phases of one request share: Zuplo's `request.user`, `request.params` and `context`.

use std::{borrow::Cow, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, Response, StatusCode},
};
use serde_json::{Map, Value};
use url::form_urlencoded;
use uuid::Uuid;

use super::{
    cors::cors_headers,
    panics::caught,
    routing::{Params, RouteInfo},
    trace::Recorder,
};

/// The caller, as an authentication policy found them.
#[derive(Clone, PartialEq)]
pub struct User {
    /// Names the caller.
    pub sub: String,
    /// What else is known of them: a token's claims, an account's or a key's metadata. Shared with whoever keeps it.
    pub data: Arc<Value>,
}

impl User {
    /// A caller of this name, of whom this is known.
    #[must_use]
    pub fn new(sub: impl Into<String>, data: impl Into<Arc<Value>>) -> Self {
        Self { sub: sub.into(), data: data.into() }
    }
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
    /// Who vouches for the caller.
    pub(super) authority: Option<Arc<str>>,
    /// Whatever policies and handlers of a project want to tell each other.
    pub custom: Map<String, Value>,
    /// What waits for the answer.
    pub(super) hooks: Hooks,
    /// Notes what happens, for a sender who wants to know.
    pub(super) recorder: Recorder,
}

/// What waits for the answer, in order. Goes with the request: who waits for it may have left.
#[derive(Default)]
pub struct Hooks {
    before_sending: Vec<SendingHook>,
    when_answered: Vec<AnswerHook>,
    headers: HeaderMap,
}

/// Changes the answer that is about to be sent.
pub type SendingHook = Box<dyn FnOnce(Response<Body>) -> Response<Body> + Send + Sync>;

/// Runs once it is known how a request ended.
pub type AnswerHook = Box<dyn FnOnce(Ending) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With an answer of this status.
    Answered(StatusCode),
    /// The client left before there was an answer.
    Abandoned,
}

impl Context {
    /// Notes who the caller is, and who vouches for that.
    pub(super) fn identify(&mut self, user: User, authority: &Arc<str>) {
        self.user = Some(user);
        self.authority = Some(Arc::clone(authority));
    }

    /// What to count the caller by: two who are vouched for by different authorities may have the same name.
    pub(super) fn counted_as(&self) -> Option<String> {
        let sub = &self.user.as_ref()?.sub;
        Some(format!("user {sub:?} of {:?}", self.authority.as_deref().unwrap_or_default()))
    }

    /// Runs `hook` once the status of the answer is known, whoever gave it, or the client has left without one.
    pub fn when_answered(
        &mut self,
        hook: impl FnOnce(Ending) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static,
    ) {
        let arrival = self.arrival.clone();
        self.hooks.when_answered.push(Box::new(move |ending| {
            Box::pin(async move {
                if let Err(panic) = caught(|| hook(ending)).await {
                    // Nobody is left to be answered: only the log is told.
                    panic.refuse("a hook", &arrival);
                }
            })
        }));
    }

    /// Runs `hook` on the answer that is about to be sent, whoever gave it (Zuplo's `addResponseSendingHook`).
    pub fn before_sending(&mut self, hook: impl FnOnce(Response<Body>) -> Response<Body> + Send + Sync + 'static) {
        self.hooks.before_sending.push(Box::new(hook));
    }

    /// Headers that the answer gets last, whoever gave it. They belong to this request: no cache keeps them.
    pub fn answer_headers(&mut self) -> &mut HeaderMap {
        &mut self.hooks.headers
    }

    /// Runs the hooks, in order, and returns what is to be sent.
    pub(super) async fn answered(&mut self, mut response: Response<Body>) -> Response<Body> {
        for hook in std::mem::take(&mut self.hooks.before_sending) {
            let cors = cors_headers(response.headers());
            response = caught(|| async { hook(response) }).await.unwrap_or_else(|panic| {
                let mut refusal = panic.refuse("a hook", &self.arrival).into_response(&self.arrival);
                refusal.headers_mut().extend(cors);
                refusal
            });
        }
        for (name, value) in &self.hooks.headers {
            response.headers_mut().insert(name, value.clone());
        }
        if let Some(running) = self.hooks.end(Ending::Answered(response.status())) {
            // A panic has logged itself.
            let _done = running.await;
        }
        response
    }
}

impl Hooks {
    /// Runs what waits for the end, in a task of its own: a client that leaves meanwhile does not stop it.
    fn end(&mut self, ending: Ending) -> Option<tokio::task::JoinHandle<()>> {
        let hooks = std::mem::take(&mut self.when_answered);
        if hooks.is_empty() {
            return None;
        }
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        Some(runtime.spawn(async move {
            for hook in hooks {
                hook(ending).await;
            }
        }))
    }
}

/// The server drops a request, and its context with it, when the client leaves.
impl Drop for Hooks {
    fn drop(&mut self) {
        self.end(Ending::Abandoned);
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

    #[tokio::test]
    async fn what_waits_for_the_answer_learns_how_the_request_ended() {
        let (sender, mut endings) = tokio::sync::mpsc::unbounded_channel();
        let waiting = || {
            let (mut context, sender) = (crate::gateway::testing::context(), sender.clone());
            context.when_answered(move |ending| {
                Box::pin(async move {
                    sender.send(ending).unwrap();
                })
            });
            context
        };
        waiting().answered(Response::new(Body::empty())).await;
        assert_eq!(endings.recv().await, Some(Ending::Answered(StatusCode::OK)));
        drop(waiting());
        drop(sender);
        assert_eq!(endings.recv().await, Some(Ending::Abandoned));
        assert_eq!(endings.recv().await, None, "each ran once");
    }

    #[tokio::test]
    async fn the_answer_passes_the_hooks_in_order_and_then_gets_its_headers() {
        let mut context = crate::gateway::testing::context();
        for name in ["a", "b"] {
            context.before_sending(move |mut response| {
                response.headers_mut().append("x-hook", name.parse().unwrap());
                response
            });
        }
        context.answer_headers().insert("x-hook-count", "2".parse().unwrap());
        let response = context.answered(crate::gateway::testing::response(&[("x-hook-count", "0")])).await;
        let values: Vec<_> = response.headers().get_all("x-hook").iter().collect();
        assert_eq!(values, ["a", "b"]);
        assert_eq!(response.headers()["x-hook-count"], "2");
    }

    #[test]
    fn a_query_has_one_value_per_name() {
        let query = Some("a=1&b=x+y&a=%32");
        assert_eq!(query_value(query, "a").as_deref(), Some("2"));
        assert_eq!(query_value(query, "b").as_deref(), Some("x y"));
        assert_eq!(query_value(query, "c"), None);
        assert_eq!(query_value(None, "a"), None);
    }
}
