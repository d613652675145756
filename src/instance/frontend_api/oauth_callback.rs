//! Where identity providers send browsers back to. What they bring counts once, and only in the browser that was sent:
//! a stranger's code would sign somebody in as the stranger.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use maud::html;
use serde::Deserialize;
use url::Url;

use super::{
    caller::Caller,
    settlement::{Landing, settle},
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    ids::new_id,
    portal,
    session_cookies::DEV_BROWSER,
    social::{ExternalError, Identity},
    store::{ExternalVerification, Purpose},
};

/// What a provider sends along (RFC 6749 4.1.2, RFC 9207).
#[derive(Deserialize)]
pub struct Answer {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// `GET /v1/oauth_callback`
pub async fn finish(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Query(answer): Query<Answer>,
) -> Result<Response, ClerkError> {
    let token = answer.state.clone();
    let Some(external) = state.ask(&caller, move |call| Ok(call.arrive(&token)?)).await? else {
        return over(&state, &caller).await;
    };
    let found = state.identity_of(&external, &answer).await;
    let (settled, user_agent) = (external.clone(), caller.browser.user_agent.clone());
    let token = caller.browser.client_token.clone();
    let work = state.store.call(token, state.now(), move |call| settle(call, settled, found, &user_agent));
    let finished = work.await?;
    let mut response = match finished.outcome? {
        Landing::Complete => Redirect::to(&with_dev_browser(&external.targets.complete_url, &caller)).into_response(),
        Landing::Failed(error) if external.purpose == Purpose::Portal => failed(&state, &external, error),
        Landing::Continue | Landing::Failed(_) => Redirect::to(&external.targets.redirect_url).into_response(),
    };
    state.set_cookies(response.headers_mut(), &finished.cookies);
    Ok(response)
}

impl InstanceState {
    /// Whom a provider names when it is asked what it sent. What stands in the query counts for nothing by itself.
    async fn identity_of(&self, external: &ExternalVerification, answer: &Answer) -> Result<Identity, ExternalError> {
        if let Some(error) = &answer.error {
            let denied = error == "access_denied";
            tracing::info!(strategy = external.strategy, denied, "the identity provider let nobody in");
            return Err(if denied { ExternalError::AccessDenied } else { ExternalError::TokenExchange });
        }
        let provider = self.providers.find(&external.strategy).ok_or(ExternalError::TokenExchange)?;
        let code = answer.code.as_deref().ok_or(ExternalError::TokenExchange)?;
        if answer.iss.as_ref().is_some_and(|iss| !provider.is_issuer(iss)) {
            tracing::warn!(strategy = external.strategy, "another identity provider answered");
            return Err(ExternalError::TokenExchange);
        }
        let failed = |error| tracing::warn!(strategy = external.strategy, %error, "the identity provider failed");
        let exchange = provider.exchange(code, &external.code_verifier, &self.oauth_callback()).await;
        let access_token = exchange.map_err(failed).map_err(|()| ExternalError::TokenExchange)?;
        provider.identity(&access_token).await.map_err(failed).map_err(|()| ExternalError::FetchUser)
    }
}

/// The application's server asks for the browser's new cookies when it sees the browser's name in an address.
fn with_dev_browser(target: &str, caller: &Caller) -> String {
    let Ok(mut url) = Url::parse(target) else { return target.to_owned() };
    let name = caller.browser.dev_browser.clone().unwrap_or_else(|| new_id("dvb"));
    url.query_pairs_mut().append_pair(DEV_BROWSER, &name);
    url.into()
}

/// For a state that this browser does not know, or not any more. Where it wanted to go is kept as long as can be.
async fn over(state: &InstanceState, caller: &Caller) -> Result<Response, ClerkError> {
    let look = state.ask(caller, |call| Ok((call.last_external_targets()?, call.session()?.is_some())));
    let (targets, is_signed_in) = look.await?;
    let (to, name) = match targets {
        Some(targets) if is_signed_in => (targets.complete_url, "Continue"),
        Some(targets) => (targets.redirect_url, "Begin again"),
        None if is_signed_in => ("/".to_owned(), "To the home page"),
        None => (state.path("sign-in"), "Begin again"),
    };
    let title = "This sign-in cannot continue here";
    let text = html! { "It was begun in another browser, took more than ten minutes, or is over." };
    let page = portal::over_page(state, title, &text, &portal::next_link(&to, name));
    Ok((StatusCode::BAD_REQUEST, Html(page.into_string())).into_response())
}

fn failed(state: &InstanceState, external: &ExternalVerification, error: ExternalError) -> Response {
    let page = portal::refusal_page(state, error.message(), &external.targets.redirect_url);
    (StatusCode::FORBIDDEN, Html(page.into_string())).into_response()
}
