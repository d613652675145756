//! The phases of one request, in Zuplo's order: match, inbound policies, handler, CORS headers, outbound policies. A
//! preflight is answered before any policy. What ends a request early skips the rest, and still gets its CORS headers.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
};
use metrics::Histogram;
use serde_json::Map;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::{
    context::{Arrival, Context, Hooks},
    incoming::{self, REQUEST_ID, TrustedProxies},
    panics::caught,
    path::normalise,
    policies::{InboundPolicy, Stop},
    problem::Problem,
    project::Project,
    routing::{Named, Route},
    system::System,
    trace::{self, Recorder},
    traces::{handler_span, policy_span, route_span},
};

/// Answers a request that arrived at `now`.
pub async fn serve(
    project: &Project,
    proxies: &TrustedProxies,
    system: &System,
    now: Duration,
    mut request: Request,
) -> Response<Body> {
    let started = Instant::now();
    let method = request.method().clone();
    let arrival = Arrival { request_id: Uuid::new_v4(), now, instance: request.uri().path().to_owned() };
    name_span(&arrival);
    let client_ip = incoming::clean(&mut request, &project.identity_headers, proxies, arrival.request_id);
    let id = request.headers().get(REQUEST_ID).cloned();
    let (mut response, meter) = match find(project, system, now, &request) {
        Ok(Found::Route(route, path)) => {
            let mut context = context(route, path, &arrival, client_ip);
            context.recorder = Recorder::of(&mut request);
            let response = run_phases(route, request, &mut context).instrument(route_span(route, &arrival)).await;
            let response = context.answered(response).await;
            trace::hand_in(&mut context, response.status());
            (response, &route.meter)
        }
        Ok(Found::Answer(response)) => (response, &project.unrouted),
        Err(problem) => (problem.into_response(&arrival), &project.unrouted),
    };
    meter.count(&method, response.status(), started.elapsed());
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The log line of the whole request belongs to whoever serves the gateway: where it has a place for the id, it gets it.
fn name_span(arrival: &Arrival) {
    tracing::Span::current().record("gateway.request_id", tracing::field::display(arrival.request_id));
}

/// What a request is for.
enum Found<'p> {
    /// A route, and the path that it was found by.
    Route(&'p Route, String),
    /// Something that the gateway itself answers.
    Answer(Response<Body>),
}

fn find<'p>(project: &'p Project, system: &System, now: Duration, request: &Request) -> Result<Found<'p>, Problem> {
    let path = normalise(request.uri().path()).map_err(|_| {
        Problem::bad_request(
            "The path has more than one reading: send it without encoded slashes, empty segments or dot segments.",
        )
    })?;
    if let Some(answer) = system.answer(project, request.method(), &path, now) {
        return Ok(Found::Answer(answer));
    }
    if request.method() == Method::OPTIONS {
        return preflight(project, request, &path).map(Found::Answer);
    }
    if !is_served(request.method()) {
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "method", "This method is not supported."));
    }
    let route = project.routes.find(request.method(), &path).ok_or_else(|| unmatched(project, &path))?;
    Ok(Found::Route(route, path))
}

fn context(route: &Route, path: String, arrival: &Arrival, client_ip: Option<IpAddr>) -> Context {
    Context {
        arrival: arrival.clone(),
        client_ip,
        params: route.pattern.params(&path),
        path,
        route: Arc::clone(&route.info),
        user: None,
        authority: None,
        custom: Map::new(),
        hooks: Hooks::default(),
        recorder: Recorder::default(),
    }
}

fn unmatched(project: &Project, path: &str) -> Problem {
    let others = if project.strict_routes { project.routes.find_all_methods(path) } else { Vec::new() };
    let methods: Vec<&Method> = others.iter().map(|route| &route.info.method).collect();
    if methods.is_empty() { Problem::not_found() } else { Problem::method_not_allowed(&methods) }
}

fn is_served(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::PUT | Method::POST | Method::DELETE | Method::HEAD | Method::PATCH)
}

