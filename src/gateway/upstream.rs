//! Sending requests on to upstreams: one pool of connections, bodies streamed both ways, web sockets passed through.

use std::{error::Error, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, Version, header},
};
use http_body_util::LengthLimitError;
use hyper::upgrade::OnUpgrade;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::{io::copy_bidirectional, time::timeout};

use super::{
    context::Context,
    incoming::{WebSocketWanted, remove_hop_by_hop},
    problem::Problem,
};

/// Longer than any network needs.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than upstreams keep idle connections open, so that few are reused that have just ended.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// No TLS back end can be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up TLS for upstreams: {0}")]
pub struct UpstreamError(String);

/// Sends requests on. Clones share their connections.
#[derive(Clone)]
pub struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Body>,
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
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIMEOUT);
        Ok(Self { client: builder.build(connector) })
    }

    /// Sends a request, whose address is the upstream's, and returns the answer once its head is there.
    ///
    /// # Errors
    /// 502 when the upstream cannot be reached or breaks off, 504 when its head takes longer than `patience`.
    pub async fn send(
        &self,
        mut request: Request,
        patience: Duration,
        context: &Context,
    ) -> Result<Response<Body>, Problem> {
        let upgrade = prepare(&mut request);
        let answer = timeout(patience, self.client.request(request)).await;
        let answer = answer.map_err(|_| {
            tracing::warn!(gateway.request_id = %context.arrival.request_id, ?patience, "an upstream is too slow");
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "upstream_slow", "The upstream took too long to answer.")
        })?;
        let mut response = answer.map_err(|error| failed(&error, context))?;
        let tunnel = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        let upstream_end = tunnel.then(|| hyper::upgrade::on(&mut response));
        let mut response = response.map(Body::new);
        remove_hop_by_hop(response.headers_mut());
        match (upgrade, upstream_end) {
            (Some(client), Some(upstream)) => {
                set_upgrade(response.headers_mut());
                tokio::spawn(join(client, upstream));
                Ok(response)
            }
            (_, Some(_)) => Err(broken("The upstream switched to a protocol that nobody asked for.")),
            (_, None) => Ok(response),
        }
    }
}

/// What the client's own connection would say goes; what asks for a web socket is said again. Returns the client's end
/// of that.
fn prepare(request: &mut Request) -> Option<OnUpgrade> {
    *request.version_mut() = Version::HTTP_11;
    // The upstream's own name, from the address.
    request.headers_mut().remove(header::HOST);
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

/// Copies both ways until one side is done.
async fn join(client: OnUpgrade, upstream: OnUpgrade) {
    let (Ok(client), Ok(upstream)) = tokio::join!(client, upstream) else {
        tracing::debug!("a web socket ended before it began");
        return;
    };
    if let Err(error) = copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(upstream)).await {
        tracing::debug!(%error, "a web socket broke off");
    }
}

fn broken(detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "upstream_failed", detail)
}

fn failed(error: &hyper_util::client::legacy::Error, context: &Context) -> Problem {
    let first: &(dyn Error + 'static) = error;
    let causes: Vec<_> = std::iter::successors(Some(first), |&cause| cause.source()).collect();
    if causes.iter().any(|cause| cause.is::<LengthLimitError>()) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request's body is too large.");
    }
    let text: Vec<String> = causes.iter().map(ToString::to_string).collect();
    tracing::warn!(gateway.request_id = %context.arrival.request_id, error = text.join(": "), "an upstream failed");
    if error.is_connect() {
        return broken("The upstream cannot be reached.");
    }
    broken("The upstream broke off before it answered.")
}
