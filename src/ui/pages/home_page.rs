//! The home page: what this is, and the next thing to do for this visitor.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::{PageContext, Viewer};

/// `/`
#[component]
pub fn HomePage() -> impl IntoView {
    let context = use_context::<PageContext>().unwrap_or_default();
    view! {
        <Title text="Gatehouse" />
        <section class="hero">
            <h1>"A session token, from browser to gateway and back"</h1>
            <p class="lead">
                "Sign in with Clerk, let the server call a protected API with your session token, and read the answer in a \
                page that was complete before it left the server."
            </p>
            {next_step(context)}
        </section>
        <section class="chain" aria-labelledby="chain-title">
            <h2 id="chain-title">"What happens when you open your account"</h2>
            <ol class="stations">
                <li><h3>"Clerk session"</h3><p>"Your browser sends its session cookie. The server checks the token in it."</p></li>
                <li><h3>"Server function"</h3><p>"It takes the token and calls the gateway, with Authorization: Bearer."</p></li>
                <li><h3>"Gateway policy"</h3><p>"It checks the token again, against the keys that Clerk publishes."</p></li>
                <li><h3>"Handler"</h3><p>"Only then does the API answer: Hello World."</p></li>
            </ol>
        </section>
    }
}

fn next_step(context: PageContext) -> AnyView {
    match context.viewer {
        Viewer::SignedIn { user_id } => view! {
            <p class="signed-in-as">"You are signed in as " <code>{user_id}</code> "."</p>
            <p class="actions"><a class="button button-primary" href="/account">"Open your account"</a></p>
        }
        .into_any(),
        Viewer::SignedOut => view! {
            <p class="signed-in-as">"You are signed out."</p>
            <p class="actions">
                <a class="button button-primary" href=context.sign_in_url>"Sign in"</a>
                <a class="button" href=context.sign_up_url>"Sign up"</a>
            </p>
        }
        .into_any(),
        Viewer::Unverifiable => view! {
            <p class="signed-in-as">"Your session cannot be checked now: the keys that sign it cannot be had."</p>
            <p class="actions"><a class="button" href="/">"Try again"</a></p>
        }
        .into_any(),
    }
}
