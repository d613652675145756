//! The page for addresses that lead nowhere. The server sends it with status 404.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::PageContext;

/// Any other address.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let request_id = use_context::<PageContext>().unwrap_or_default().request_id;
    view! {
        <Title text="Not found · Gatehouse" />
        <section class="card single">
            <h1>"There is no page here"</h1>
            <p>"The address may be mistyped, or the page may be gone."</p>
            <p class="actions"><a class="button button-primary" href="/">"To the home page"</a></p>
            <p class="request-id">"Request " <code>{request_id}</code></p>
        </section>
    }
}
