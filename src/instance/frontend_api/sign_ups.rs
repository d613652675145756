//! Signing up: an address, a password and a code that is sent to the address, in whatever order they come. There is no
//! user before all of it is there; then user and session are made in one transaction.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::{Map, Value};

use super::{
    caller::{Caller, Reply},
    errors::{self, IDENTITY_TAKEN, NO_SIGN_UP, WRONG_STRATEGY, param_nil, param_value},
    external::{depart, transfer_to_sign_up},
    form::Form,
    resources::{self, EMAIL_CODE},
    settlement::email_strategy,
    sign_ins::refuse_second_session,
};
use crate::instance::{
    InstanceState,
    accounts::{Refusal, check_email, check_name, check_password, normalise_email},
    clerk_error::ClerkError,
    metadata::{self, MAX_METADATA_BYTES},
    request_parts::Segments,
    social::Identity,
    store::{Call, CallError, ExternalStatus, NewUser, Purpose, SignUp},
};

/// What a form brings to a sign-up, checked as far as it can be by itself.
struct Brought {
    email_address: Option<String>,
    password: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    unsafe_metadata: Option<Map<String, Value>>,
    locale: Option<String>,
}

impl Brought {
    fn read(form: &Form) -> Result<Self, ClerkError> {
        let email_address = form.filled("email_address").map(normalise_email);
        if let Some(email) = &email_address {
            check_email(email).map_err(refused)?;
        }
        let password = form.filled("password").map(str::to_owned);
        if let Some(password) = &password {
            check_password(password, email_address.as_deref().unwrap_or_default()).map_err(refused)?;
        }
        Ok(Self {
            email_address,
            password,
            first_name: name(form, "first_name")?,
            last_name: name(form, "last_name")?,
            unsafe_metadata: unsafe_metadata(form)?,
            locale: form.filled("locale").map(str::to_owned),
        })
    }
}

/// `POST /v1/client/sign_ups`: whatever is known already. With the `strategy` of an identity provider, the answer says
/// where the browser goes on; with `transfer`, a sign-up goes on with the identity that a sign-in found.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    let brought = Brought::read(&form)?;
    let transfer = form.filled("transfer") == Some("true");
    let departure = depart(&state, &form).await?;
    add(state, &caller, brought, move |call| {
        refuse_second_session(call)?;
        if transfer {
            return transfer_to_sign_up(call);
        }
        let mut sign_up = SignUp::default();
        call.begin_sign_up(&mut sign_up)?;
        if let Some(departure) = departure {
            call.begin_external(Purpose::SignUp, &sign_up.id, &departure)?;
        }
        Ok(sign_up)
    })
    .await
}

/// `PATCH /v1/client/sign_ups/{id}`: what was missing, or is meant otherwise.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let brought = Brought::read(&form)?;
    let departure = depart(&state, &form).await?;
    add(state, &caller, brought, move |call| {
        let sign_up = waiting(call, &id)?;
        if let Some(departure) = departure {
            call.begin_external(Purpose::SignUp, &sign_up.id, &departure)?;
        }
        Ok(sign_up)
    })
    .await
}

/// Adds what was brought to the sign-up that `find` finds. An address that is taken leaves everything as it was.
async fn add(
    state: Arc<InstanceState>,
    caller: &Caller,
    brought: Brought,
    find: impl FnOnce(&mut Call<'_>) -> Result<SignUp, CallError<ClerkError>> + Send + 'static,
) -> Result<Response, ClerkError> {
    let password_hash = match &brought.password {
        Some(password) => Some(state.passwords.hash(password.clone()).await?),
        None => None,
    };
    let (shared, user_agent) = (Arc::clone(&state), caller.browser.user_agent.clone());
    let work = state.answer(caller, move |call| {
        if let Some(email) = &brought.email_address
            && call.owner_of_email(email)?.is_some()
        {
            return Err(refused(Refusal::EmailTaken).into());
        }
        let mut sign_up = find(call)?;
        if let Some(email) = brought.email_address.filter(|email| sign_up.email_address.as_ref() != Some(email)) {
            sign_up.email_address = Some(email);
            sign_up.email_verified = false;
            call.forget_code(&sign_up.id)?;
        }
        sign_up.password_hash = password_hash.or(sign_up.password_hash);
        sign_up.first_name = brought.first_name.unwrap_or(sign_up.first_name);
        sign_up.last_name = brought.last_name.unwrap_or(sign_up.last_name);
        sign_up.unsafe_metadata = brought.unsafe_metadata.unwrap_or(sign_up.unsafe_metadata);
        sign_up.locale = brought.locale.or(sign_up.locale);
        go_on(&shared, call, sign_up, &user_agent)
    });
    work.await
}

/// `GET /v1/client/sign_ups/{id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let shared = Arc::clone(&state);
    let work = state.answer(&caller, move |call| {
        let sign_up = call.sign_up(&id)?.ok_or(NO_SIGN_UP)?;
        show_now(&shared, call, sign_up)
    });
    work.await
}

/// `POST …/prepare_verification`: sends a code to the address.
pub async fn prepare_verification(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    require_email_code(&form)?;
    let shared = Arc::clone(&state);
    let work = state.answer(&caller, move |call| {
        let sign_up = waiting(call, &id)?;
        let email = sign_up.email_address.clone().ok_or(param_nil("email_address"))?;
        call.send_code(&sign_up.id, &email, EMAIL_CODE)?;
        show_now(&shared, call, sign_up)
    });
    work.await
}

