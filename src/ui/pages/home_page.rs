//! The home page: what this is, and the next thing to do for this visitor.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    model::{PageContext, Viewer},
    ui::components::{Chain, Icon, Mark, Station},
};

/// `/`
#[component]
pub fn HomePage() -> impl IntoView {
    let context = use_context::<PageContext>().unwrap_or_default();
    view! {
        <Title text="Gatehouse" />
        <section class="hero">
            <h1>"A session token, from browser to gateway and back"</h1>
            <div class="hero-text">
                <p class="lead">
                    "Clerk signs your browser in and renews a short-lived token in its cookie. "
                    "The server checks that token, and a server function calls the gateway with it. "
                    "The gateway checks it again, against the keys that Clerk publishes, and only then does the API answer."
                </p>
                {next_step(context)}
            </div>
        </section>
        <section class="explained" aria-labelledby="chain-title">
            <h2 id="chain-title">"What happens when you open your account"</h2>
            <div class="card picture">
                <Chain id="chain" title="The way of a request" stations=stations() />
            </div>
        </section>
    }
}

fn stations() -> Vec<Station> {
    [
        (Icon::Browser, "Browser", "sends its cookie"),
        (Icon::Key, "Clerk session", "says who it is"),
        (Icon::Braces, "Server function", "takes the token along"),
        (Icon::Shield, "Gateway policies", "check it again"),
        (Icon::Bolt, "Handler", "says Hello World"),
        (Icon::Page, "Page", "complete when it leaves"),
    ]
    .map(|(icon, name, note)| Station { icon, name, note: note.to_owned(), mark: Mark::Plain })
    .into()
}

fn next_step(context: PageContext) -> AnyView {
    let to_the_lab = context.embedded_clerk.then(|| view! { <a class="button" href="/lab">"Break it in the lab"</a> });
    match context.viewer {
        Viewer::SignedIn { .. } => view! {
            <p class="signed-in-as">"You are signed in."</p>
            <p class="actions">
                <a class="button button-primary" href="/account">"Open your account"</a>
                {to_the_lab}
            </p>
        }
        .into_any(),
        Viewer::SignedOut => view! {
            <p class="signed-in-as">"You are signed out."</p>
            <p class="actions">
                <a class="button button-primary" href=context.sign_in_url>"Sign in"</a>
                <a class="button" href=context.sign_up_url>"Sign up"</a>
                {to_the_lab}
            </p>
        }
        .into_any(),
        Viewer::Unverifiable => view! {
            <p class="signed-in-as">"Your session cannot be checked now: the public keys for that are out of reach."</p>
            <p class="actions"><a class="button button-primary" href="/">"Try again"</a></p>
        }
        .into_any(),
    }
}
