//! `urlForwardHandler`, `urlRewriteHandler` and `webSocketHandler`: send the request on to an upstream and stream its
//! answer back.
//!
//! Options: `baseUrl` of `urlForwardHandler` (required: a template that the request's path goes behind), `rewritePattern`
//! of the other two (required: a template for the whole URL), `forwardSearch` (default true: the request's query goes
//! along), `followRedirects` (default false), and of our own `timeoutMs` (default 30 000: for the head of the answer, once
//! the upstream has the whole request), `idleTimeoutMs` (default 900 000: for a web socket on which nothing moves),
//! `endAtTokenExpiry` (default false: an answer or a web socket goes on when the caller's token has ended).
//!
//! Redirects are followed for requests without a body only, and never to another origin, because tokens and identity
//! headers are for the upstream that the project names; every other redirect is the client's to follow.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, Response, Uri, header, request::Parts},
};
use serde::Deserialize;
use url::Url;

use super::{Answer, Handler, HandlerSite};
use crate::gateway::{
    context::Context,
    problem::Problem,
    project::{LoadError, Options},
    template::{BadTarget, Scope, UrlTemplate},
    upstream::{Limits, Upstream},
};

const DEFAULT_TIMEOUT_MS: u64 = 30_000;
/// Zuplo's own limit for idle proxied connections.
const DEFAULT_IDLE_TIMEOUT_MS: u64 = 900_000;
/// An answer that is there at once gets through, whatever is left of the token.
const LEAST_LIFETIME: Duration = Duration::from_secs(1);
/// As many as browsers follow, halved.
const MAX_REDIRECTS: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ForwardOptions {
    base_url: Option<String>,
    rewrite_pattern: Option<String>,
    forward_search: Option<bool>,
    #[serde(default)]
    follow_redirects: bool,
    timeout_ms: Option<u64>,
    idle_timeout_ms: Option<u64>,
    #[serde(default)]
    end_at_token_expiry: bool,
}

struct Forward {
    target: UrlTemplate,
    forward_search: bool,
    follow_redirects: bool,
    patience: Duration,
    idle: Duration,
    end_at_token_expiry: bool,
    upstream: Upstream,
}

/// Makes `urlForwardHandler`.
pub fn build_forward(options: &Options<'_>, site: &HandlerSite<'_>) -> Result<Arc<dyn Handler>, LoadError> {
    const OPTION: &str = "baseUrl";
    let read: ForwardOptions = options.read()?;
    if read.rewrite_pattern.is_some() {
        return Err(options.error("rewritePattern", "`baseUrl` instead"));
    }
    let target = template(OPTION, read.base_url.as_deref(), options, site)?;
    let target = target.with_request_path().map_err(|expected| options.error(OPTION, &expected))?;
    Ok(build(target, &read, site))
}

/// Makes `urlRewriteHandler` and `webSocketHandler`.
pub fn build_rewrite(options: &Options<'_>, site: &HandlerSite<'_>) -> Result<Arc<dyn Handler>, LoadError> {
    let read: ForwardOptions = options.read()?;
    if read.base_url.is_some() {
        return Err(options.error("baseUrl", "`rewritePattern` instead"));
    }
    let target = template("rewritePattern", read.rewrite_pattern.as_deref(), options, site)?;
    Ok(build(target, &read, site))
}

fn build(target: UrlTemplate, read: &ForwardOptions, site: &HandlerSite<'_>) -> Arc<dyn Handler> {
    Arc::new(Forward {
        // Where the template takes the query along, it would stand there twice.
        forward_search: read.forward_search.unwrap_or(true) && !target.takes_search(),
        follow_redirects: read.follow_redirects,
        patience: Duration::from_millis(read.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS)),
        idle: Duration::from_millis(read.idle_timeout_ms.unwrap_or(DEFAULT_IDLE_TIMEOUT_MS)),
        end_at_token_expiry: read.end_at_token_expiry,
        upstream: site.dependencies.upstream.clone(),
        target,
    })
}

fn template(
    option: &str,
    text: Option<&str>,
    options: &Options<'_>,
    site: &HandlerSite<'_>,
) -> Result<UrlTemplate, LoadError> {
    let text = text.ok_or_else(|| options.error(option, "a URL template"))?;
    // Where it was replaced the template would work here, and nowhere else.
    if options.as_written(option).is_some_and(|written| written.contains("$env(")) {
        return Err(options.error(option, "`${env.NAME}`: `$env(…)` does not work in a URL template"));
    }
    let scope = Scope { environment: &site.dependencies.environment, params: site.pattern.names().collect() };
    UrlTemplate::parse(text, &scope).map_err(|expected| options.error(option, &expected))
}

impl Forward {
    fn limits(&self, context: &Context) -> Limits {
        let whole = if self.end_at_token_expiry { left_of_token(context) } else { None };
        Limits { patience: self.patience, idle: self.idle, whole }
    }

    async fn forward(&self, request: Request, context: &Context) -> Result<Response<Body>, Problem> {
        let (mut parts, body) = request.into_parts();
        let search = parts.uri.query().filter(|_| self.forward_search);
        let target = self.target.expand(&parts, context, search).map_err(|bad| match bad {
            BadTarget::Ambiguous => {
                Problem::bad_request("A value of this request does not fit into the upstream's path.")
            }
            BadTarget::TooLong => Problem::uri_too_long(),
        })?;
        parts.uri = target.clone();
        let again = Some(&parts).filter(|_| self.follow_redirects).and_then(repeatable);
        let limits = self.limits(context);
        let response = self.upstream.send(Request::from_parts(parts, body), &limits, context).await?;
        match again {
            Some((method, headers)) => self.follow(response, target, &method, &headers, context).await,
            None => Ok(response),
        }
    }

    async fn follow(
        &self,
        mut response: Response<Body>,
        mut here: Uri,
        method: &Method,
        headers: &HeaderMap,
        context: &Context,
    ) -> Result<Response<Body>, Problem> {
        for _ in 0..MAX_REDIRECTS {
            let Some(next) = next_location(&response, &here) else { break };
            let mut request = Request::new(Body::empty());
            *request.method_mut() = method.clone();
            *request.headers_mut() = headers.clone();
            *request.uri_mut() = next.clone();
            here = next;
            response = self.upstream.send(request, &self.limits(context), context).await?;
        }
        Ok(response)
    }
}

/// How long the caller's token is still good, as it was when the request arrived; none if it says nothing of that. One
/// that is good for the sake of a clock that differs has the least there is.
fn left_of_token(context: &Context) -> Option<Duration> {
    let end = context.user.as_ref()?.data.get("exp")?.as_f64()?;
    let left = Duration::try_from_secs_f64(end).unwrap_or_default().saturating_sub(context.arrival.now);
    Some(left.max(LEAST_LIFETIME))
}

fn repeatable(parts: &Parts) -> Option<(Method, HeaderMap)> {
    matches!(parts.method, Method::GET | Method::HEAD).then(|| (parts.method.clone(), parts.headers.clone()))
}

/// Where an answer leads, if that is on the same origin.
fn next_location(response: &Response<Body>, here: &Uri) -> Option<Uri> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let here = Url::parse(&here.to_string()).ok()?;
    let next = here.join(response.headers().get(header::LOCATION)?.to_str().ok()?).ok()?;
    (next.origin() == here.origin()).then(|| next.as_str().split('#').next().unwrap_or_default().parse().ok())?
}

impl Handler for Forward {
    fn handle<'a>(&'a self, request: Request, context: &'a mut Context) -> Answer<'a> {
        Box::pin(self.forward(request, context))
    }
}
