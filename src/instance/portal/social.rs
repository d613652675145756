//! Signing in and up with an account elsewhere: a button per identity provider.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    ErrorPage, PortalError, ReturnTarget, html as html_response,
    page::{next_link, page, request_line, stop_page},
};
use crate::instance::{
    InstanceState,
    accounts::Browser,
    social::{Departure, Targets},
    store::{CallError, Purpose},
};

#[derive(Debug, Deserialize)]
pub struct ContinueWithForm {
    #[serde(default)]
    strategy: String,
    redirect_url: Option<String>,
}

/// A button per provider. Its form is one of our own; from the page behind it the browser goes on to the provider, as no
/// form of ours may lead elsewhere.
pub(super) fn buttons(state: &InstanceState, target: &ReturnTarget) -> Markup {
    html! {
        p.divider { span { "or" } }
        @for provider in state.providers.iter() {
            form method="post" action=(state.path("continue-with")) {
                input type="hidden" name="redirect_url" value=(target.as_str());
                input type="hidden" name="strategy" value=(provider.strategy);
                button.button.button-wide type="submit" { "Continue with " (provider.name) }
            }
        }
    }
}

/// `POST /continue-with`
pub(super) async fn submit(
    State(state): State<Arc<InstanceState>>,
    headers: HeaderMap,
    Form(form): Form<ContinueWithForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    let Some(provider) = state.providers.find(&form.strategy) else {
        let text = "There is no such identity provider here.";
        let page = stop_page(&state, "Nobody to ask", text, &target.back_to_sign_in(&state));
        return Err(ErrorPage { status: StatusCode::NOT_FOUND, page });
    };
    let back = format!("{}{}", state.public_origin(), target.link(&state, "sign-in"));
    let targets = Targets { redirect_url: back.clone(), complete_url: target.as_str().to_owned() };
    let Ok(departure) = state.depart(provider, targets).await else {
        let text = format!("{} cannot be asked who you are. Try again, or sign in with your password.", provider.name);
        return Err(ErrorPage { status: StatusCode::BAD_GATEWAY, page: refusal_page(&state, &text, &back) });
    };
    let leave = leave_page(&state, &provider.name, &departure);
    let token = Browser::read(&headers).client_token;
    let work = state.store.call(token, state.now(), move |call| -> Result<(), CallError<Infallible>> {
        Ok(call.begin_external(Purpose::Portal, "", &departure)?)
    });
    let finished = work.await.map_err(|error| PortalError::from(error).page(&state))?;
    let mut response = html_response(leave).into_response();
    state.set_cookies(response.headers_mut(), &finished.cookies);
    Ok(response)
}

/// Goes on by itself, without a script.
fn leave_page(state: &InstanceState, name: &str, departure: &Departure) -> Markup {
    let card = html! {
        meta http-equiv="refresh" content=(format!("0;url={}", departure.authorization_url));
        h1 #title { "On to " (name) }
        (next_link(&departure.authorization_url, "Continue"))
    };
    page(state, &format!("On to {name}"), &card)
}

/// A page that says why an account elsewhere let nobody in, and leads back.
pub fn refusal_page(state: &InstanceState, message: &str, back: &str) -> Markup {
    let card = html! {
        h1 #title { "You are not signed in" }
        p.notice.notice-error role="alert" { (message) }
        (next_link(back, "Back to sign in"))
        (request_line())
    };
    page(state, "You are not signed in", &card)
}
