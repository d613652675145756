//! Signing out of the instance: ends every session of this browser.

use std::sync::Arc;

use axum::{
    Form,
    extract::{OriginalUri, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use maud::html;

use super::{
    ErrorPage, PortalError, PortalQuery, ReturnTarget, go_on, html as html_response, page::page, to_public_name,
};
use crate::instance::{InstanceState, accounts::Browser};

/// `GET /sign-out`: asks, because a link must not change anything.
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Query(query): Query<PortalQuery>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, ErrorPage> {
    if let Some(redirect) = to_public_name(&state, &headers, &uri.to_string()) {
        return Ok(redirect.into_response());
    }
    let target = ReturnTarget::read(&state, query.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    let card = html! {
        h1 #title { "Sign out" }
        p { "This ends every session in this browser." }
        form method="post" action=(state.path("sign-out")) {
            input type="hidden" name="redirect_url" value=(target.as_str());
            button.button.button-primary type="submit" { "Sign out" }
        }
    };
    Ok(html_response(page(&state, "Sign out", &card)).into_response())
}

/// `POST /sign-out`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<PortalQuery>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    match state.sign_out(&Browser::read(&headers)).await {
        Ok(cookies) => Ok(go_on(&target, &cookies)),
        Err(error) => Err(PortalError::from(error).page(&state)),
    }
}
