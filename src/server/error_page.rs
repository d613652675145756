//! Pages for failures that happen outside the application's own pages.

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::STYLESHEET;

/// A page that says what went wrong, under which request id, and leads on.
pub fn error_page(status: StatusCode, title: &str, text: &str, request_id: Option<&str>) -> Response {
    error_page_with(status, title, &html! { p { (text) } }, request_id)
}

/// As [`error_page`], with more to say than a sentence.
pub fn error_page_with(status: StatusCode, title: &str, content: &Markup, request_id: Option<&str>) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Gatehouse" }
                link rel="icon" type="image/svg+xml" href="/favicon.svg";
                link rel="stylesheet" href=(STYLESHEET);
            }
            body {
                main.portal {
                    a.portal-brand href="/" { span.brand-mark aria-hidden="true" {} "Gatehouse" }
                    section.card {
                        h1 { (title) }
                        (content)
                        @if let Some(id) = request_id { p.request-id { "Request " code { (id) } } }
                        p.actions { a.button href="/" { "To the home page" } }
                    }
                }
            }
        }
    };
    (status, Html(page.into_string())).into_response()
}
