//! The first page of signing up: a name, an email address and a password. Nobody has an account before the address is
//! verified, and whether somebody has one already shows nowhere.

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
    ErrorPage, PortalError, ReturnTarget, Visit, fields::Field, go_on, html as html_response, page::page,
    social::buttons, verify_email,
};
use crate::instance::{
    InstanceState,
    accounts::{AccountError, Browser, Refusal, SignUp},
};

#[derive(Debug, Deserialize)]
pub struct SignUpForm {
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    email_address: String,
    #[serde(default)]
    password: String,
    redirect_url: Option<String>,
}

/// `GET /sign-up`
pub(super) async fn show(State(state): State<Arc<InstanceState>>, visit: Visit) -> Response {
    html_response(sign_up_page(&state, &visit.target, &SignUp::default(), None)).into_response()
}

/// `POST /sign-up`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<SignUpForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    let typed = SignUp {
        first_name: form.first_name,
        last_name: form.last_name,
        email: form.email_address,
        password: form.password,
    };
    match state.begin_sign_up(typed.clone(), &Browser::read(&headers)).await {
        Ok(cookies) => Ok(go_on(&target.link(&state, verify_email::PATH), &cookies)),
        Err(AccountError::Refused(refusal)) => {
            let page = sign_up_page(&state, &target, &typed, Some(refusal));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html_response(page)).into_response())
        }
        Err(error) => Err(PortalError::from(error).page(&state)),
    }
}

/// The field that a refusal is about, and what to say there.
const fn complaint(refusal: Refusal) -> (&'static str, &'static str) {
    match refusal {
        Refusal::PasswordTooShort | Refusal::PasswordTooLong => ("password", "A password has 8 to 72 characters."),
        Refusal::PasswordIsEmail => ("password", "The password must differ from the email address."),
        Refusal::NameTooLong(field) => (field, "A name has at most 100 characters."),
        Refusal::EmailInvalid
        | Refusal::EmailTaken
        | Refusal::WrongCredentials
        | Refusal::WrongCode
        | Refusal::CodeOver
        | Refusal::Ticket(_)
        | Refusal::Banned
        | Refusal::Locked => ("email_address", "This is not an email address. One looks like name@example.com."),
    }
}

fn sign_up_page(state: &InstanceState, target: &ReturnTarget, typed: &SignUp, refusal: Option<Refusal>) -> Markup {
    let complaint = refusal.map(complaint);
    let field = |name, label, kind, autocomplete, value| Field {
        name,
        label,
        kind,
        autocomplete,
        value,
        required: matches!(name, "email_address" | "password"),
        hint: (name == "password").then_some("8 to 72 characters"),
        error: complaint.filter(|(field, _)| *field == name).map(|(_, message)| message),
        beside: None,
    };
    let card = html! {
        h1 #title { "Sign up" }
        form method="post" action=(state.path("sign-up")) {
            input type="hidden" name="redirect_url" value=(target.as_str());
            div.field-row {
                (field("first_name", "First name", "text", "given-name", &typed.first_name).render())
                (field("last_name", "Last name", "text", "family-name", &typed.last_name).render())
            }
            (field("email_address", "Email address", "email", "email", &typed.email).render())
            (field("password", "Password", "password", "new-password", "").render())
            button.button.button-primary type="submit" { "Sign up" }
        }
        (buttons(state, target))
        p.muted.small { "Have an account? " a href=(target.link(state, "sign-in")) { "Sign in" } }
    };
    page(state, "Sign up", &card)
}
