//! The page of a link that holds a sign-in token. A button signs in, so that looking at the link does not use it up, and
//! nobody becomes somebody else by a click on a stranger's link without being told.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    ErrorPage, PortalError, ReturnTarget, Visit,
    fields::address,
    go_on, html as html_response,
    over::over_page,
    page::{next_link, page, stop_page},
};
use crate::instance::{
    InstanceState, StoreError,
    accounts::{AccountError, Browser, Refusal},
    store::TicketError,
    tickets::TicketHolder,
};

#[derive(Deserialize)]
pub struct TicketForm {
    #[serde(default)]
    ticket: String,
    redirect_url: Option<String>,
}

/// `GET /sign-in?__clerk_ticket=…`
pub(super) async fn show(state: &Arc<InstanceState>, visit: &Visit, ticket: String) -> Result<Response, ErrorPage> {
    let fail = |error: StoreError| PortalError::from(error).page(state);
    let holder = state.ticket_holder(ticket.clone()).await.map_err(fail)?;
    let is_signed_in = state.active_session(&visit.browser).await.map_err(fail)?.is_some();
    Ok(match holder {
        Ok(holder) => html_response(ticket_page(state, &visit.target, &ticket, &holder, is_signed_in)).into_response(),
        Err(error) => ticket_over(state, &visit.target, error, is_signed_in),
    })
}

/// `POST /sign-in/ticket`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<TicketForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    let browser = Browser::read(&headers);
    match state.sign_in_with_ticket(form.ticket, &browser).await {
        Ok(cookies) => Ok(go_on(target.as_str(), &cookies)),
        Err(AccountError::Refused(Refusal::Ticket(error))) => {
            let active = state.active_session(&browser).await;
            let is_signed_in = active.map_err(|error| PortalError::from(error).page(&state))?.is_some();
            Ok(ticket_over(&state, &target, error, is_signed_in))
        }
        Err(AccountError::Refused(refusal)) => {
            let text = if refusal == Refusal::Locked {
                "This account is locked: too many attempts failed. The link is not used up: try it again later."
            } else {
                "This account is banned. Nobody can sign in to it until an administrator lifts the ban."
            };
            let next = target.back_to_sign_in(&state);
            let page = stop_page(&state, "You cannot sign in this way", text, &next);
            Err(ErrorPage { status: StatusCode::FORBIDDEN, page })
        }
        Err(error) => Err(PortalError::from(error).page(&state)),
    }
}

fn ticket_page(
    state: &InstanceState,
    target: &ReturnTarget,
    ticket: &str,
    holder: &TicketHolder,
    is_signed_in: bool,
) -> Markup {
    let card = html! {
        h1 #title { "Sign in as " (holder.name) "?" }
        p {
            "This link works once and needs no password."
            @if let Some(email) = &holder.email_address { " It signs you in as " strong { (address(email)) } }
        }
        @if holder.is_acted { p.notice { "You act as somebody else: what you do is done in their name." } }
        @if is_signed_in { p.notice { "Somebody is signed in in this browser. That session ends." } }
        form method="post" action=(state.path("sign-in/ticket")) {
            input type="hidden" name="ticket" value=(ticket);
            input type="hidden" name="redirect_url" value=(target.as_str());
            button.button.button-primary type="submit" { "Sign in" }
        }
    };
    page(state, "Sign in with a link", &card)
}

/// For a link that signs nobody in. Whoever is signed in most likely used it a moment ago.
fn ticket_over(state: &InstanceState, target: &ReturnTarget, error: TicketError, is_signed_in: bool) -> Response {
    let (status, title, reason) = match error {
        TicketError::Expired => (StatusCode::GONE, "This link has expired", "It came too late."),
        TicketError::Used => (StatusCode::GONE, "This link was used", "It signs in once, and somebody did."),
        TicketError::Revoked => (StatusCode::GONE, "This link was revoked", "Whoever made it took it back."),
        TicketError::Unknown => {
            (StatusCode::NOT_FOUND, "This link signs nobody in", "It is not whole, or not one of this Clerk.")
        }
    };
    let (text, next) = if is_signed_in {
        ("You are signed in in this browser.", next_link(target.as_str(), "Continue"))
    } else {
        (
            "Sign in in another way, or ask for a new link where you got it.",
            next_link(&target.link(state, "sign-in"), "Sign in"),
        )
    };
    let page = over_page(state, title, &html! { (reason) " " (text) }, &next);
    (status, html_response(page)).into_response()
}