/// `POST …/attempt_verification`: the `code` that was sent.
pub async fn attempt_verification(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    require_email_code(&form)?;
    let code = form.required("code")?.to_owned();
    let (shared, user_agent) = (Arc::clone(&state), caller.browser.user_agent.clone());
    let work = state.answer(&caller, move |call| {
        let mut sign_up = waiting(call, &id)?;
        if let Some(refusal) = errors::code(&call.check_code(&sign_up.id, EMAIL_CODE, &code)?) {
            return Err(refusal.into());
        }
        sign_up.email_verified = true;
        go_on(&shared, call, sign_up, &user_agent)
    });
    work.await
}

/// Keeps a sign-up, makes its user and session when nothing is missing, and shows it.
fn go_on(
    state: &InstanceState,
    call: &mut Call<'_>,
    sign_up: SignUp,
    user_agent: &str,
) -> Result<Reply, CallError<ClerkError>> {
    let sign_up = advance(call, sign_up, user_agent)?;
    show_now(state, call, sign_up)
}

/// Keeps a sign-up, and makes its user and session when nothing is missing. Who has an account elsewhere to sign in with
/// needs no password.
pub fn advance(call: &mut Call<'_>, mut sign_up: SignUp, user_agent: &str) -> Result<SignUp, CallError<ClerkError>> {
    let external = call.external_of(&sign_up.id)?.filter(|external| external.status == ExternalStatus::Verified);
    let identity = external.and_then(|external| external.identity);
    let has_way_in = sign_up.password_hash.is_some() || identity.is_some();
    if let (None, Some(email), true, true) =
        (&sign_up.created_user_id, &sign_up.email_address, sign_up.email_verified, has_way_in)
    {
        let user_id = create_user_of(call, &sign_up, email, identity.as_ref())?;
        let session = call.start_session(&user_id, user_agent)?;
        tracing::info!(user.id = user_id, session.id = session.id, "signed up");
        sign_up.created_user_id = Some(user_id);
        sign_up.created_session_id = Some(session.id);
    }
    call.save_sign_up(&sign_up)?;
    Ok(sign_up)
}

/// Makes the user of a sign-up, who signs in with this identity if there is one. Returns their id.
pub fn create_user_of(
    call: &Call<'_>,
    sign_up: &SignUp,
    email: &str,
    identity: Option<&Identity>,
) -> Result<String, CallError<ClerkError>> {
    if call.owner_of_email(email)?.is_some() {
        return Err(refused(Refusal::EmailTaken).into());
    }
    if let Some(identity) = identity
        && call.owner_of_identity(identity)?.is_some()
    {
        return Err(IDENTITY_TAKEN.into());
    }
    let user_id = call.create_user(&NewUser {
        first_name: sign_up.first_name.clone(),
        last_name: sign_up.last_name.clone(),
        email: email.to_owned(),
        password_hash: sign_up.password_hash.clone().unwrap_or_default(),
        unsafe_metadata: sign_up.unsafe_metadata.clone(),
        locale: sign_up.locale.clone(),
        ..NewUser::default()
    })?;
    if sign_up.email_verified {
        call.verify_email(&user_id, email, &email_strategy(identity, email))?;
    }
    if let Some(identity) = identity {
        call.add_external_account(&user_id, identity)?;
    }
    Ok(user_id)
}

fn show_now(state: &InstanceState, call: &Call<'_>, sign_up: SignUp) -> Result<Reply, CallError<ClerkError>> {
    let view = call.show_sign_up(sign_up)?;
    Ok(Reply::Resource(resources::sign_up(state, &view)))
}

/// The sign-up with this id, if it is this browser's and not done.
fn waiting(call: &Call<'_>, id: &str) -> Result<SignUp, CallError<ClerkError>> {
    let sign_up = call.sign_up(id)?.filter(|sign_up| sign_up.created_user_id.is_none());
    Ok(sign_up.ok_or(NO_SIGN_UP)?)
}

fn require_email_code(form: &Form) -> Result<(), ClerkError> {
    if form.filled("strategy").is_none_or(|strategy| strategy == EMAIL_CODE) { Ok(()) } else { Err(WRONG_STRATEGY) }
}

fn name(form: &Form, field: &'static str) -> Result<Option<String>, ClerkError> {
    let Some(name) = form.sent(field).map(str::trim) else { return Ok(None) };
    check_name(field, name).map_err(refused)?;
    Ok(Some(name.to_owned()))
}

fn unsafe_metadata(form: &Form) -> Result<Option<Map<String, Value>>, ClerkError> {
    let Some(text) = form.filled("unsafe_metadata") else { return Ok(None) };
    let object: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| param_value("unsafe_metadata", "Unsafe metadata is a JSON object."))?;
    if metadata::size(&object) > MAX_METADATA_BYTES {
        return Err(param_value("unsafe_metadata", "Unsafe metadata has at most 8 KiB."));
    }
    Ok(Some(object))
}

const fn refused(refusal: Refusal) -> ClerkError {
    errors::account(refusal, "password")
}
