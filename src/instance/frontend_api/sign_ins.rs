//! Signing in: an address, then a password or a code; both at once; a forgotten password replaced.

use std::sync::Arc;

use axum::{extract::State, response::Response};

use super::{
    caller::{Caller, Reply},
    errors::{self, BANNED, NO_SIGN_IN, SESSION_EXISTS, UNKNOWN_IDENTIFIER, WRONG_PASSWORD, WRONG_STRATEGY},
    external,
    first_factor::{AddressChoice, ComparedPassword, accept_code, accept_password, refuse_locked, send_code},
    form::Form,
    resources::{self, EMAIL_CODE, PASSWORD, RESET_PASSWORD, TICKET},
};
use crate::instance::{
    InstanceState,
    accounts::{check_password, normalise_email},
    clerk_error::ClerkError,
    request_parts::Segments,
    store::{Call, CallError, SignIn, SignInStatus},
};

/// `POST /v1/client/sign_ins`: `identifier`; with `strategy` and `password` it is all there is to it; with `strategy` and
/// `ticket`, too; with the strategy of a code, the code is sent at once; with that of an identity provider, the answer says
/// where the browser goes on; with `transfer`, a sign-in goes on with the identity that a sign-up found.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    if form.filled("transfer") == Some("true") {
        return external::transfer_to_sign_in(state, &caller).await;
    }
    if let Some(departure) = external::depart(&state, &form).await? {
        return external::begin_sign_in(state, &caller, departure).await;
    }
    let identifier = form.filled("identifier").map(normalise_email);
    let password = form.filled("password");
    match form.filled("strategy").unwrap_or(PASSWORD) {
        PASSWORD => match (identifier, password) {
            (Some(identifier), Some(password)) => {
                create_with_password(state, &caller, identifier, password.to_owned()).await
            }
            (identifier, _) => begin(state, &caller, identifier, None).await,
        },
        TICKET => create_with_ticket(state, &caller, form.required("ticket")?.to_owned()).await,
        EMAIL_CODE => begin(state, &caller, identifier, Some(EMAIL_CODE)).await,
        RESET_PASSWORD => begin(state, &caller, identifier, Some(RESET_PASSWORD)).await,
        _ => Err(WRONG_STRATEGY),
    }
}

/// Begins, and sends a code if `strategy` is one of a code.
async fn begin(
    state: Arc<InstanceState>,
    caller: &Caller,
    identifier: Option<String>,
    strategy: Option<&'static str>,
) -> Result<Response, ClerkError> {
    let shared = Arc::clone(&state);
    let work = state.answer(caller, move |call| {
        refuse_second_session(call)?;
        let user_id = match &identifier {
            Some(identifier) => Some(user_id(call, identifier)?),
            None => None,
        };
        let sign_in = call.begin_sign_in(user_id, identifier.clone())?;
        if let (Some(strategy), Some(identifier)) = (strategy, &identifier) {
            send_code(call, &sign_in, strategy, AddressChoice::Address(identifier))?;
        }
        show_now(&shared, call, sign_in)
    });
    work.await
}

async fn create_with_password(
    state: Arc<InstanceState>,
    caller: &Caller,
    identifier: String,
    password: String,
) -> Result<Response, ClerkError> {
    let wanted = identifier.clone();
    let find = move |call: &mut Call<'_>| {
        refuse_second_session(call)?;
        user_id(call, &wanted)
    };
    let password = state.compare_password(caller, password, find).await?;
    let (shared, user_agent) = (Arc::clone(&state), caller.browser.user_agent.clone());
    let work = state.answer(caller, move |call| {
        refuse_second_session(call)?;
        let user_id = user_id(call, &identifier)?;
        accept_password(call, &user_id, &password, shared.settings.lockout, WRONG_PASSWORD)?;
        let sign_in = call.begin_sign_in(Some(user_id), Some(identifier))?;
        complete(&shared, call, sign_in, PASSWORD, &user_agent)
    });
    work.await
}

/// Whoever holds a sign-in token is let in, once; with an actor token as somebody who acts as the user.
async fn create_with_ticket(
    state: Arc<InstanceState>,
    caller: &Caller,
    ticket: String,
) -> Result<Response, ClerkError> {
    let (shared, user_agent) = (Arc::clone(&state), caller.browser.user_agent.clone());
    let work = state.answer(caller, move |call| {
        refuse_second_session(call)?;
        let sign_in = let_in_with_ticket(call, &ticket, &user_agent)?;
        show_now(&shared, call, sign_in)
    });
    work.await
}

