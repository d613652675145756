//! What a ticket shows of a request, and to whom.

use axum::Router;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::{
    gateway::{
        Dependencies, Gateway, InboundPolicy, Registry, Verdict,
        testing::{dependencies, project, request_to},
    },
    testing::TempFolder,
};

const ORIGIN: &str = "https://a.example";

/// A route with two policies before its handler and one after it.
fn followed() -> (Router, Tracer) {
    let policy = |name: &str, kind: &str, export: &str, options: Value| {
        json!({ "name": name, "policyType": kind,
            "handler": { "export": export, "module": "$import(@zuplo/runtime)", "options": options } })
    };
    let header = json!({ "headers": [{ "name": "x-a", "value": "1" }] });
    let policies = json!([
        policy("stamp", "set-headers-inbound", "SetHeadersInboundPolicy", header.clone()),
        policy("ours-only", "require-origin-inbound", "RequireOriginInboundPolicy", json!({ "origins": ORIGIN })),
        policy("mark", "set-headers-outbound", "SetHeadersOutboundPolicy", header),
    ]);
    let folder = followed_project(&policies, &["stamp", "ours-only"], &["mark"]);
    let tracer = Tracer::default();
    let gateway = Gateway::load(folder.path(), &dependencies(&[])).unwrap();
    (gateway.traced_by(tracer.clone()).into_router(), tracer)
}

/// One route, `/hello`, with these policies.
fn followed_project(policies: &Value, inbound: &[&str], outbound: &[&str]) -> TempFolder {
    let handler = json!({ "export": "default", "module": "$import(./modules/hello-world)" });
    let policy_names = json!({ "inbound": inbound, "outbound": outbound });
    let operation = json!({ "get": { "x-zuplo-route": { "handler": handler, "policies": policy_names } } });
    let routes = json!({ "openapi": "3.1.0", "paths": { "/hello": operation } });
    project(&[("policies.json", policies), ("routes.oas.json", &routes)])
}

async fn get(router: &Router, number: &str, headers: &[(&'static str, &str)]) -> Response<Body> {
    let mut request = request_to("GET", "/hello");
    request.headers_mut().insert(TRACE_HEADER, number.parse().unwrap());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    router.clone().oneshot(request).await.unwrap()
}

/// Names and outcomes, as a test can know them.
fn steps(trace: &RequestTrace) -> Vec<(&str, Phase, StepOutcome)> {
    trace.steps.iter().map(|step| (&*step.name, step.phase, step.outcome)).collect()
}

#[tokio::test]
async fn the_holder_of_a_ticket_sees_every_step() {
    let (router, tracer) = followed();
    let ticket = tracer.ticket();
    let answer = get(&router, &ticket.number(), &[("origin", ORIGIN)]).await;
    let trace = ticket.trace().unwrap();
    assert_eq!(
        steps(&trace),
        [
            ("stamp", Phase::Inbound, StepOutcome::Passed),
            ("ours-only", Phase::Inbound, StepOutcome::Passed),
            ("default of ./modules/hello-world", Phase::Handler, StepOutcome::Answered),
            ("mark", Phase::Outbound, StepOutcome::Passed),
        ]
    );
    assert_eq!((trace.route.as_str(), trace.status), ("GET /hello", StatusCode::OK));
    assert_eq!(answer.headers()["zp-rid"], trace.request_id.to_string().as_str());
}

#[tokio::test]
async fn a_refusal_is_the_last_step() {
    let (router, tracer) = followed();
    let ticket = tracer.ticket();
    assert_eq!(get(&router, &ticket.number(), &[]).await.status(), StatusCode::FORBIDDEN);
    let trace = ticket.trace().unwrap();
    let last = steps(&trace).pop().unwrap();
    assert!(matches!(last, ("ours-only", Phase::Inbound, StepOutcome::Refused(_))), "{last:?}");
    assert_eq!(trace.status, StatusCode::FORBIDDEN);
}

/// A policy of the project's own, and none that can be trusted.
struct Panics;

impl InboundPolicy for Panics {
    fn apply<'a>(&'a self, _: Request, _: &'a mut Context) -> Verdict<'a> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_policy_that_panics_is_a_step_like_any_other() {
    let module = "./modules/panics";
    let policies = json!([{ "name": "panics", "policyType": "custom-code-inbound",
        "handler": { "export": "default", "module": format!("$import({module})") } }]);
    let folder = followed_project(&policies, &["panics"], &[]);
    let registry = Registry::default().inbound_policy(module, "default", |_| Ok(Panics));
    let parts = Dependencies { registry: Arc::new(registry), ..dependencies(&[]) };
    let tracer = Tracer::default();
    let router = Gateway::load(folder.path(), &parts).unwrap().traced_by(tracer.clone()).into_router();
    let ticket = tracer.ticket();
    assert_eq!(get(&router, &ticket.number(), &[]).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let trace = ticket.trace().unwrap();
    assert_eq!(steps(&trace), [("panics", Phase::Inbound, StepOutcome::Refused("panic"))]);
}

#[tokio::test]
async fn a_ticket_sees_its_own_request_and_is_forgotten_with_its_holder() {
    let (router, tracer) = followed();
    let (mine, theirs) = (tracer.ticket(), tracer.ticket());
    get(&router, &theirs.number(), &[]).await;
    assert_eq!(mine.trace(), None);
    let number = theirs.number();
    drop(theirs);
    for number in [number.as_str(), "no-number", &Uuid::nil().to_string()] {
        get(&router, number, &[]).await;
    }
    assert!(tracer.seen().is_empty());
}

#[tokio::test]
async fn the_number_goes_no_further() {
    let tracer = Tracer::default();
    for number in [tracer.ticket().number(), "anything".to_owned()] {
        let mut request = request_to("GET", "/hello");
        request.headers_mut().insert(TRACE_HEADER, number.parse().unwrap());
        tracer.begin(&mut request);
        assert!(request.headers().is_empty(), "{number}");
    }
}
