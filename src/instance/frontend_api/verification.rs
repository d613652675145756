//! Showing once more who one is, in a session that goes on: what applications ask for before something that matters
//! ("step-up", reverification). Its tokens tell in `fva` how long ago that was. There is no second factor here, so the
//! first one is enough for every level, as it is at Clerk for who has no other.

use std::sync::Arc;

use axum::{extract::State, response::Response};

use super::{
    caller::{Caller, Reply, SessionChoice},
    errors::{WRONG_PASSWORD, WRONG_STRATEGY, param_value},
    first_factor::{AddressChoice, accept_password, address, check_answer},
    form::Form,
    resources::{self, EMAIL_CODE, PASSWORD},
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    request_parts::Segments,
    store::{Call, CallError},
};

const LEVELS: [&str; 3] = ["first_factor", "second_factor", "multi_factor"];

/// `POST /v1/client/sessions/{id}/verify`: begins, for a `level`.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let level = form.filled("level").unwrap_or(LEVELS[0]).to_owned();
    if !LEVELS.contains(&level.as_str()) {
        return Err(param_value("level", "This is not a level."));
    }
    let shared = Arc::clone(&state);
    let work = state.answer(&caller, move |call| show(&shared, call, id, &level, None));
    work.await
}

/// `POST …/verify/prepare_first_factor`: sends a code to `email_address_id`, or to the primary address.
pub async fn prepare_first_factor(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    if form.required("strategy")? != EMAIL_CODE {
        return Err(WRONG_STRATEGY);
    }
    let wanted = form.filled("email_address_id").map(str::to_owned);
    let shared = Arc::clone(&state);
    let work = state.answer(&caller, move |call| {
        let (session, user) = SessionChoice::id(id).find(call)?;
        let choice = wanted.as_deref().map_or(AddressChoice::Primary, AddressChoice::Id);
        call.send_code(&session.id, &address(call, &user, choice)?, EMAIL_CODE)?;
        show(&shared, call, session.id, LEVELS[0], None)
    });
    work.await
}

/// `POST …/verify/attempt_first_factor`: `strategy`, and `password` or `code`.
pub async fn attempt_first_factor(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    match form.required("strategy")? {
        PASSWORD => attempt_password(state, &caller, id, form.required("password")?.to_owned()).await,
        EMAIL_CODE => attempt_code(state, &caller, id, form.required("code")?.to_owned()).await,
        _ => Err(WRONG_STRATEGY),
    }
}

/// `POST …/verify/{prepare,attempt}_second_factor`: nobody has one.
pub async fn second_factor() -> ClerkError {
    WRONG_STRATEGY
}

async fn attempt_password(
    state: Arc<InstanceState>,
    caller: &Caller,
    id: String,
    password: String,
) -> Result<Response, ClerkError> {
    let choice = SessionChoice::id(id.clone());
    let find = move |call: &mut Call<'_>| Ok(choice.find(call)?.1.id);
    let password = state.compare_password(caller, password, find).await?;
    let shared = Arc::clone(&state);
    let work = state.answer(caller, move |call| {
        let (session, user) = SessionChoice::id(id).find(call)?;
        accept_password(call, &user.id, &password, shared.settings.lockout, WRONG_PASSWORD)?;
        call.mark_verified(&session.id)?;
        show(&shared, call, session.id, LEVELS[0], Some(PASSWORD))
    });
    work.await
}

async fn attempt_code(
    state: Arc<InstanceState>,
    caller: &Caller,
    id: String,
    code: String,
) -> Result<Response, ClerkError> {
    let shared = Arc::clone(&state);
    let work = state.answer(caller, move |call| {
        let (session, user) = SessionChoice::id(id).find(call)?;
        let sent = check_answer(call, &session.id, &user.id, (EMAIL_CODE, &code), shared.settings.lockout)?;
        if let Some(sent) = sent {
            call.verify_email(&user.id, &sent.email_address, EMAIL_CODE)?;
        }
        call.mark_verified(&session.id)?;
        show(&shared, call, session.id, LEVELS[0], Some(EMAIL_CODE))
    });
    work.await
}

fn show(
    state: &InstanceState,
    call: &Call<'_>,
    id: String,
    level: &str,
    shown: Option<&str>,
) -> Result<Reply, CallError<ClerkError>> {
    let (session, user) = SessionChoice::id(id).find(call)?;
    let code = call.code(&session.id)?;
    Ok(Reply::Resource(resources::session_verification(state, (&session, &user), level, (shown, code.as_ref()))))
}