/// Signs in whoever holds a sign-in token, which is used up. Where nobody may sign in now, it stays as good as it is.
pub fn let_in_with_ticket(
    call: &mut Call<'_>,
    ticket: &str,
    user_agent: &str,
) -> Result<SignIn, CallError<ClerkError>> {
    let holder = call.sign_in_token(ticket)?.map_err(errors::ticket)?.user_id;
    refuse_kept_out(call, &holder)?;
    let ticket = call.use_sign_in_token(ticket)?.map_err(errors::ticket)?;
    let email = call.user(&ticket.user_id)?.and_then(|user| user.email_addresses.into_iter().next());
    let sign_in = call.begin_sign_in(Some(ticket.user_id), email.map(|email| email.email_address))?;
    let sign_in = let_in(call, sign_in, TICKET, user_agent)?;
    if let (Some(impersonation), Some((session, _))) = (ticket.impersonation, call.session()?) {
        call.impersonate(&session.id, &impersonation)?;
        tracing::info!(session.id = session.id, "somebody acts as the user");
    }
    Ok(sign_in)
}

/// `GET /v1/client/sign_ins/{id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let shared = Arc::clone(&state);
    let work = state.answer(&caller, move |call| {
        let sign_in = call.sign_in(&id)?.ok_or(NO_SIGN_IN)?;
        show_now(&shared, call, sign_in)
    });
    work.await
}

/// `POST …/prepare_first_factor`: sends a code to `email_address_id`, or to the primary address.
pub async fn prepare_first_factor(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let strategy = code_strategy(form.required("strategy")?).ok_or(WRONG_STRATEGY)?;
    let address = form.filled("email_address_id").map(str::to_owned);
    let shared = Arc::clone(&state);
    let work = state.answer(&caller, move |call| {
        let sign_in = waiting(call, &id, SignInStatus::NeedsFirstFactor)?;
        let address = address.as_deref().map_or(AddressChoice::Primary, AddressChoice::Id);
        send_code(call, &sign_in, strategy, address)?;
        show_now(&shared, call, sign_in)
    });
    work.await
}

/// `POST …/attempt_first_factor`: `strategy`, and `password` or `code`.
pub async fn attempt_first_factor(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let strategy = form.required("strategy")?;
    if strategy == PASSWORD {
        let password = form.required("password")?.to_owned();
        return attempt_password(state, &caller, id, password).await;
    }
    let strategy = code_strategy(strategy).ok_or(WRONG_STRATEGY)?;
    let code = form.required("code")?.to_owned();
    let (shared, user_agent) = (Arc::clone(&state), caller.browser.user_agent.clone());
    let work = state.answer(&caller, move |call| {
        let mut sign_in = waiting(call, &id, SignInStatus::NeedsFirstFactor)?;
        accept_code(call, &sign_in, strategy, &code, shared.settings.lockout)?;
        if strategy == EMAIL_CODE {
            return complete(&shared, call, sign_in, strategy, &user_agent);
        }
        sign_in.status = SignInStatus::NeedsNewPassword;
        sign_in.verified_by = Some(strategy.to_owned());
        call.save_sign_in(&sign_in)?;
        show_now(&shared, call, sign_in)
    });
    work.await
}

async fn attempt_password(
    state: Arc<InstanceState>,
    caller: &Caller,
    id: String,
    password: String,
) -> Result<Response, ClerkError> {
    let wanted = id.clone();
    let find = move |call: &mut Call<'_>| {
        let sign_in = waiting(call, &wanted, SignInStatus::NeedsFirstFactor)?;
        Ok(sign_in.user_id.ok_or(WRONG_STRATEGY)?)
    };
    let password: ComparedPassword = state.compare_password(caller, password, find).await?;
    let (shared, user_agent) = (Arc::clone(&state), caller.browser.user_agent.clone());
    let work = state.answer(caller, move |call| {
        let sign_in = waiting(call, &id, SignInStatus::NeedsFirstFactor)?;
        let user_id = sign_in.user_id.clone().ok_or(WRONG_STRATEGY)?;
        accept_password(call, &user_id, &password, shared.settings.lockout, WRONG_PASSWORD)?;
        complete(&shared, call, sign_in, PASSWORD, &user_agent)
    });
    work.await
}

