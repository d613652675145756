//! The frame of every portal page. It looks like the application: same stylesheet, same class names.

use maud::{DOCTYPE, Markup, html};

use super::over_page;
use crate::instance::{InstanceState, request_name::request_name};

/// A page: one card below the application's name.
pub fn page(state: &InstanceState, title: &str, card: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Gatehouse" }
                link rel="icon" type="image/svg+xml" href="/favicon.svg";
                link rel="preload" as="font" type="font/woff2" href=(state.settings.font) crossorigin="anonymous";
                @for stylesheet in state.settings.stylesheets { link rel="stylesheet" href=(stylesheet); }
            }
            body {
                aside.embedded-banner aria-label="About this Clerk" {
                    strong { "Embedded Clerk." }
                    " This Clerk is local: accounts live on this machine only. Not for production."
                }
                @if let Some(fault) = state.fault_in_words() {
                    aside.fault-banner aria-label="Faults on demand" {
                        strong { "A fault is on." } " " (fault)
                    }
                }
                main.portal {
                    a.portal-brand href="/" { span.brand-mark aria-hidden="true" {} "Gatehouse" }
                    section.card aria-labelledby="title" { (card) }
                }
            }
        }
    }
}

/// A link that is the one thing to do.
pub fn next_link(to: &str, name: &str) -> Markup {
    html! { a.button.button-primary href=(to) { (name) } }
}

/// The name of this request, which the log carries.
pub fn request_line() -> Markup {
    html! { @if let Some(name) = request_name() { p.request-id { "Request " code { (name) } } } }
}

/// A page that says what is wrong, under which request id, and leads to the home page.
pub fn error_page(state: &InstanceState, title: &str, text: &str) -> Markup {
    stop_page(state, title, text, &next_link("/", "To the home page"))
}

/// As [`error_page`], but `next` is the one thing to do.
pub fn stop_page(state: &InstanceState, title: &str, text: &str, next: &Markup) -> Markup {
    over_page(state, title, &html! { (text) }, next)
}
