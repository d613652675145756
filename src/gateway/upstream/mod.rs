//! Sending requests on to upstreams: one pool of connections, bodies streamed both ways, web sockets passed through.
//! Trailers are not sent on: nobody looked at them.

mod connections;
mod expiring;
mod tunnel;
mod upload;

use std::{error::Error, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderValue, Response, StatusCode, Version, header},
};
use http_body_util::LengthLimitError;
use hyper::upgrade::OnUpgrade;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::timeout;
use tracing::Instrument;

use self::{
    connections::{Connections, SendError},
    expiring::Expiring,
    tunnel::{Lifetime, Tunnels},
    upload::{Patience, Turn, too_slow, watched},
};
use super::{
    context::Context,
    incoming::{WebSocketWanted, remove_hop_by_hop},
    problem::Problem,
    traces::{propagate, upstream_span},
};

/// Longer than any network needs.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that sends nothing of its body for so long has gone, or means no good.
const CLIENT_PATIENCE: Duration = Duration::from_secs(60);

/// No TLS back end can be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up TLS for upstreams: {0}")]
pub struct UpstreamError(String);

/// Sends requests on. Clones share their connections.
#[derive(Clone)]
pub struct Upstream {
    connections: Connections,
    tunnels: Tunnels,
}

/// How long an exchange with an upstream may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the head of the answer, from the end of the request's body on.
    pub patience: Duration,
    /// For a web socket on which nothing moves.
    pub idle: Duration,
    /// For the answer's body or the web socket; none: as long as it takes.
    pub whole: Option<Duration>,
}

impl Upstream {
    /// A pool without connections. It verifies certificates as the machine does, and uses no proxy.
    ///
    /// # Errors
    /// When no TLS back end can be set up.
    pub fn new() -> Result<Self, UpstreamError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .try_with_platform_verifier()
            .map_err(|error| UpstreamError(error.to_string()))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self { connections: Connections::new(connector), tunnels: Tunnels::default() })
    }

    /// Ends every web socket that passes through, and waits until they have ended: a stop does not wait for them.
    pub async fn end_web_sockets(&self) {
        self.tunnels.end().await;
    }

    /// Sends a request, whose address is the upstream's, and returns the answer once its head is there.
    ///
    /// # Errors
    /// 502 when the upstream cannot be reached or breaks off, 504 when it takes longer than it may, 408 when the client
    /// does so with its body.
    pub async fn send(&self, request: Request, limits: &Limits, context: &Context) -> Result<Response<Body>, Problem> {
        self.send_once(request, limits, context).instrument(upstream_span()).await
    }

    async fn send_once(
        &self,
        mut request: Request,
        limits: &Limits,
        context: &Context,
    ) -> Result<Response<Body>, Problem> {
        let upgrade = prepare(&mut request);
        let mut response = self.exchange(request, limits.patience, context).await?;
        let tunnel = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        let upstream_end = tunnel.then(|| hyper::upgrade::on(&mut response));
        // The older version would end with the connection, and an answer that broke off would look whole.
        *response.version_mut() = Version::HTTP_11;
        remove_hop_by_hop(response.headers_mut());
        match (upgrade, upstream_end) {
            (Some(client), Some(upstream)) => {
                set_upgrade(response.headers_mut());
                let lifetime = Lifetime { idle: limits.idle, whole: limits.whole };
                self.tunnels.open(client, upstream, lifetime, context.arrival.request_id);
                Ok(response)
            }
            (_, Some(_)) => Err(broken("The upstream switched to a protocol that nobody asked for.")),
            (_, None) => Ok(match limits.whole {
                Some(lifetime) => response.map(|body| Body::new(Expiring::new(body, lifetime))),
                None => response,
            }),
        }
    }

    /// Sends a request and waits for the head of the answer.
    async fn exchange(
        &self,
        request: Request,
        patience: Duration,
        context: &Context,
    ) -> Result<Response<Body>, Problem> {
        let answer = if request.body().is_end_stream() {
            timeout(patience, self.connections.send(request)).await.map_err(|_| Turn::Upstream)
        } else {
            let (parts, body) = request.into_parts();
            let (body, turns) = watched(body);
            tokio::select! {
                answer = self.connections.send(Request::from_parts(parts, body)) => Ok(answer),
                slow = too_slow(turns, Patience { client: CLIENT_PATIENCE, upstream: patience }) => Err(slow),
            }
        };
        answer.map_err(|slow| slow_problem(slow, patience, context))?.map_err(|error| failed(&error, context))
    }
}

/// What the client's own connection would say goes; what asks for a web socket is said again. Returns the client's end
/// of that.
fn prepare(request: &mut Request) -> Option<OnUpgrade> {
    *request.version_mut() = Version::HTTP_11;
    propagate(request.headers_mut());
    let extensions = std::mem::take(request.extensions_mut());
    extensions.get::<WebSocketWanted>()?;
    let client = extensions.get::<OnUpgrade>().cloned()?;
    set_upgrade(request.headers_mut());
    Some(client)
}

fn set_upgrade(headers: &mut axum::http::HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

fn slow_problem(slow: Turn, patience: Duration, context: &Context) -> Problem {
    let id = context.arrival.request_id;
    match slow {
        Turn::Client => {
            tracing::info!(gateway.request_id = %id, patience = ?CLIENT_PATIENCE, "a client is too slow with its body");
            Problem::new(StatusCode::REQUEST_TIMEOUT, "client_slow", "The request's body took too long to arrive.")
        }
        Turn::Upstream => {
            tracing::warn!(gateway.request_id = %id, ?patience, "an upstream is too slow");
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "upstream_slow", "The upstream took too long to answer.")
        }
    }
}

fn broken(detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "upstream_failed", detail)
}

fn failed(error: &SendError, context: &Context) -> Problem {
    let first: &(dyn Error + 'static) = error;
    let causes: Vec<_> = std::iter::successors(Some(first), |&cause| cause.source()).collect();
    if causes.iter().any(|cause| cause.is::<LengthLimitError>()) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request's body is too large.");
    }
    if causes.iter().any(|cause| cause.is::<axum::Error>()) {
        return Problem::bad_request("The request's body broke off, or is not well formed.");
    }
    let text: Vec<String> = causes.iter().map(ToString::to_string).collect();
    tracing::warn!(gateway.request_id = %context.arrival.request_id, error = text.join(": "), "an upstream failed");
    if matches!(error, SendError::Connect(_)) {
        return broken("The upstream cannot be reached.");
    }
    broken("The upstream broke off before it answered.")
}
