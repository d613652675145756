//! What to say of each station: what became of the request there, and how long that took.

use super::{
    Mark,
    words::{count, duration},
};
use crate::model::{GatewayCall, Journey, JourneyStep, Verdict};

const NOT_REACHED: &str = "not reached";
const NOT_SEEN: &str = "not seen from here";

/// How a station did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// In a few words.
    pub verdict: String,
    /// In microseconds, if it is known.
    pub took: Option<u64>,
    /// At a glance.
    pub mark: Mark,
}

impl Report {
    fn new(verdict: impl Into<String>, took: Option<u64>, mark: Mark) -> Self {
        Self { verdict: verdict.into(), took, mark }
    }

    fn unseen(verdict: &str) -> Self {
        Self::new(verdict, None, Mark::Unseen)
    }

    /// All of it, on one line.
    pub fn note(&self) -> String {
        self.took.map_or_else(|| self.verdict.clone(), |took| format!("{} · {}", self.verdict, duration(took)))
    }
}

/// In the order of the stations.
pub fn reports(journey: &Journey) -> [Report; 6] {
    let call = journey.calls.last();
    [
        Report::new(count(journey.cookies.len(), "cookie"), None, Mark::Plain),
        Report::new("signed in", Some(journey.session_took), Mark::Passed),
        function(call),
        policies(call),
        handler(call),
        Report::new("ready", Some(journey.took), Mark::Plain),
    ]
}

fn function(call: Option<&GatewayCall>) -> Report {
    match call {
        None => Report::new("no token, no call", None, Mark::Refused),
        Some(call) if call.status.is_some() => Report::new("call answered", Some(call.took), Mark::Passed),
        Some(call) => Report::new("no answer", Some(call.took), Mark::Refused),
    }
}

fn policies(call: Option<&GatewayCall>) -> Report {
    let Some((call, status)) = answered(call) else { return Report::unseen(NOT_REACHED) };
    if call.seen.is_none() {
        // Which of them refused is not known, but a handler that was reached would have greeted.
        return match status {
            200 => Report::unseen(NOT_SEEN),
            _ => Report::new(format!("gateway answered {status}"), None, Mark::Refused),
        };
    }
    let policies: Vec<&JourneyStep> = call.steps().iter().filter(|step| !step.is_handler).collect();
    let refusal = policies.iter().find_map(|step| match &step.verdict {
        Verdict::Refused(reason) => Some(reason),
        _ => None,
    });
    match refusal {
        // Some reasons are as long as the picture has room for.
        Some(reason) => Report::new(format!("refused: {reason}"), None, Mark::Refused),
        None => {
            let took = policies.iter().map(|step| step.took).sum();
            Report::new(format!("{} passed", policies.len()), Some(took), Mark::Passed)
        }
    }
}

fn handler(call: Option<&GatewayCall>) -> Report {
    let Some((call, status)) = answered(call) else { return Report::unseen(NOT_REACHED) };
    let step = call.steps().iter().find(|step| step.is_handler);
    match step {
        Some(step) if step.verdict == Verdict::Answered => {
            Report::new(format!("answered {status}"), Some(step.took), Mark::Passed)
        }
        Some(step) => Report::new("failed", Some(step.took), Mark::Refused),
        None if call.seen.is_some() => Report::unseen(NOT_REACHED),
        None if status == 200 => Report::new("gateway answered 200", None, Mark::Passed),
        None => Report::unseen(NOT_SEEN),
    }
}

fn answered(call: Option<&GatewayCall>) -> Option<(&GatewayCall, u16)> {
    call.and_then(|call| Some((call, call.status?)))
}
