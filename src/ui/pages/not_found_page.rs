//! The page for addresses that lead nowhere. The server sends it with status 404.

use leptos::prelude::*;
use leptos_meta::Title;

/// Any other address.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Title text="Not found · Gatehouse" />
        <section class="card">
            <h1>"There is no page here"</h1>
            <p>"The address may be mistyped, or the page may be gone."</p>
            <p class="actions"><a class="button" href="/">"To the home page"</a></p>
        </section>
    }
}
