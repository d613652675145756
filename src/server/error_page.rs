//! Pages for failures that happen outside the application's own pages.

use axum::{
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{FONT, STYLESHEETS, Services, middleware::RequestId};

/// Where something went wrong.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// Whether the embedded Clerk serves the application; every page says so.
    pub embedded_clerk: bool,
    /// Names the request in the log.
    pub request_id: Option<&'a RequestId>,
    /// Whether to open the same address again may help.
    pub may_pass: bool,
    /// The page to return to, if there is one that helps.
    pub back: Option<&'a str>,
}

impl<'a> Site<'a> {
    /// A request that these services answer.
    pub fn of(services: &Services, extensions: &'a Extensions) -> Self {
        Self { embedded_clerk: services.instance.is_some(), request_id: extensions.get(), may_pass: false, back: None }
    }
}

/// Whether a request is answered with pages: browsers' forms and links are, scripts are not.
pub fn reads_pages(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// A page that says what went wrong, under which request id, and leads on.
pub fn error_page(status: StatusCode, title: &str, text: &str, site: Site<'_>) -> Response {
    error_page_with(status, title, &html! { p { (text) } }, site)
}

/// As [`error_page`], with more to say than a sentence.
pub fn error_page_with(status: StatusCode, title: &str, content: &Markup, site: Site<'_>) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Gatehouse" }
                link rel="icon" type="image/svg+xml" href="/favicon.svg";
                link rel="preload" as="font" type="font/woff2" href=(FONT) crossorigin="anonymous";
                @for stylesheet in STYLESHEETS { link rel="stylesheet" href=(stylesheet); }
            }
            body {
                @if site.embedded_clerk {
                    aside.embedded-banner aria-label="About this Clerk" {
                        strong { "Embedded Clerk." }
                        " This Clerk is local: accounts live on this machine only. Not for production."
                    }
                }
                main.portal {
                    a.portal-brand href="/" { span.brand-mark aria-hidden="true" {} "Gatehouse" }
                    section.card {
                        h1 { (title) }
                        (content)
                        @if site.may_pass {
                            a.button.button-primary href="" { "Try again" }
                        } @else if let Some(back) = site.back {
                            a.button.button-primary href=(back) { "Back to the form" }
                        } @else {
                            a.button.button-primary href="/" { "To the home page" }
                        }
                        @if let Some(id) = site.request_id { p.request-id { "Request " code { (id) } } }
                    }
                }
            }
        }
    };
    (status, Html(page.into_string())).into_response()
}
