//! What stands before all routes: requests below the gateway's path are the gateway's, all others go to the router. The
//! router could do that, too, but what it does for every route costs the gateway's requests as much as their policies.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{OriginalUri, Request},
    http::{Uri, uri::PathAndQuery},
    response::Response,
};
use tower::Service;

use crate::gateway::Gateway;

/// Answers every request. Clones share all of it.
#[derive(Clone)]
pub struct Front {
    gateway: Option<Arc<Gateway>>,
    /// Where the gateway's paths begin.
    below: &'static str,
    router: Router,
}

impl Front {
    /// With `gateway`, if there is one, below the path `below`.
    pub fn new(gateway: Option<Gateway>, below: &'static str, router: Router) -> Self {
        Self { gateway: gateway.map(Arc::new), below, router }
    }
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let Some(gateway) = &self.gateway
            && let Some(uri) = below(request.uri(), self.below)
        {
            let gateway = Arc::clone(gateway);
            let whole = std::mem::replace(request.uri_mut(), uri);
            request.extensions_mut().insert(OriginalUri(whole));
            return Box::pin(async move { Ok(gateway.answer(request).await) });
        }
        Box::pin(self.router.call(request))
    }
}

/// What an address below `prefix` is from there on; none if it is elsewhere.
fn below(uri: &Uri, prefix: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix)?;
    let path_and_query: PathAndQuery = match rest.as_bytes().first() {
        Some(b'/') => rest.parse().ok()?,
        Some(b'?') | None => format!("/{rest}").parse().ok()?,
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_begins_anew() {
        for (uri, expected) in [
            ("/gateway", Some("/")),
            ("/gateway/", Some("/")),
            ("/gateway/hello", Some("/hello")),
            ("/gateway/hello?a=/gateway/b", Some("/hello?a=/gateway/b")),
            ("/gateway?a=b", Some("/?a=b")),
            ("/gateway//hello", Some("//hello")),
            ("/gateway/gateway/%2e%2e/x", Some("/gateway/%2e%2e/x")),
            ("http://localhost:3000/gateway/hello?x", Some("http://localhost:3000/hello?x")),
            ("/gateway-routes", None),
            ("/gateways", None),
            ("/gatewa", None),
            ("/Gateway/hello", None),
            ("//gateway/hello", None),
            ("/account/gateway/hello", None),
            ("/", None),
            ("*", None),
            ("localhost:3000", None),
        ] {
            let found = below(&uri.parse().unwrap(), "/gateway").map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), expected, "{uri}");
        }
    }
}
