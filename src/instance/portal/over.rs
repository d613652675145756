//! Pages for what no longer works: a code, a link, something that was begun elsewhere. Each says why, and leads on to the
//! same target.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use super::{
    ErrorPage, PortalError, ReturnTarget, fields, html as html_response,
    page::{next_link, page, request_line},
};
use crate::instance::{InstanceState, StoreError, accounts::Browser};

/// Such a page. `next` is the one thing to do.
pub fn over_page(state: &InstanceState, title: &str, text: &Markup, next: &Markup) -> Markup {
    let card = html! {
        h1 #title { (title) }
        p { (text) }
        (next)
        (request_line())
    };
    page(state, title, &card)
}

/// A code that no answer fits any more. `again` is the form that asks for another one: its page, and its fields beside the
/// target.
pub(super) fn code_over(
    state: &InstanceState,
    target: &ReturnTarget,
    address: &str,
    (page, field): (&str, Option<(&str, &str)>),
) -> Response {
    let text = html! {
        "A code is good for ten minutes and for five answers, and only the newest one counts. Another one can be sent to "
        strong { (fields::address(address)) }
    };
    let next = html! {
        form method="post" action=(state.path(page)) {
            input type="hidden" name="redirect_url" value=(target.as_str());
            @if let Some((name, value)) = field { input type="hidden" name=(name) value=(value); }
            button.button.button-primary type="submit" { "Send another code" }
        }
    };
    let page = over_page(state, "This code no longer works", &text, &next);
    (StatusCode::UNPROCESSABLE_ENTITY, html_response(page)).into_response()
}

/// What a browser could have been in the middle of.
pub(super) struct UnderWay {
    pub title: &'static str,
    /// Why it is not any more.
    pub reasons: &'static str,
    /// The page on which it begins, and what to call that.
    pub begin: (&'static str, &'static str),
}

/// For a browser that is not in the middle of it. Whoever is signed in has most likely just finished it.
pub(super) async fn nothing_under_way(
    state: &InstanceState,
    browser: &Browser,
    target: &ReturnTarget,
    what: &UnderWay,
) -> Result<Response, ErrorPage> {
    let fail = |error: StoreError| PortalError::from(error).page(state);
    let next = match state.active_session(browser).await.map_err(fail)? {
        Some(_) => next_link(target.as_str(), "Continue"),
        None => next_link(&target.link(state, what.begin.0), what.begin.1),
    };
    let page = over_page(state, what.title, &html! { (what.reasons) }, &next);
    Ok((StatusCode::GONE, html_response(page)).into_response())
}