/// `POST …/reset_password`: `password`, and `sign_out_of_other_sessions`. Follows a code that showed whose account it is.
pub async fn reset_password(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let password = form.required("password")?.to_owned();
    let sign_out_others = form.filled("sign_out_of_other_sessions") == Some("true");
    let wanted = id.clone();
    let find = state.ask(&caller, move |call| Ok(waiting(call, &wanted, SignInStatus::NeedsNewPassword)?.identifier));
    let email = find.await?.unwrap_or_default();
    check_password(&password, &email).map_err(|refusal| errors::account(refusal, "password"))?;
    let password_hash = state.passwords.hash(password).await?;
    let (shared, user_agent) = (Arc::clone(&state), caller.browser.user_agent.clone());
    let work = state.answer(&caller, move |call| {
        let sign_in = waiting(call, &id, SignInStatus::NeedsNewPassword)?;
        let user_id = sign_in.user_id.clone().ok_or(NO_SIGN_IN)?;
        refuse_kept_out(call, &user_id)?;
        call.set_password(&user_id, &password_hash)?;
        if sign_out_others {
            call.revoke_sessions(&user_id, None)?;
        }
        complete(&shared, call, sign_in, RESET_PASSWORD, &user_agent)
    });
    work.await
}

/// Signs in who showed that the account is theirs, and shows it.
fn complete(
    state: &InstanceState,
    call: &mut Call<'_>,
    sign_in: SignIn,
    strategy: &str,
    user_agent: &str,
) -> Result<Reply, CallError<ClerkError>> {
    let sign_in = let_in(call, sign_in, strategy, user_agent)?;
    show_now(state, call, sign_in)
}

/// Signs in who showed that the account is theirs.
pub fn let_in(
    call: &mut Call<'_>,
    mut sign_in: SignIn,
    strategy: &str,
    user_agent: &str,
) -> Result<SignIn, CallError<ClerkError>> {
    let user_id = sign_in.user_id.as_deref().ok_or(NO_SIGN_IN)?;
    refuse_kept_out(call, user_id)?;
    let session = call.start_session(user_id, user_agent)?;
    tracing::info!(user.id = user_id, session.id = session.id, strategy, "signed in");
    sign_in.status = SignInStatus::Complete;
    sign_in.verified_by = Some(strategy.to_owned());
    sign_in.created_session_id = Some(session.id);
    call.save_sign_in(&sign_in)?;
    Ok(sign_in)
}

/// The sign-in as it is now.
pub fn show_now(state: &InstanceState, call: &Call<'_>, sign_in: SignIn) -> Result<Reply, CallError<ClerkError>> {
    let view = call.show_sign_in(sign_in)?;
    Ok(Reply::Resource(resources::sign_in(state, &view)))
}

/// The sign-in with this id, if it is this browser's and waits for this.
fn waiting(call: &Call<'_>, id: &str, status: SignInStatus) -> Result<SignIn, CallError<ClerkError>> {
    let sign_in = call.sign_in(id)?.filter(|sign_in| sign_in.status == status);
    Ok(sign_in.ok_or(NO_SIGN_IN)?)
}

fn user_id(call: &Call<'_>, identifier: &str) -> Result<String, CallError<ClerkError>> {
    Ok(call.owner_of_email(identifier)?.ok_or(UNKNOWN_IDENTIFIER)?)
}

/// Who is banned or locked out does not come in, whatever they showed.
fn refuse_kept_out(call: &Call<'_>, user_id: &str) -> Result<(), CallError<ClerkError>> {
    if call.user(user_id)?.ok_or(NO_SIGN_IN)?.banned {
        return Err(BANNED.into());
    }
    refuse_locked(call, user_id)
}

/// One account at a time.
pub fn refuse_second_session(call: &Call<'_>) -> Result<(), CallError<ClerkError>> {
    if call.session()?.is_some() { Err(SESSION_EXISTS.into()) } else { Ok(()) }
}

/// The strategies that send a code.
fn code_strategy(strategy: &str) -> Option<&'static str> {
    [EMAIL_CODE, RESET_PASSWORD].into_iter().find(|known| *known == strategy)
}
