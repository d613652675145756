//! Sending browsers to identity providers, for sign-ins and sign-ups; and carrying over what came of it where the other
//! one was meant.

use std::sync::Arc;

use axum::response::Response;
use url::Url;

use super::{
    caller::Caller,
    errors::{IDENTITY_TAKEN, NO_SIGN_IN, WRONG_STRATEGY, param_value},
    form::Form,
    settlement::{identify_sign_up, settle_sign_in},
    sign_ins::{refuse_second_session, show_now},
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    redirect,
    social::{Departure, Identity, Targets},
    store::{Call, CallError, ExternalStatus, ExternalVerification, Purpose, SignUp},
};

/// What the strategies of all identity providers begin with.
const OAUTH: &str = "oauth_";
const NOTHING_TO_TRANSFER: ClerkError = param_value("transfer", "There is nothing that could be carried over.");

/// The way to a provider that a form asks for, if its `strategy` is a provider's: `redirect_url`, where the browser goes
/// on afterwards, and `action_complete_redirect_url`, where it goes if nothing is left to do.
pub async fn depart(state: &InstanceState, form: &Form) -> Result<Option<Departure>, ClerkError> {
    let Some(strategy) = form.filled("strategy").filter(|strategy| strategy.starts_with(OAUTH)) else {
        return Ok(None);
    };
    let provider = state.providers.find(strategy).ok_or(WRONG_STRATEGY)?;
    Ok(Some(state.depart(provider, targets(state, form)?).await?))
}

fn targets(state: &InstanceState, form: &Form) -> Result<Targets, ClerkError> {
    let allowed = |url: &Url| redirect::may_return(url, &state.settings.public_url);
    let redirect_url = Url::parse(form.required("redirect_url")?).ok().filter(allowed);
    let redirect_url = redirect_url.ok_or(foreign("redirect_url"))?;
    let complete_url = match form.filled("action_complete_redirect_url") {
        // Clerk's components send a path where they were given one.
        Some(wish) => redirect_url.join(wish).ok().filter(allowed).ok_or(foreign("action_complete_redirect_url"))?,
        None => redirect_url.clone(),
    };
    Ok(Targets { redirect_url: redirect_url.into(), complete_url: complete_url.into() })
}

const fn foreign(name: &'static str) -> ClerkError {
    param_value(name, "This must be a page of this application or of one on this machine.")
}

/// `POST /v1/client/sign_ins` with a provider's `strategy`.
pub async fn begin_sign_in(
    state: Arc<InstanceState>,
    caller: &Caller,
    departure: Departure,
) -> Result<Response, ClerkError> {
    let shared = Arc::clone(&state);
    let work = state.answer(caller, move |call| {
        refuse_second_session(call)?;
        let sign_in = call.begin_sign_in(None, None)?;
        call.begin_external(Purpose::SignIn, &sign_in.id, &departure)?;
        show_now(&shared, call, sign_in)
    });
    work.await
}

/// `POST /v1/client/sign_ins` with `transfer`: a sign-up found an account, and a sign-in goes on with it.
pub async fn transfer_to_sign_in(state: Arc<InstanceState>, caller: &Caller) -> Result<Response, ClerkError> {
    let (shared, user_agent) = (Arc::clone(&state), caller.browser.user_agent.clone());
    let work = state.answer(caller, move |call| {
        refuse_second_session(call)?;
        let (mut external, identity) = transferable(call)?;
        let sign_in = call.begin_sign_in(None, None)?;
        let id = sign_in.id.clone();
        (external.purpose, external.owner_id) = (Purpose::SignIn, id.clone());
        settle_sign_in(call, external, identity, sign_in, &user_agent)?;
        let sign_in = call.sign_in(&id)?.ok_or(NO_SIGN_IN)?;
        show_now(&shared, call, sign_in)
    });
    work.await
}

/// Begins a sign-up with what a sign-in found, for `POST /v1/client/sign_ups` with `transfer`.
pub fn transfer_to_sign_up(call: &mut Call<'_>) -> Result<SignUp, CallError<ClerkError>> {
    let (mut external, identity) = transferable(call)?;
    let mut sign_up = SignUp::default();
    call.begin_sign_up(&mut sign_up)?;
    (external.purpose, external.owner_id) = (Purpose::SignUp, sign_up.id.clone());
    Ok(identify_sign_up(call, external, identity, sign_up)?.ok_or(IDENTITY_TAKEN)?)
}

fn transferable(call: &Call<'_>) -> Result<(ExternalVerification, Identity), CallError<ClerkError>> {
    let external = call.external()?.filter(|external| external.status == ExternalStatus::Transferable);
    let external = external.ok_or(NOTHING_TO_TRANSFER)?;
    let identity = external.identity.clone().ok_or(NOTHING_TO_TRANSFER)?;
    Ok((external, identity))
}
