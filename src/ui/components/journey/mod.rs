//! The journey of a request: every station it came by, what that saw, what it decided and how long it took.

mod reports;
mod stops;
mod token_contents;
mod words;

use leptos::prelude::*;

use super::{Chain, Icon, Mark, Station};
use crate::model::Journey;
use reports::{Report, reports};
pub use stops::GatewaySteps;
use stops::{AppStop, BrowserStop, HandlerStop, PageStop, PoliciesStop, SessionStop};

/// What the stations are called, and how they are drawn.
const STATIONS: [(Icon, &str); 6] = [
    (Icon::Browser, "Browser"),
    (Icon::Key, "Clerk session"),
    (Icon::Braces, "Server function"),
    (Icon::Shield, "Gateway policies"),
    (Icon::Bolt, "Handler"),
    (Icon::Page, "Page"),
];

/// The picture, and below it a section for each station.
#[component]
pub fn JourneySection(journey: Journey) -> impl IntoView {
    let reports = reports(&journey);
    let stations = stations(&reports);
    let [browser, session, function, policies, handler, page] = reports;
    let last = journey.calls.last().cloned();
    view! {
        <section class="journey" aria-labelledby="journey-title">
            <div class="section-head">
                <h2 id="journey-title">"The journey of this request"</h2>
                <p>
                    "Measured while this page was made. Nothing here is an example: reload, and the numbers change. The \
                    page's time holds all others, and the server function's call holds those of the gateway."
                </p>
            </div>
            <div class="card picture">
                <Chain id="journey" title="The stations of this request" stations />
            </div>
            <ol class="stops">
                <BrowserStop report=browser cookies=journey.cookies />
                <SessionStop report=session token=journey.token />
                <AppStop report=function calls=journey.calls />
                <PoliciesStop report=policies call=last.clone() />
                <HandlerStop report=handler call=last />
                <PageStop report=page request_id=journey.request_id />
            </ol>
        </section>
    }
}

fn stations(reports: &[Report; 6]) -> Vec<Station> {
    let station = |((icon, name), report): ((Icon, &'static str), &Report)| Station {
        icon,
        name,
        note: report.note(),
        mark: report.mark,
    };
    STATIONS.into_iter().zip(reports).map(station).collect()
}

#[cfg(test)]
#[path = "../journey_tests.rs"]
mod tests;
