//! The lab: a button for each thing that an attacker or a bad clock would send, and what became of it.

mod experiments;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::not_found_page::NotFoundPage;
use crate::{
    model::{Experiment, Finding, LabError, PageContext},
    rpc,
    ui::components::{GatewaySteps, Notice, SourceDrawer},
};
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
                tokens are signed by the embedded Clerk, for a user that does not exist."
            </p>
        </div>
        <div class="bench">
            <form method="get" action="/lab" class="experiments">
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
        <section class="finding" aria-label="Result">
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
    let class = if finding.status < 400 { "tag tag-pass" } else { "tag tag-refuse" };
    let headers = finding.headers.into_iter().map(|(name, value)| {
        view! { <div><dt><code>{name}</code></dt><dd><code>{value}</code></dd></div> }
    });
    view! {
        <section class="card finding" aria-labelledby="finding-title">
            <div class="stop-head">
                <h2 id="finding-title">{title(experiment)}</h2>
                <span class=class>{finding.status}</span>
            </div>
            <p>{explanation(experiment)}</p>
            <h3>"Sent"</h3>
            <pre class="curl" tabindex="0" role="region" aria-label="The request as a curl line"><code>{finding.curl}</code></pre>
            <h3>"Decided"</h3>
            {finding.seen.map(|seen| view! { <GatewaySteps seen /> })}
            <dl class="claims headers">{headers.collect_view()}</dl>
            <pre class="answer" tabindex="0" role="region" aria-label="The body of the answer"><code>{finding.body}</code></pre>
            <SourceDrawer summary="The lines that decide this" excerpt=source(experiment) open=true />
        </section>
    }
}
