//! Signing in, with an email address and a password.

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
    fields::{Field, address, form_error},
    forgot_password, go_on, html as html_response,
    page::page,
    personas::people_to_try,
    social::buttons,
    ticket,
};
use crate::instance::{
    InstanceState, Lockout, StoreError,
    accounts::{AccountError, Browser, Refusal},
};

#[derive(Debug, Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    identifier: String,
    #[serde(default)]
    password: String,
    redirect_url: Option<String>,
}

/// `GET /sign-in`; with a ticket, the page of the link that holds it.
pub(super) async fn show(State(state): State<Arc<InstanceState>>, visit: Visit) -> Result<Response, ErrorPage> {
    if let Some(ticket) = visit.ticket.clone() {
        return ticket::show(&state, &visit, ticket).await;
    }
    let fail = |error: StoreError| PortalError::from(error).page(&state);
    let email = match state.active_session(&visit.browser).await.map_err(fail)? {
        Some(active) => state.store.email_of(active.session.user_id).await.map_err(fail)?,
        None => None,
    };
    Ok(html_response(sign_in_page(&state, &visit.target, "", email.as_deref(), None)).into_response())
}

/// `POST /sign-in`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    match state.sign_in(&form.identifier, form.password, &Browser::read(&headers)).await {
        Ok(cookies) => Ok(go_on(target.as_str(), &cookies)),
        Err(AccountError::Refused(refusal)) => {
            let (status, message) = answer(refusal, state.settings.lockout);
            let page = sign_in_page(&state, &target, &form.identifier, None, Some(&message));
            Ok((status, html_response(page)).into_response())
        }
        Err(error) => Err(PortalError::from(error).page(&state)),
    }
}

/// A locked account is answered as a wrong password is: else whoever guesses would learn what exists, and what fits.
fn answer(refusal: Refusal, lockout: Lockout) -> (StatusCode, String) {
    if refusal == Refusal::Banned {
        let message = "This account is banned. Its owner cannot sign in until an administrator lifts the ban.";
        return (StatusCode::FORBIDDEN, message.to_owned());
    }
    let Lockout { attempts, duration } = lockout;
    let message = format!(
        "The email address or the password is not right. After {attempts} failed attempts in a row an account is \
         locked for {} minutes.",
        duration.as_secs().div_ceil(60)
    );
    (StatusCode::UNPROCESSABLE_ENTITY, message)
}

fn sign_in_page(
    state: &InstanceState,
    target: &ReturnTarget,
    identifier: &str,
    signed_in_as: Option<&str>,
    error: Option<&str>,
) -> Markup {
    let email = Field {
        name: "identifier",
        label: "Email address",
        kind: "email",
        autocomplete: "username",
        value: identifier,
        required: true,
        hint: None,
        error: None,
        beside: None,
    };
    let forgot_password = target.link(state, forgot_password::PATH);
    let password = Field {
        name: "password",
        label: "Password",
        kind: "password",
        autocomplete: "current-password",
        value: "",
        beside: Some((forgot_password.as_str(), "Forgot your password?")),
        ..email
    };
    let card = html! {
        h1 #title { "Sign in" }
        @if let Some(email) = signed_in_as { (already_signed_in(target, email)) }
        (form_error(error))
        form method="post" action=(state.path("sign-in")) {
            input type="hidden" name="redirect_url" value=(target.as_str());
            (email.render())
            (password.render())
            button.button.button-primary type="submit" { "Sign in" }
        }
        (buttons(state, target))
        p.muted.small { "No account yet? " a href=(target.link(state, "sign-up")) { "Sign up" } }
        (people_to_try(state, target))
    };
    page(state, "Sign in", &card)
}

fn already_signed_in(target: &ReturnTarget, email: &str) -> Markup {
    html! {
        p.notice { "You are signed in as " strong { (address(email)) } " " a href=(target.as_str()) { "Continue" } }
    }
}
