//! Follows single requests through the phases, for whoever sends them: what each policy decided, and how long it took.
//!
//! A caller in this process takes out a ticket and sends its number along in a header. Requests with a number that nobody
//! holds are not followed, and the header goes no further than here. What was seen goes with the ticket, so there is
//! never more of it than there are tickets.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, Response, StatusCode},
};
use uuid::Uuid;

use super::{context::Context, policies::Stop, problem::Problem};

/// Carries a ticket's number. It is nothing to a gateway that did not hand out the ticket.
pub const TRACE_HEADER: HeaderName = HeaderName::from_static("x-gatehouse-trace");

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTrace {
    /// As in the answer (`zp-rid`) and in the log.
    pub request_id: Uuid,
    /// The route's method and path, as the project has them.
    pub route: String,
    /// The phases it came through, in order. The last one answered.
    pub steps: Vec<Step>,
    /// The answer's status.
    pub status: StatusCode,
}

/// One policy, or the handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The policy's name in the project; for the handler its export and module.
    pub name: Arc<str>,
    /// Which phase it belongs to.
    pub phase: Phase,
    /// What came of it.
    pub outcome: StepOutcome,
    /// How long it took.
    pub took: Duration,
}

/// Where a step belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A policy before the handler.
    Inbound,
    /// What answers.
    Handler,
    /// A policy after the handler.
    Outbound,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// The request, or the answer, went on.
    Passed,
    /// It answered the request.
    Answered,
    /// It refused the request, for this reason; the log has the same word.
    Refused(&'static str),
}

/// Hands out tickets.
#[derive(Clone, Default)]
pub struct Tracer(Arc<Mutex<HashMap<Uuid, Option<RequestTrace>>>>);

impl Tracer {
    /// A ticket for one request.
    #[must_use]
    pub fn ticket(&self) -> TraceTicket {
        let number = Uuid::new_v4();
        self.seen().insert(number, None);
        TraceTicket { tracer: self.clone(), number }
    }

    /// Takes the number out of a request, and has the phases recorded if there is a ticket for it.
    pub(super) fn begin(&self, request: &mut Request) {
        let Some(value) = request.headers_mut().remove(TRACE_HEADER) else { return };
        let number = value.to_str().ok().and_then(|text| Uuid::parse_str(text).ok());
        if let Some(number) = number.filter(|number| self.seen().contains_key(number)) {
            request.extensions_mut().insert(Recorder { tracer: Some((self.clone(), number)), steps: Vec::new() });
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Uuid, Option<RequestTrace>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets its holder, and nobody else, see what becomes of a request.
pub struct TraceTicket {
    tracer: Tracer,
    number: Uuid,
}

impl TraceTicket {
    /// What to send as [`TRACE_HEADER`].
    #[must_use]
    pub fn number(&self) -> String {
        self.number.to_string()
    }

    /// What became of the request, once it is answered; none if it met no route.
    #[must_use]
    pub fn trace(self) -> Option<RequestTrace> {
        self.tracer.seen().get_mut(&self.number)?.take()
    }
}

impl Drop for TraceTicket {
    fn drop(&mut self) {
        self.tracer.seen().remove(&self.number);
    }
}

/// Notes the steps of one request; by default it notes nothing.
#[derive(Clone, Default)]
pub struct Recorder {
    tracer: Option<(Tracer, Uuid)>,
    steps: Vec<Step>,
}

impl Recorder {
    /// The recorder that came with a request.
    pub fn of(request: &mut Request) -> Self {
        request.extensions_mut().remove().unwrap_or_default()
    }

    /// A step begins; none if nobody wants to know.
    pub fn begin(&self) -> Option<Instant> {
        self.tracer.as_ref().map(|_| Instant::now())
    }

    /// An inbound policy is done.
    pub fn inbound(&mut self, begun: Option<Instant>, name: &str, outcome: &Result<Request, Stop>) {
        let outcome = match outcome {
            Ok(_) => StepOutcome::Passed,
            Err(Stop::Answer(_)) => StepOutcome::Answered,
            Err(Stop::Problem(problem)) => StepOutcome::Refused(problem.reason()),
        };
        self.note(begun, name, Phase::Inbound, outcome);
    }

    /// The handler is done.
    pub fn handler(&mut self, begun: Option<Instant>, name: &str, answer: &Result<Response<Body>, Problem>) {
        self.note(begun, name, Phase::Handler, outcome_of(answer, StepOutcome::Answered));
    }

    /// An outbound policy is done.
    pub fn outbound(&mut self, begun: Option<Instant>, name: &str, answer: &Result<Response<Body>, Problem>) {
        self.note(begun, name, Phase::Outbound, outcome_of(answer, StepOutcome::Passed));
    }

    fn note(&mut self, begun: Option<Instant>, name: &str, phase: Phase, outcome: StepOutcome) {
        if let Some(begun) = begun {
            self.steps.push(Step { name: name.into(), phase, outcome, took: begun.elapsed() });
        }
    }
}

fn outcome_of(answer: &Result<Response<Body>, Problem>, otherwise: StepOutcome) -> StepOutcome {
    answer.as_ref().map_or_else(|problem| StepOutcome::Refused(problem.reason()), |_| otherwise)
}

/// Hands in what was seen of a request, unless its sender has gone meanwhile.
pub fn hand_in(context: &mut Context, status: StatusCode) {
    let recorder = std::mem::take(&mut context.recorder);
    let Some((tracer, number)) = recorder.tracer else { return };
    let route = format!("{} {}", context.route.method, context.route.path);
    let trace = RequestTrace { request_id: context.arrival.request_id, route, steps: recorder.steps, status };
    if let Some(slot) = tracer.seen().get_mut(&number) {
        *slot = Some(trace);
    }
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
