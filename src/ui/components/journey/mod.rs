//! The journey of a request: every station it came by, what that saw, what it decided and how long it took.

mod stops;
mod token_contents;
mod words;

use leptos::prelude::*;

use super::{Chain, Icon, Mark, Station};
use crate::model::{GatewayCall, Journey, JourneyStep, Verdict};
pub use stops::GatewaySteps;
use stops::{AppStop, BrowserStop, GatewayStop, PageStop, SessionStop};
use words::{count, duration};

/// The picture, and below it a section for each station.
#[component]
pub fn JourneySection(journey: Journey) -> impl IntoView {
    let stations = stations(&journey);
    view! {
        <section class="journey" aria-labelledby="journey-title">
            <div class="section-head">
                <h2 id="journey-title">"The journey of this request"</h2>
                <p>"Measured while this page was made. Nothing here is an example: reload, and the numbers change."</p>
            </div>
            <div class="card picture">
                <Chain id="journey" title="The stations of this request" stations />
            </div>
            <ol class="stops">
                <BrowserStop cookies=journey.cookies />
                <SessionStop token=journey.token took=journey.session_took />
                <AppStop calls=journey.calls.clone() />
                <GatewayStop call=journey.calls.last().cloned() />
                <PageStop request_id=journey.request_id took=journey.took />
            </ol>
        </section>
    }
}

fn stations(journey: &Journey) -> Vec<Station> {
    let call = journey.calls.last();
    let answered = call.and_then(|call| call.status).is_some();
    vec![
        Station {
            icon: Icon::Browser,
            name: "Browser",
            note: count(journey.cookies.len(), "cookie"),
            mark: Mark::Plain,
        },
        Station {
            icon: Icon::Key,
            name: "Clerk session",
            note: format!("signed in · {}", duration(journey.session_took)),
            mark: Mark::Passed,
        },
        Station {
            icon: Icon::Braces,
            name: "Server function",
            note: match call {
                None => "no token, no call".to_owned(),
                Some(call) if answered => format!("call took {}", duration(call.took)),
                Some(call) => format!("no answer · {}", duration(call.took)),
            },
            mark: if answered { Mark::Passed } else { Mark::Refused },
        },
        policies(call),
        handler(call),
        Station {
            icon: Icon::Page,
            name: "Page",
            note: format!("ready after {}", duration(journey.took)),
            mark: Mark::Plain,
        },
    ]
}

fn policies(call: Option<&GatewayCall>) -> Station {
    let steps = call.map(GatewayCall::steps).unwrap_or_default();
    let policies: Vec<&JourneyStep> = steps.iter().filter(|step| !step.is_handler).collect();
    let refusal = policies.iter().find_map(|step| match &step.verdict {
        Verdict::Refused(reason) => Some(reason),
        _ => None,
    });
    let took = duration(policies.iter().map(|step| step.took).sum());
    let (note, mark) = match (refusal, call.and_then(|call| call.status)) {
        (Some(reason), _) => (format!("refused: {reason}"), Mark::Refused),
        (None, None) => ("not reached".to_owned(), Mark::Unseen),
        (None, Some(_)) if steps.is_empty() => ("not seen from here".to_owned(), Mark::Unseen),
        (None, Some(_)) => (format!("{} passed · {took}", policies.len()), Mark::Passed),
    };
    Station { icon: Icon::Shield, name: "Gateway policies", note, mark }
}

fn handler(call: Option<&GatewayCall>) -> Station {
    let step = call.and_then(|call| call.steps().iter().find(|step| step.is_handler));
    let (note, mark) = match (step, call.and_then(|call| call.status)) {
        (Some(step), Some(status)) if step.verdict == Verdict::Answered => {
            (format!("answered {status} · {}", duration(step.took)), Mark::Passed)
        }
        (Some(_), _) => ("failed".to_owned(), Mark::Refused),
        (None, Some(status)) if call.is_some_and(|call| call.seen.is_none()) => {
            (format!("gateway answered {status}"), if status == 200 { Mark::Passed } else { Mark::Refused })
        }
        (None, _) => ("not reached".to_owned(), Mark::Unseen),
    };
    Station { icon: Icon::Bolt, name: "Handler", note, mark }
}

#[cfg(test)]
#[path = "../journey_tests.rs"]
mod tests;
