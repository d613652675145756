//! A request that panicked, took too long or was refused before any page was written has an answer without words. Who
//! asked for a page gets one: what went wrong, the request's id, and where to go on.

use std::{borrow::Cow, time::Duration};

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use url::Url;

use super::RequestId;
use crate::server::{
    error_page::{Site, error_page, reads_pages},
    theme::page_of,
};

/// What the pages say of the program.
#[derive(Clone)]
pub struct Explained {
    /// Whether the embedded Clerk serves the application.
    pub embedded_clerk: bool,
    /// Where browsers reach the application.
    pub public_url: Url,
    /// How long an answer may take.
    pub time_limit: Duration,
}

/// Writes the page.
pub async fn explain_failures(State(explained): State<Explained>, request: Request, next: Next) -> Response {
    let Explained { embedded_clerk, public_url, time_limit } = explained;
    let reads_pages = reads_pages(request.headers());
    let form_page = page_of(request.headers(), &public_url);
    let is_get = request.method() == Method::GET;
    let id = request.extensions().get::<RequestId>().copied();
    let response = next.run(request).await;
    match words(&response, time_limit) {
        Some((title, text)) if reads_pages => {
            let (mut answer, _) = response.into_parts();
            let may_pass =
                is_get && (answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS);
            let back = is_about_a_form(answer.status).then_some(form_page.as_deref()).flatten();
            let site = Site { embedded_clerk, request_id: id.as_ref(), may_pass, back };
            let mut page = error_page(answer.status, title, &text, site);
            answer.headers.remove(header::CONTENT_LENGTH);
            answer.headers.extend(page.headers().clone());
            *page.headers_mut() = answer.headers;
            page
        }
        _ => response,
    }
}

/// Whether what was sent was refused, and not the address that it was sent to.
fn is_about_a_form(status: StatusCode) -> bool {
    [
        StatusCode::BAD_REQUEST,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY,
    ]
    .contains(&status)
}

/// What to say in the place of an answer that says nothing to people; none for answers that somebody meant. Limits and
/// extractors explain themselves in plain text, which is for programs; endpoints for programs do so with other statuses.
fn words(response: &Response, time_limit: Duration) -> Option<(&'static str, Cow<'static, str>)> {
    let kind = response.headers().get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    let by_extractor = kind.is_none_or(|kind| kind.starts_with(b"text/plain"));
    let words = match response.status() {
        StatusCode::NOT_FOUND if kind.is_none() => {
            ("There is no page here", "The address may be mistyped, or the page may be gone.")
        }
        StatusCode::METHOD_NOT_ALLOWED if kind.is_none() => {
            ("This address cannot be opened directly", "Open it from a page of this application instead.")
        }
        StatusCode::INTERNAL_SERVER_ERROR if kind.is_none() => (
            "Something went wrong here",
            "The fault is ours. The log says more under this request's name; trying again may help.",
        ),
        StatusCode::SERVICE_UNAVAILABLE if kind.is_none() => {
            let seconds = time_limit.as_secs();
            let text = format!("The answer took longer than {seconds} seconds. Try again in a moment.");
            return Some(("This took too long", text.into()));
        }
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if by_extractor => (
            "This form cannot be read",
            "A field is there twice, or not as it should be. Open its page and send it again.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE if by_extractor => {
            ("This form is too large", "Nothing of it was kept. Go back, make it shorter and send it again.")
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE if by_extractor => {
            ("This was not sent as a form", "Open the page that the form is on and send it from there.")
        }
        StatusCode::TOO_MANY_REQUESTS if by_extractor => ("Too many requests", "Wait a moment, then try again."),
        _ => return None,
    };
    let (title, text) = words;
    Some((title, text.into()))
}

#[cfg(test)]
#[path = "failures_tests.rs"]
mod tests;
