//! The stations of a journey, one after the other.

use leptos::prelude::*;

use super::{
    token_contents::TokenContents,
    words::{self, count, duration},
};
use crate::model::{GatewayCall, GatewayView, JourneyStep, Token, Verdict};

/// The frame of a station.
#[component]
fn Stop(name: &'static str, #[prop(optional)] took: Option<u64>, children: Children) -> impl IntoView {
    view! {
        <li class="card stop">
            <div class="stop-head">
                <h3>{name}</h3>
                {took.map(|took| view! { <span class="time">{duration(took)}</span> })}
            </div>
            {children()}
        </li>
    }
}

/// What the browser sent.
#[component]
pub fn BrowserStop(cookies: Vec<String>) -> impl IntoView {
    let sent = count(cookies.len(), "cookie");
    let rows = cookies.into_iter().map(|name| {
        let meaning = words::cookie(&name);
        view! { <div><dt><code>{name}</code></dt><dd class="muted">{meaning}</dd></div> }
    });
    view! {
        <Stop name="Browser">
            <p>{format!("It asked for /account and sent {sent}. Their values are not shown.")}</p>
            <dl class="claims cookies">{rows.collect_view()}</dl>
        </Stop>
    }
}

/// How the session was checked.
#[component]
pub fn SessionStop(token: Token, took: u64) -> impl IntoView {
    view! {
        <Stop name="Clerk session" took>
            <TokenContents token />
        </Stop>
    }
}

/// What the server function did.
#[component]
pub fn AppStop(calls: Vec<GatewayCall>) -> impl IntoView {
    let none = calls.is_empty().then(|| view! { <p>"Clerk gave no token, so nothing was called."</p> });
    let again =
        (calls.len() > 1).then(|| view! { <p>"The gateway refused the first token; a new one got a second try."</p> });
    view! {
        <Stop name="Server function">
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

/// What the gateway decided, policy by policy, and what it answered.
#[component]
pub fn GatewayStop(call: Option<GatewayCall>) -> impl IntoView {
    let Some(call) = call else {
        return view! { <Stop name="Gateway"><p>"Nothing reached it."</p></Stop> }.into_any();
    };
    let seen = match (call.seen, call.status) {
        (Some(seen), _) => view! { <GatewaySteps seen /> }.into_any(),
        (None, Some(_)) => {
            view! { <p>"This gateway runs elsewhere: only its answer can be seen from here."</p> }.into_any()
        }
        (None, None) => view! { <p>"It did not answer."</p> }.into_any(),
    };
    let headers = call.headers.into_iter().map(|(name, value)| {
        view! { <div><dt><code>{name}</code></dt><dd><code>{value}</code></dd></div> }
    });
    view! {
        <Stop name="Gateway">
            {seen}
            <dl class="claims headers">{headers.collect_view()}</dl>
        </Stop>
    }
    .into_any()
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
pub fn PageStop(request_id: String, took: u64) -> impl IntoView {
    view! {
        <Stop name="Page" took>
            <p>
                "Written on the server, in one piece. The log carries "
                <code>{request_id}</code>
            </p>
        </Stop>
    }
}
