//! The frame of every page: banner, header, the page, footer.

use leptos::prelude::*;

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
        {context.fault.clone().map(|fault| view! { <FaultBanner fault /> })}
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

/// Says that something goes wrong because somebody wanted it to.
#[component]
fn FaultBanner(fault: String) -> impl IntoView {
    view! {
        <aside class="fault-banner" aria-label="Faults on demand">
            <strong>"A fault is on."</strong>
            " "
            {fault}
        </aside>
    }
}

/// Nobody who is signed out is told so: they got what they wanted.
#[component]
fn SignOutFailed() -> impl IntoView {
    let context = use_context::<PageContext>().unwrap_or_default();
    (context.sign_out_failed && context.viewer != Viewer::SignedOut).then(|| {
        view! {
            <Notice kind="error">
                <p>"You could not be signed out: Clerk did not answer. You are still signed in. Please try again."</p>
                <p class="request-id">"Request " <code>{context.request_id}</code></p>
            </Notice>
        }
    })
}
