//! The header: where one can go, and who is signed in.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;

use crate::{
    model::{PageContext, Viewer},
    rpc::SignOut,
    ui::routes::USER_PROFILE,
};

/// The header of every page.
#[component]
pub fn SiteHeader(context: PageContext) -> impl IntoView {
    view! {
        <header class="site-header">
            <a class="brand" href="/">
                <span class="brand-mark" aria-hidden="true"></span>
                "Gatehouse"
            </a>
            <nav aria-label="Pages">
                {page_link("/account", "Account")}
                {page_link("/endpoints", "Endpoints")}
                {context.embedded_clerk.then(|| page_link("/lab", "Lab"))}
                {context.gateway_routes.then(|| page_link("/gateway-routes", "Gateway routes"))}
            </nav>
            <div class="session">{session(context)}</div>
        </header>
    }
}

fn page_link(path: &'static str, name: &'static str) -> impl IntoView {
    let here = use_location().pathname.with_untracked(|current| current == path);
    view! { <a href=path aria-current=here.then_some("page")>{name}</a> }
}

fn session(context: PageContext) -> AnyView {
    match context.viewer {
        Viewer::SignedIn { .. } => view! {
            {context.components.map(|_| view! { <a class="button" href=USER_PROFILE>"Profile"</a> })}
            {sign_out_form()}
        }
        .into_any(),
        Viewer::SignedOut => view! {
            <a class="button" href=context.sign_in_url>"Sign in"</a>
            <a class="button" href=context.sign_up_url>"Sign up"</a>
        }
        .into_any(),
        Viewer::Unverifiable => view! { <span class="tag">"Session not checked"</span> }.into_any(),
    }
}

fn sign_out_form() -> impl IntoView {
    view! {
        <form method="post" action=SignOut::url()>
            <button class="button" type="submit">"Sign out"</button>
        </form>
    }
}
