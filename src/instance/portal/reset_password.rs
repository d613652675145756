//! Choosing another password, with the code that was sent to the address.

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
    fields::{self, Field, code_field, form_error, in_the_outbox},
    forgot_password, go_on, html as html_response,
    over::{UnderWay, code_over, nothing_under_way},
    page::page,
};
use crate::instance::{
    InstanceState, StoreError,
    accounts::{AccountError, Browser, Refusal},
    email_flows::Reset,
};

/// Its path, below the portal's.
pub const PATH: &str = "reset-password";

#[derive(Debug, Deserialize)]
pub struct ResetForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
    /// A box: sent only if it is ticked.
    sign_out_of_other_sessions: Option<String>,
    redirect_url: Option<String>,
}

const RESET: UnderWay = UnderWay {
    title: "This reset cannot continue here",
    reasons: "The password was replaced, or the code was asked for in another browser or more than a day ago.",
    begin: (forgot_password::PATH, "Ask for a code"),
};

/// `GET /reset-password`: for a browser that asked for a code.
pub(super) async fn show(State(state): State<Arc<InstanceState>>, visit: Visit) -> Result<Response, ErrorPage> {
    answer(&state, &visit.browser, &visit.target, None).await
}

/// `POST /reset-password`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<ResetForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    let browser = Browser::read(&headers);
    let sign_out_others = form.sign_out_of_other_sessions.is_some();
    let reset = Reset { code: form.code, password: form.password, sign_out_others };
    match state.finish_reset(reset, &browser).await {
        Ok(cookies) => Ok(go_on(target.as_str(), &cookies)),
        Err(AccountError::Refused(refusal)) => answer(&state, &browser, &target, Some(refusal)).await,
        Err(error) => Err(PortalError::from(error).page(&state)),
    }
}

async fn answer(
    state: &InstanceState,
    browser: &Browser,
    target: &ReturnTarget,
    refusal: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let fail = |error: StoreError| PortalError::from(error).page(state);
    let Some(address) = state.reset_address(browser).await.map_err(fail)? else {
        return nothing_under_way(state, browser, target, &RESET).await;
    };
    if refusal == Some(Refusal::CodeOver) {
        let again = (forgot_password::PATH, Some(("email_address", address.as_str())));
        return Ok(code_over(state, target, &address, again));
    }
    let status = match refusal {
        None => StatusCode::OK,
        Some(Refusal::Banned) => StatusCode::FORBIDDEN,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok((status, html_response(reset_page(state, target, &address, refusal))).into_response())
}

fn reset_page(state: &InstanceState, target: &ReturnTarget, address: &str, refusal: Option<Refusal>) -> Markup {
    let banned = (refusal == Some(Refusal::Banned))
        .then_some("This account is banned. Its owner cannot sign in until an administrator lifts the ban.");
    let password = Field {
        name: "password",
        label: "New password",
        kind: "password",
        autocomplete: "new-password",
        value: "",
        required: true,
        hint: Some("8 to 72 characters"),
        error: match refusal {
            Some(Refusal::PasswordTooShort | Refusal::PasswordTooLong) => Some("A password has 8 to 72 characters."),
            Some(Refusal::PasswordIsEmail) => Some("The password must differ from the email address."),
            _ => None,
        },
        beside: None,
    };
    let card = html! {
        h1 #title { "Choose a new password" }
        (form_error(banned))
        p { "There is a code for " strong { (fields::address(address)) } " if somebody has an account with it." }
        form method="post" action=(state.path(PATH)) {
            input type="hidden" name="redirect_url" value=(target.as_str());
            (code_field(refusal == Some(Refusal::WrongCode)).render())
            (password.render())
            label.check {
                input type="checkbox" name="sign_out_of_other_sessions" value="true" checked;
                " Sign out everywhere else"
            }
            button.button.button-primary type="submit" { "Replace the password" }
        }
        (in_the_outbox(state))
        p.muted.small { "No code? " a href=(target.link(state, forgot_password::PATH)) { "Ask for another one" } }
    };
    page(state, "Choose a new password", &card)
}
