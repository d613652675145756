//! A message that stands out.

use leptos::prelude::*;

/// A message, read out when the page appears. `kind` is `error` or `info`.
#[component]
pub fn Notice(kind: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class=format!("notice notice-{kind}") role="alert">
            {children()}
        </div>
    }
}
