//! The second page of signing up: the code that was sent to the address.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    ErrorPage, PortalError, ReturnTarget, Visit,
    fields::{self, code_field, in_the_outbox},
    go_on, html as html_response,
    over::{UnderWay, code_over, nothing_under_way},
    page::page,
};
use crate::instance::{
    InstanceState,
    accounts::{AccountError, Browser, Refusal},
};

/// Its path, below the portal's.
pub const PATH: &str = "sign-up/verify";
pub const RESEND: &str = "sign-up/resend";

#[derive(Debug, Deserialize)]
pub struct VerifyForm {
    #[serde(default)]
    code: String,
    redirect_url: Option<String>,
}

const SIGN_UP: UnderWay = UnderWay {
    title: "This sign-up cannot continue here",
    reasons: "It is done, was begun in another browser, or is more than a day old.",
    begin: ("sign-up", "Sign up"),
};

/// `GET /sign-up/verify`: for a browser that signs up.
pub(super) async fn show(State(state): State<Arc<InstanceState>>, visit: Visit) -> Result<Response, ErrorPage> {
    answer(&state, &visit.browser, &visit.target, None).await
}

/// `POST /sign-up/verify`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<VerifyForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    let browser = Browser::read(&headers);
    match state.finish_sign_up(form.code, &browser).await {
        Ok(cookies) => Ok(go_on(target.as_str(), &cookies)),
        Err(AccountError::Refused(refusal)) => answer(&state, &browser, &target, Some(refusal)).await,
        Err(error) => Err(PortalError::from(error).page(&state)),
    }
}

/// `POST /sign-up/resend`: another code.
pub async fn resend(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<VerifyForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    let sent = state.send_sign_up_code_again(&Browser::read(&headers)).await;
    sent.map_err(|error| PortalError::from(error).page(&state))?;
    Ok(Redirect::to(&target.link(&state, PATH)).into_response())
}

async fn answer(
    state: &InstanceState,
    browser: &Browser,
    target: &ReturnTarget,
    refusal: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let address = state.sign_up_address(browser).await.map_err(|error| PortalError::from(error).page(state))?;
    let Some(address) = address else { return nothing_under_way(state, browser, target, &SIGN_UP).await };
    Ok(match refusal {
        None => html_response(verify_page(state, target, &address, false)).into_response(),
        Some(Refusal::CodeOver) => code_over(state, target, &address, (RESEND, None)),
        Some(_) => {
            let page = verify_page(state, target, &address, true);
            (StatusCode::UNPROCESSABLE_ENTITY, html_response(page)).into_response()
        }
    })
}

fn verify_page(state: &InstanceState, target: &ReturnTarget, address: &str, wrong: bool) -> Markup {
    let card = html! {
        h1 #title { "Verify your address" }
        p { "There is a code for " strong { (fields::address(address)) } }
        form method="post" action=(state.path(PATH)) {
            input type="hidden" name="redirect_url" value=(target.as_str());
            (code_field(wrong).render())
            button.button.button-primary type="submit" { "Continue" }
        }
        form method="post" action=(state.path(RESEND)) {
            input type="hidden" name="redirect_url" value=(target.as_str());
            button.button type="submit" { "Send another code" }
        }
        (in_the_outbox(state))
        p.muted.small { "Another address? " a href=(target.link(state, "sign-up")) { "Sign up again" } }
    };
    page(state, "Verify your address", &card)
}
