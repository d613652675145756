//! Loads the islands.

use leptos::prelude::*;

/// Stands in the pages that have an island, so that other pages load no script.
#[component]
pub fn IslandScripts() -> impl IntoView {
    use_context::<LeptosOptions>().map(|options| view! { <HydrationScripts options islands=true /> })
}
