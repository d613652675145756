//! The endpoints of Clerk's Astro guide, each beside the code that answers it.

use std::sync::LazyLock;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    model::PageContext,
    ui::components::{
        SourceDrawer,
        source::{Excerpt, SourceFile, source_file},
    },
};

const FILE: SourceFile = source_file!("src/server/guide_endpoints.rs");

/// An endpoint of the guide.
#[derive(Clone, Copy)]
struct Endpoint {
    method: &'static str,
    path: &'static str,
    shows: &'static str,
    /// What `curl` needs behind the address.
    options: &'static str,
    /// What a visitor who is signed out is answered.
    signed_out: &'static str,
    function: &'static str,
    counterpart: &'static str,
}

const ENDPOINTS: [Endpoint; 4] = [
    Endpoint {
        method: "GET",
        path: "/api/route",
        shows: "Protect an endpoint: the user's id, or 401.",
        options: "",
        signed_out: "401 Error: No signed in user",
        function: "async fn protected",
        counterpart: "In the guide: the GET handler that reads locals.auth() and answers 401 without a userId.",
    },
    Endpoint {
        method: "GET",
        path: "/api/supabase",
        shows: "Call another service in the user's name, with a token made from a template.",
        options: "",
        signed_out: "401 Unauthorized",
        function: "async fn supabase",
        counterpart: "In the guide: getToken({ template: 'supabase' }), and the client that takes the token.",
    },
    Endpoint {
        method: "GET",
        path: "/api/user",
        shows: "Read the current user from Clerk's Backend API.",
        options: "",
        signed_out: "401 Unauthorized",
        function: "async fn current_user",
        counterpart: "In the guide: clerkClient(context).users.getUser(userId).",
    },
    Endpoint {
        method: "POST",
        path: "/api/user",
        shows: "Update the current user.",
        options: " -d firstName=Ada",
        signed_out: "401 Unauthorized",
        function: "async fn update_user",
        counterpart: "In the guide: clerkClient(context).users.updateUser(userId, …).",
    },
];

/// The code of each.
static SOURCES: LazyLock<[Option<Excerpt>; 4]> =
    LazyLock::new(|| ENDPOINTS.map(|endpoint| FILE.cut(endpoint.function)));

/// Cuts the page's sources, which takes a while.
pub fn cut_sources() {
    LazyLock::force(&SOURCES);
}

/// `/endpoints`
#[component]
pub fn EndpointsPage() -> impl IntoView {
    view! {
        <Title text="Endpoints · Gatehouse" />
        <div class="section-head">
            <h1>"The guide's endpoints"</h1>
            <p>
                "Clerk's Astro guide protects four endpoints. Here they are, with its answers and status codes, each beside \
                the code that this program was built from."
            </p>
        </div>
        <div class="stops">{ENDPOINTS.into_iter().zip(SOURCES.iter()).map(card).collect_view()}</div>
    }
}

fn card((endpoint, source): (Endpoint, &'static Option<Excerpt>)) -> impl IntoView {
    let origin = use_context::<PageContext>().unwrap_or_default().origin;
    let curl = format!("curl -i {origin}{}{}", endpoint.path, endpoint.options);
    let label = format!("{} {} as a curl line", endpoint.method, endpoint.path);
    // What changes something is no link.
    let link = (endpoint.method == "GET")
        .then(|| view! { <a class="button" href=endpoint.path rel="external">"Open " {endpoint.path}</a> });
    view! {
        <section class="card">
            <div class="endpoint">
                <h2><span class="tag">{endpoint.method}</span> " " <code>{endpoint.path}</code></h2>
                {link}
            </div>
            <p>{endpoint.shows}</p>
            <pre class="curl" tabindex="0" role="region" aria-label=label><code>{curl}</code></pre>
            <p class="muted">"Without a session: " <code>{endpoint.signed_out}</code></p>
            <SourceDrawer
                summary="What answers"
                excerpt=source.as_ref()
                counterpart=endpoint.counterpart
                open=true
            />
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_shown_with_its_code() {
        for endpoint in ENDPOINTS {
            let excerpt = FILE.cut(endpoint.function).unwrap();
            assert!(excerpt.text.starts_with(endpoint.function) && excerpt.text.ends_with('}'), "{}", excerpt.text);
        }
    }
}
