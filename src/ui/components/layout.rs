//! The frame of every page: banner, header, the page, footer.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{Notice, site_header::SiteHeader, theme_switch::ThemeSwitch};
use crate::model::{PageContext, Viewer};

/// The frame around a page.
#[component]
pub fn Layout(children: Children) -> impl IntoView {
    let context = use_context::<PageContext>().unwrap_or_default();
    let theme = context.theme;
    view! {
        <a class="skip-link" href="#main">"Skip to the content"</a>
        {context.embedded_clerk.then_some(EmbeddedBanner)}
        <SiteHeader context />
        <main id="main">
            <SignOutFailed />
            {children()}
        </main>
        <footer class="site-footer">
            <p>"Clerk, Leptos and an API gateway in one Rust program."</p>
            <ThemeSwitch chosen=theme />
        </footer>
    }
}

#[component]
fn EmbeddedBanner() -> impl IntoView {
    view! {
        <aside class="embedded-banner" aria-label="About this Clerk">
            <strong>"Embedded Clerk."</strong>
            " This Clerk is local: accounts live on this machine only. Not for production."
        </aside>
    }
}

/// A failed sign-out comes back as a query parameter. Any link could carry it, so the text is ours, whatever it says.
#[component]
fn SignOutFailed() -> impl IntoView {
    let query = use_query_map();
    let failed = query.with_untracked(|query| query.get_str("__path") == Some("/rpc/sign_out"));
    let signed_in = matches!(use_context::<PageContext>().unwrap_or_default().viewer, Viewer::SignedIn { .. });
    (failed && signed_in).then(|| {
        view! {
            <Notice kind="error">
                <p>"You could not be signed out: Clerk did not answer. You are still signed in. Please try again."</p>
            </Notice>
        }
    })
}
