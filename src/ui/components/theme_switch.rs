//! Light or dark: a plain form, answered with the page it stands on.

use leptos::prelude::*;

use crate::model::Theme;

/// The switch. `chosen` is what counts now.
#[component]
pub fn ThemeSwitch(chosen: Theme) -> impl IntoView {
    let button = |theme: Theme| {
        let pressed = if theme == chosen { "true" } else { "false" };
        view! { <button type="submit" name="theme" value=theme.name() aria-pressed=pressed>{label(theme)}</button> }
    };
    view! {
        <form method="post" action="/theme">
            <div class="theme-switch" role="group" aria-label="Colours">{Theme::ALL.map(button).collect_view()}</div>
        </form>
    }
}

const fn label(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "System",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    }
}
