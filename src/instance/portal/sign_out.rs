//! Signing out of the instance: ends every session of this browser.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use maud::html;
use serde::Deserialize;

use super::{ErrorPage, PortalError, ReturnTarget, Visit, go_on, html as html_response, page::page};
use crate::instance::{InstanceState, accounts::Browser};

#[derive(Debug, Deserialize)]
pub struct SignOutForm {
    redirect_url: Option<String>,
}

/// `GET /sign-out`: asks, because a link must not change anything.
pub(super) async fn show(State(state): State<Arc<InstanceState>>, visit: Visit) -> Response {
    let card = html! {
        h1 #title { "Sign out" }
        p { "This ends every session in this browser." }
        form method="post" action=(state.path("sign-out")) {
            input type="hidden" name="redirect_url" value=(visit.target.as_str());
            button.button.button-primary type="submit" { "Sign out" }
        }
    };
    html_response(page(&state, "Sign out", &card)).into_response()
}

/// `POST /sign-out`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<SignOutForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    match state.sign_out(&Browser::read(&headers)).await {
        Ok(cookies) => Ok(go_on(target.as_str(), &cookies)),
        Err(error) => Err(PortalError::from(error).page(&state)),
    }
}
