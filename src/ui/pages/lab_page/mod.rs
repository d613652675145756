//! The lab: a button for each thing that an attacker or a bad clock would send, and what became of it.

mod experiments;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::not_found_page::NotFoundPage;
use crate::{
    model::{Exchange, Experiment, Finding, LabError, PageContext},
    rpc,
    ui::components::{GatewaySteps, Notice, SourceDrawer},
};
pub use experiments::cut_sources;
use experiments::{GROUPS, explanation, source, title};

/// `/lab`; `?run=` names an experiment.
#[component]
pub fn LabPage() -> impl IntoView {
    let run = use_query_map().with_untracked(|query| query.get("run"));
    let finding = Resource::new_blocking(move || run.clone(), rpc::lab_finding);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match finding.await {
                    Err(LabError::NotHere) => view! { <NotFoundPage /> }.into_any(),
                    Err(LabError::Failed) => view! { <Bench finding=None failed=true /> }.into_any(),
                    Ok(finding) => view! { <Bench finding failed=false /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The buttons, and beside them what was found.
#[component]
fn Bench(finding: Option<Finding>, failed: bool) -> impl IntoView {
    let chosen = finding.as_ref().map(|finding| finding.experiment);
    let result = match finding {
        Some(finding) => view! { <Result finding /> }.into_any(),
        None if failed => view! { <Failed /> }.into_any(),
        None => view! { <Nothing /> }.into_any(),
    };
    view! {
        <Title text="Lab · Gatehouse" />
        <div class="section-head">
            <h1>"The lab"</h1>
            <p>
                "Send what an attacker or a bad clock would. Every request is made for real, and the gateway decides. The \
                tokens are signed by the embedded Clerk, for a user that does not exist. What has to be broken for an \
                experiment is broken in a Clerk and a gateway that exist for that experiment only."
            </p>
        </div>
        <div class="bench">
            <form method="get" action="/lab#finding" class="experiments">
                {GROUPS.map(|(name, experiments)| group(name, experiments, chosen)).collect_view()}
            </form>
            {result}
        </div>
    }
}

fn group(name: &'static str, experiments: &'static [Experiment], chosen: Option<Experiment>) -> impl IntoView {
    let button = |experiment: &Experiment| {
        let current = (Some(*experiment) == chosen).then_some("true");
        view! { <button class="button" name="run" value=experiment.name() aria-current=current>{title(*experiment)}</button> }
    };
    view! {
        <fieldset>
            <legend>{name}</legend>
            {experiments.iter().map(button).collect_view()}
        </fieldset>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <section class="card finding empty" aria-label="Result">
            <p>"Nothing was sent yet. Start with a good token, then break it."</p>
        </section>
    }
}

#[component]
fn Failed() -> impl IntoView {
    let request_id = use_context::<PageContext>().unwrap_or_default().request_id;
    view! {
        <section class="finding" id="finding" aria-label="Result">
            <Notice kind="error">
                <p class="notice-title">"The experiment could not be made"</p>
                <p>"No answer came. The log says why. Choose an experiment to try again."</p>
                <p class="request-id">"Request " <code>{request_id}</code></p>
            </Notice>
        </section>
    }
}

/// What was sent, what came back, why, and the lines that decided it.
#[component]
fn Result(finding: Finding) -> impl IntoView {
    let experiment = finding.experiment;
    let has_rig = experiment.has_rig();
    let only = finding.exchanges.first().filter(|_| !has_rig);
    let (head, detail) = (only.map(|exchange| tag(exchange.status)), only.and_then(detail));
    let exchanges = if has_rig {
        view! { <Steps exchanges=finding.exchanges /> }.into_any()
    } else {
        let sent = |exchange| view! { <h3>"Sent"</h3> <Sent exchange of="" /> };
        finding.exchanges.into_iter().map(sent).collect_view().into_any()
    };
    view! {
        <section class="card finding" id="finding" aria-labelledby="finding-title">
            <div class="stop-head">
                <h2 id="finding-title">{title(experiment)}</h2>
                {head}
            </div>
            {detail}
            <p>{explanation(experiment)}</p>
            {exchanges}
            <SourceDrawer summary="The lines that decide this" excerpt=source(experiment) open=true />
        </section>
    }
}

/// Where anybody can break something.
const FAULTS: &str = "/__clerk/test/faults";

/// One exchange after the other, each with what it is.
#[component]
fn Steps(exchanges: Vec<Exchange>) -> impl IntoView {
    let step = |(index, exchange): (usize, Exchange)| {
        let of = format!("Step {}: ", index + 1);
        view! {
            <li>
                <div class="stop-head">
                    <h3>{exchange.step.clone()}</h3>
                    {tag(exchange.status)}
                </div>
                {detail(&exchange)}
                <Sent exchange of />
            </li>
        }
    };
    let breaks_something = exchanges.iter().any(|exchange| exchange.curl.contains(FAULTS));
    let again = breaks_something.then(|| {
        view! {
            " Only the PUT to "
            <code>{FAULTS}</code>
            " works at this program's address, too: it breaks things there for a minute."
        }
    });
    view! {
        <p class="muted">
            "The curl lines show what was sent just now. Their address and their tokens existed for this experiment only."
            {again}
        </p>
        <ol class="exchanges">{exchanges.into_iter().enumerate().map(step).collect_view()}</ol>
    }
}

/// A request and its answer. `of` is what their names begin with.
#[component]
fn Sent(exchange: Exchange, #[prop(into)] of: String) -> impl IntoView {
    let headers = exchange.headers.into_iter().map(|(name, value)| {
        view! { <div><dt><code>{name}</code></dt><dd><code>{value}</code></dd></div> }
    });
    let (request, answer) = (format!("{of}The request as a curl line"), format!("{of}The body of the answer"));
    let body = (!exchange.body.is_empty()).then(|| {
        view! { <pre class="answer" tabindex="0" role="region" aria-label=answer><code>{exchange.body}</code></pre> }
    });
    // In the steps of a rig it is a token of a clock that stands still, and of no use outside.
    let ages = of.is_empty() && exchange.curl.contains("Bearer ey");
    view! {
        <pre class="curl" tabindex="0" role="region" aria-label=request><code>{exchange.curl}</code></pre>
        {ages.then(|| view! { <p class="muted small">{AGES}</p> })}
        {of.is_empty().then(|| view! { <h3>"Decided"</h3> })}
        {exchange.seen.map(|seen| view! { <GatewaySteps seen /> })}
        <dl class="claims headers">{headers.collect_view()}</dl>
        {body}
    }
}

/// The clock goes on for tokens that somebody copies.
const AGES: &str = "Copied, the token grows older: a good one lives for 60 seconds, and one that expired 4 seconds ago is \
soon past the tolerance.";

/// What a problem says of itself.
fn detail(exchange: &Exchange) -> Option<impl IntoView + use<>> {
    exchange.detail.clone().map(|detail| view! { <p class="detail">{detail}</p> })
}

fn tag(status: u16) -> impl IntoView {
    let class = if status < 400 { "tag tag-pass" } else { "tag tag-refuse" };
    view! { <span class=class>{status}</span> }
}
