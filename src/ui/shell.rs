//! The document around every page.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};

use super::routes::{App, NotFound};
use crate::model::PageContext;

/// The whole HTML document. Only the account page loads a script, by itself.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, App)
}

/// The document for addresses that are no page of ours. It matches no route, so that nothing is shown at an address that
/// the server did not check.
#[must_use]
pub fn not_found_shell(options: LeptosOptions) -> impl IntoView {
    document(options, NotFound)
}

fn document<V: IntoView + 'static>(options: LeptosOptions, body: impl FnOnce() -> V + 'static) -> impl IntoView {
    provide_meta_context();
    let context = use_context::<PageContext>().unwrap_or_default();
    let stylesheets = context.stylesheets.map(|path| view! { <link rel="stylesheet" href=path /> });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta
                    name="description"
                    content="Clerk, a server-rendered Leptos app and an API gateway in one Rust program"
                />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="preload" r#as="font" r#type="font/woff2" href=context.font crossorigin="anonymous" />
                {stylesheets.collect_view()}
                <AutoReload options />
                <MetaTags />
            </head>
            <body>{body()}</body>
        </html>
    }
}
