//! Asking for a code to replace a forgotten password with. Known and unknown addresses lead to the same next page.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use maud::html;
use serde::Deserialize;

use super::{
    ErrorPage, PortalError, ReturnTarget, Visit, fields::Field, go_on, html as html_response, page::page,
    reset_password,
};
use crate::instance::{InstanceState, accounts::Browser};

/// Its path, below the portal's.
pub const PATH: &str = "forgot-password";

#[derive(Debug, Deserialize)]
pub struct ForgotForm {
    #[serde(default)]
    email_address: String,
    redirect_url: Option<String>,
}

/// `GET /forgot-password`
pub(super) async fn show(State(state): State<Arc<InstanceState>>, visit: Visit) -> Response {
    let field = Field {
        name: "email_address",
        label: "Email address",
        kind: "email",
        autocomplete: "username",
        value: "",
        required: true,
        hint: None,
        error: None,
        beside: None,
    };
    let card = html! {
        h1 #title { "Forgot your password?" }
        p { "A code that is sent to your address lets you choose another one." }
        form method="post" action=(state.path(PATH)) {
            input type="hidden" name="redirect_url" value=(visit.target.as_str());
            (field.render())
            button.button.button-primary type="submit" { "Send a code" }
        }
        p.muted.small { "Do you know it after all? " a href=(visit.target.link(&state, "sign-in")) { "Sign in" } }
    };
    html_response(page(&state, "Forgot your password?", &card)).into_response()
}

/// `POST /forgot-password`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<ForgotForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    match state.begin_reset(&form.email_address, &Browser::read(&headers)).await {
        Ok(cookies) => Ok(go_on(&target.link(&state, reset_password::PATH), &cookies)),
        Err(error) => Err(PortalError::from(error).page(&state)),
    }
}
