//! A request that panicked, took too long or was refused before any page was written has an answer without words. Who
//! asked for a page gets one: what went wrong, the request's id, and where to go on.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::RequestId;
use crate::server::error_page::{Site, error_page, reads_pages};

/// Writes the page. The state says whether the embedded Clerk serves the application.
pub async fn explain_failures(State(embedded_clerk): State<bool>, request: Request, next: Next) -> Response {
    let reads_pages = reads_pages(request.headers());
    let id = request.extensions().get::<RequestId>().copied();
    let response = next.run(request).await;
    match words(&response) {
        Some((title, text)) if reads_pages => {
            let (mut answer, _) = response.into_parts();
            let mut page = error_page(answer.status, title, text, Site { embedded_clerk, request_id: id.as_ref() });
            answer.headers.remove(header::CONTENT_LENGTH);
            answer.headers.extend(page.headers().clone());
            *page.headers_mut() = answer.headers;
            page
        }
        _ => response,
    }
}

/// What to say in the place of an answer that says nothing to people; none for answers that somebody meant. Limits and
/// extractors explain themselves in plain text, which is for programs; endpoints for programs do so with other statuses.
fn words(response: &Response) -> Option<(&'static str, &'static str)> {
    let kind = response.headers().get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    let by_extractor = kind.is_none_or(|kind| kind.starts_with(b"text/plain"));
    let words = match response.status() {
        StatusCode::NOT_FOUND if kind.is_none() => {
            ("There is no page here", "The address may be mistyped, or the page may be gone.")
        }
        StatusCode::METHOD_NOT_ALLOWED if kind.is_none() => {
            ("This address takes other requests", "Open it from a page of this application instead.")
        }
        StatusCode::INTERNAL_SERVER_ERROR if kind.is_none() => (
            "Something went wrong here",
            "The fault is ours. The log says more under this request's name; trying again may help.",
        ),
        StatusCode::SERVICE_UNAVAILABLE if kind.is_none() => {
            ("This took too long", "Nobody waits longer than 20 seconds here. Try again in a moment.")
        }
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if by_extractor => (
            "This form cannot be read",
            "A field is there twice, or not as it should be. Open its page and send it again.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE if by_extractor => {
            ("This form is too large", "Nothing was kept of it. Go back, make it shorter and send it again.")
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE if by_extractor => {
            ("This was not sent as a form", "Open the page that the form is on and send it from there.")
        }
        StatusCode::TOO_MANY_REQUESTS if by_extractor => ("Too many requests", "Wait a moment, then try again."),
        _ => return None,
    };
    Some(words)
}

#[cfg(test)]
#[path = "failures_tests.rs"]
mod tests;
