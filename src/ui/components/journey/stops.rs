//! The stations of a journey, one after the other.

use leptos::prelude::*;

use super::{
    Mark,
    reports::Report,
    token_contents::TokenContents,
    words::{self, count, duration},
};
use crate::model::{GatewayCall, GatewayView, JourneyStep, Token, Verdict};

/// The frame of a station.
#[component]
fn Stop(name: &'static str, report: Report, children: Children) -> impl IntoView {
    let class = match report.mark {
        Mark::Passed => "tag tag-pass",
        Mark::Refused => "tag tag-refuse",
        Mark::Plain | Mark::Unseen => "tag",
    };
    view! {
        <li class="card stop">
            <div class="stop-head">
                <h3>{name}</h3>
                <span class=class>{report.verdict}</span>
                {report.took.map(|took| view! { <span class="time">{duration(took)}</span> })}
            </div>
            {children()}
        </li>
    }
}

/// What the browser sent.
#[component]
pub fn BrowserStop(report: Report, cookies: Vec<String>) -> impl IntoView {
    let sent = count(cookies.len(), "cookie");
    let rows = cookies.into_iter().map(|name| {
        let meaning = words::cookie(&name);
        view! { <div><dt><code>{name}</code></dt><dd class="muted">{meaning}</dd></div> }
    });
    view! {
        <Stop name="Browser" report>
            <p>{format!("It asked for /account and sent {sent}. Their values are not shown.")}</p>
            <dl class="claims cookies">{rows.collect_view()}</dl>
        </Stop>
    }
}

/// How the session was checked.
#[component]
pub fn SessionStop(report: Report, token: Token) -> impl IntoView {
    view! {
        <Stop name="Clerk session" report>
            <TokenContents token />
        </Stop>
    }
}

/// What the server function did.
#[component]
pub fn AppStop(report: Report, calls: Vec<GatewayCall>) -> impl IntoView {
    let none = calls.is_empty().then(|| view! { <p>"Clerk gave no token, so nothing was called."</p> });
    let again =
        (calls.len() > 1).then(|| view! { <p>"The gateway refused the first token; a new one got a second try."</p> });
    view! {
        <Stop name="Server function" report>
            {none}
            {again}
            <ul class="steps">{calls.into_iter().map(call).collect_view()}</ul>
        </Stop>
    }
}

fn call(call: GatewayCall) -> impl IntoView {
    let (class, verdict) = match call.status {
        Some(200) => ("tag tag-pass", "200".to_owned()),
        Some(status) => ("tag tag-refuse", status.to_string()),
        None => ("tag tag-refuse", "no answer".to_owned()),
    };
    view! {
        <li>
            <code>"GET " {call.url}</code>
            <span class=class>{verdict}</span>
            <span class="time">{duration(call.took)}</span>
            <code class="muted request-line">"authorization: Bearer ••••"</code>
        </li>
    }
}

/// What each policy decided. Where one of them ended the journey, the gateway's answer is theirs.
#[component]
pub fn PoliciesStop(report: Report, call: Option<GatewayCall>) -> impl IntoView {
    let (word, steps, headers) = match call {
        None => (Some("Nothing was sent to the gateway."), None, Vec::new()),
        Some(call) => match (call.seen, call.status) {
            (Some(seen), _) => (None, Some(seen), call.headers),
            (None, Some(_)) => {
                (Some("This gateway runs elsewhere: only its answer can be seen from here."), None, call.headers)
            }
            (None, None) => (Some("The gateway did not answer."), None, Vec::new()),
        },
    };
    let ended_here = report.mark == Mark::Refused;
    view! {
        <Stop name="Gateway policies" report>
            {word.map(|word| view! { <p>{word}</p> })}
            {steps.map(|seen| view! { <GatewaySteps seen=without_handler(seen) /> })}
            {ended_here.then(|| answer_headers(headers))}
        </Stop>
    }
}

fn without_handler(mut seen: GatewayView) -> GatewayView {
    seen.steps.retain(|step| !step.is_handler);
    seen
}

/// What answered behind the policies, and what the answer says of itself.
#[component]
pub fn HandlerStop(report: Report, call: Option<GatewayCall>) -> impl IntoView {
    let was_reached = report.mark != Mark::Unseen;
    let call = call.filter(|_| was_reached);
    let handler = call.iter().flat_map(GatewayCall::steps).find(|&step| step.is_handler).cloned();
    view! {
        <Stop name="Handler" report>
            {handler.map(|handler| view! { <ul class="steps">{step(handler)}</ul> })}
            {call.map(|call| answer_headers(call.headers))}
        </Stop>
    }
}

fn answer_headers(headers: Vec<(String, String)>) -> impl IntoView {
    let row = |(name, value): (String, String)| {
        view! { <div><dt><code>{name}</code></dt><dd><code>{value}</code></dd></div> }
    };
    view! { <dl class="claims headers">{headers.into_iter().map(row).collect_view()}</dl> }
}

/// The route of a call and what came of each policy.
#[component]
pub fn GatewaySteps(seen: GatewayView) -> impl IntoView {
    view! {
        <p>"Route " <code>{seen.route}</code> ". Its log lines carry " <code>{seen.request_id}</code></p>
        <ol class="steps">{seen.steps.into_iter().map(step).collect_view()}</ol>
    }
}

fn step(step: JourneyStep) -> impl IntoView {
    let (class, verdict) = match step.verdict {
        Verdict::Passed => ("tag tag-pass", "passed".to_owned()),
        Verdict::Answered => ("tag tag-pass", "answered".to_owned()),
        Verdict::Refused(reason) => ("tag tag-refuse", format!("refused: {reason}")),
    };
    view! {
        <li>
            <code>{step.name}</code>
            <span class=class>{verdict}</span>
            <span class="time">{duration(step.took)}</span>
        </li>
    }
}

/// The page itself.
#[component]
pub fn PageStop(report: Report, request_id: String) -> impl IntoView {
    view! {
        <Stop name="Page" report>
            <p>
                "Written on the server, in one piece. The log carries "
                <code>{request_id}</code>
            </p>
        </Stop>
    }
}