/// The route that a preflight asks for decides; for a method that the path does not have, its first route.
fn preflight(project: &Project, request: &Request, path: &str) -> Result<Response<Body>, Problem> {
    let routes = project.routes.find_all_methods(path);
    let methods: Vec<&Method> = routes.iter().map(|route| &route.info.method).collect();
    let wanted = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD).map(HeaderValue::as_bytes);
    let asked = routes.iter().find(|route| Some(route.info.method.as_str().as_bytes()) == wanted);
    let route = asked.or_else(|| routes.first()).ok_or_else(Problem::not_found)?;
    route.cors.preflight(request.headers(), &methods)
}

async fn run_phases(route: &Route, request: Request, context: &mut Context) -> Response<Body> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = match run_to_handler(route, request, context).await {
        Ok(response) => response,
        Err(stop) => {
            let mut response = match stop {
                Stop::Answer(response) => response,
                Stop::Problem(problem) => problem.into_response(&context.arrival),
            };
            route.cors.apply(origin.as_ref(), response.headers_mut());
            return response;
        }
    };
    route.cors.apply(origin.as_ref(), response.headers_mut());
    for named in &route.outbound {
        let span = policy_span(&named.name, "outbound");
        let begun = context.recorder.begin();
        let applied = timed(&named.seconds, caught(|| named.policy.apply(response, context)));
        let applied = applied.instrument(span.clone()).await;
        let outcome = applied.unwrap_or_else(|panic| Err(panic.refuse(&named.name, &context.arrival)));
        context.recorder.outbound(begun, &named.name, &outcome);
        response = match outcome {
            Ok(response) => response,
            Err(problem) => {
                note_refusal(context, &named.name, &problem, &span);
                let mut response = problem.into_response(&context.arrival);
                route.cors.apply(origin.as_ref(), response.headers_mut());
                return response;
            }
        };
    }
    response
}

async fn run_to_handler(route: &Route, request: Request, context: &mut Context) -> Result<Response<Body>, Stop> {
    let mut request = request;
    for (position, named) in route.inbound.iter().enumerate() {
        let known = if named.policy.identifies() { context.user.clone() } else { None };
        let span = policy_span(&named.name, "inbound");
        let begun = context.recorder.begin();
        let applied = timed(&named.seconds, caught(|| named.policy.apply(request, context)));
        let verdict = match applied.instrument(span.clone()).await {
            Ok(verdict) => verdict,
            Err(panic) => Err(panic.refuse(&named.name, &context.arrival).into()),
        };
        context.recorder.inbound(begun, &named.name, &verdict);
        request = verdict.inspect_err(|stop| {
            if let Stop::Problem(problem) = stop {
                note_refusal(context, &named.name, problem, &span);
            }
        })?;
        if known.is_some() && context.user != known {
            forget_caller(&route.inbound[..position], named, request.headers_mut());
        }
    }
    let begun = context.recorder.begin();
    let answered = caught(|| route.handler.handle(request, context)).instrument(handler_span(route)).await;
    let answer = answered.unwrap_or_else(|panic| Err(panic.refuse(&route.handler_name, &context.arrival)));
    context.recorder.handler(begun, &route.handler_name, &answer);
    Ok(answer?)
}

/// Removes what policies before `named` said of a caller in whose place it has put another.
fn forget_caller(before: &[Named<dyn InboundPolicy>], named: &Named<dyn InboundPolicy>, headers: &mut HeaderMap) {
    let own = named.policy.identity_headers();
    for name in before.iter().flat_map(|earlier| earlier.policy.identity_headers()) {
        if !own.contains(&name) {
            headers.remove(name);
        }
    }
}

async fn timed<T>(seconds: &Histogram, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let outcome = work.await;
    seconds.record(started.elapsed());
    outcome
}

fn note_refusal(context: &Context, policy: &str, problem: &Problem, span: &Span) {
    span.record("gateway.refused", problem.reason());
    tracing::info!(gateway.request_id = %context.arrival.request_id, policy, reason = problem.reason(), "refused by a gateway policy");
}
