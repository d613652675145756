//! The embedded gateway's routes: what a request passes through, and what somebody should look at.

use leptos::prelude::*;
use leptos_meta::Title;

use super::not_found_page::NotFoundPage;
use crate::{
    model::{GatewayRoute, GatewayRoutes, GatewayRoutesError, GatewayStep, PageContext, RefusedChange},
    rpc,
    ui::components::Notice,
};

/// `/gateway-routes`
#[component]
pub fn GatewayRoutesPage() -> impl IntoView {
    let routes = Resource::new_blocking(|| (), |()| rpc::list_gateway_routes());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match routes.await {
                    Ok(routes) => view! { <Overview routes /> }.into_any(),
                    Err(GatewayRoutesError::NotShown) => view! { <NotFoundPage /> }.into_any(),
                    Err(error) => view! { <Failure error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Overview(routes: GatewayRoutes) -> impl IntoView {
    let count = match routes.routes.len() {
        1 => "1 route".to_owned(),
        count => format!("{count} routes"),
    };
    view! {
        <Title text="Gateway routes · Gatehouse" />
        <div class="page-head">
            <h1>"Gateway routes"</h1>
            <p class="muted">
                {count}", in the order that decides: the first that fits takes the request. Loaded "
                <time>{routes.loaded_at}</time>"."
            </p>
        </div>
        {routes.refused.map(|change| view! { <Refused change /> })}
        <Warnings warnings=routes.warnings />
        <ol class="routes">
            {routes.routes.into_iter().map(|route| view! { <Route route /> }).collect_view()}
        </ol>
    }
}

/// The routes below are those from before the change.
#[component]
fn Refused(change: RefusedChange) -> impl IntoView {
    view! {
        <Notice kind="error">
            <h2>"The newest change was not loaded"</h2>
            <p>"It was refused at "<time>{change.at}</time>". What is served is what was there before:"</p>
            <ul class="findings">{change.faults.into_iter().map(|fault| view! { <li>{fault}</li> }).collect_view()}</ul>
        </Notice>
    }
}

#[component]
fn Warnings(warnings: Vec<String>) -> impl IntoView {
    (!warnings.is_empty()).then(|| {
        view! {
            <section class="notice notice-warning" aria-labelledby="warnings-title">
                <h2 id="warnings-title">"Worth a look"</h2>
                <ul class="findings">{warnings.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
            </section>
        }
    })
}

#[component]
fn Route(route: GatewayRoute) -> impl IntoView {
    let never_reached = route.shadowed_by.map(|by| {
        view! { <span class="tag tag-warning">"never reached: " <code>{by}</code> " is before it"</span> }
    });
    view! {
        <li class="card route">
            <div class="route-head">
                <h2><span class="method">{route.method}</span> " " <code>{route.path}</code></h2>
                {route.is_open.then(|| view! { <span class="tag tag-warning">"open to everybody"</span> })}
                {never_reached}
                <span class="tag">"CORS: "{route.cors}</span>
            </div>
            <ol class="route-steps">
                {route.inbound.into_iter().map(|step| view! { <Step phase="before" step /> }).collect_view()}
                <Step phase="handler" step=route.handler />
                {route.outbound.into_iter().map(|step| view! { <Step phase="after" step /> }).collect_view()}
            </ol>
        </li>
    }
}

/// A policy before or after the handler, or the handler itself.
#[component]
fn Step(phase: &'static str, step: GatewayStep) -> impl IntoView {
    let kind =
        (!step.kind.is_empty() && step.kind != step.name).then(|| view! { <span class="muted">{step.kind}</span> });
    let options = step.options.into_iter().map(|(name, value)| {
        view! { <div><dt>{name}</dt><dd><code>{value}</code></dd></div> }
    });
    view! {
        <li class=format!("step step-{phase}")>
            <span class="phase">{phase}</span>
            <div class="step-name"><strong>{step.name}</strong> {kind}</div>
            <dl class="options">{options.collect_view()}</dl>
        </li>
    }
}

#[component]
fn Failure(error: GatewayRoutesError) -> impl IntoView {
    let request_id = use_context::<PageContext>().unwrap_or_default().request_id;
    let (title, text) = match error {
        GatewayRoutesError::SignedOut => ("You are signed out", "Sign in to see the gateway's routes."),
        GatewayRoutesError::Unverifiable => (
            "Your session cannot be checked",
            "The public keys that check it are out of reach right now. You have not been signed out.",
        ),
        GatewayRoutesError::NotShown | GatewayRoutesError::Transport => {
            ("Something went wrong on the way", "The request did not come through.")
        }
    };
    view! {
        <Title text="Gateway routes · Gatehouse" />
        <h1>"Gateway routes"</h1>
        <Notice kind="error">
            <h2>{title}</h2>
            <p>{text}</p>
            <p class="request-id">"Request " <code>{request_id}</code></p>
        </Notice>
        <p class="actions"><a class="button button-primary" href="/gateway-routes">"Try again"</a></p>
    }
}
