//! The email addresses of whoever is signed in: added, verified, deleted.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    caller::{Caller, Reply},
    errors::{self, WRONG_STRATEGY},
    form::Form,
    resources::{self, EMAIL_CODE},
};
use crate::instance::{
    InstanceState,
    accounts::{Refusal, check_email, normalise_email},
    clerk_error::ClerkError,
    request_parts::Segments,
    store::{Call, CallError, EmailAddress, EmailChangeError, User},
    user_resource,
};

const UNKNOWN: ClerkError = ClerkError::not_found("You have no email address with this id.");
const ALREADY_VERIFIED: ClerkError =
    ClerkError::new(StatusCode::BAD_REQUEST, "verification_already_verified", "This address is verified.");
const PRIMARY_STAYS: ClerkError = ClerkError::new(
    StatusCode::BAD_REQUEST,
    "last_identification_deletion_failed",
    "The primary address stays. Make another one primary first.",
);

/// `POST /v1/me/email_addresses`: `email_address`. It counts for nothing until it is verified.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    let email = normalise_email(form.required("email_address")?);
    check_email(&email).map_err(|refusal| errors::account(refusal, "password"))?;
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        if call.owner_of_email(&email)?.is_some() {
            return Err(errors::account(Refusal::EmailTaken, "password").into());
        }
        let id = call.add_email(&user.id, &email)?;
        show_again(&shared, call, &user.id, &id)
    });
    work.await
}

/// `GET /v1/me/email_addresses/{id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        show_again(&shared, call, &user.id, &id)
    });
    work.await
}

/// `POST …/prepare_verification`: sends a code there.
pub async fn prepare_verification(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    if form.filled("strategy").is_some_and(|strategy| strategy != EMAIL_CODE) {
        return Err(WRONG_STRATEGY);
    }
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let email = unverified(&user, &id)?;
        call.send_code(&email.id, &email.email_address, EMAIL_CODE)?;
        show_again(&shared, call, &user.id, &id)
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
    let code = form.required("code")?.to_owned();
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let email = unverified(&user, &id)?;
        if let Some(refusal) = errors::code(&call.check_code(&email.id, EMAIL_CODE, &code)?) {
            return Err(refusal.into());
        }
        call.verify_email(&user.id, &email.email_address, EMAIL_CODE)?;
        show_again(&shared, call, &user.id, &id)
    });
    work.await
}

/// `DELETE /v1/me/email_addresses/{id}`: any but the primary one.
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        call.delete_email(&user.id, &id)?.map_err(|error| match error {
            EmailChangeError::Unknown => UNKNOWN,
            EmailChangeError::Unfit => PRIMARY_STAYS,
        })?;
        Ok(Reply::Resource(resources::deleted("email_address", &id)))
    });
    work.await
}

fn unverified<'a>(user: &'a User, id: &str) -> Result<&'a EmailAddress, ClerkError> {
    let email = user.email_addresses.iter().find(|email| email.id == id).ok_or(UNKNOWN)?;
    if email.verified_by.is_some() { Err(ALREADY_VERIFIED) } else { Ok(email) }
}

/// The address as it is now.
fn show_again(state: &InstanceState, call: &Call<'_>, user_id: &str, id: &str) -> Result<Reply, CallError<ClerkError>> {
    let user = call.user(user_id)?.ok_or(UNKNOWN)?;
    let email = user.email_addresses.iter().find(|email| email.id == id).ok_or(UNKNOWN)?;
    Ok(Reply::Resource(user_resource::email_address(email, state.now())))
}
