//! Whoever is signed in: their profile, password and sessions.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use serde_json::{Map, Value};

use super::{
    caller::{Caller, Reply},
    errors::{self, UNAUTHENTICATED, param_value},
    first_factor::accept_password,
    form::Form,
    resources,
};
use crate::instance::{
    InstanceState,
    accounts::{check_name, check_password},
    clerk_error::ClerkError,
    request_parts::Segments,
    store::{Call, CallError, EmailChangeError, MergeError, MetadataPatch, UserChange},
};

const WRONG_CURRENT_PASSWORD: ClerkError =
    ClerkError::field("form_password_incorrect", "current_password", "The current password is not right.");
const SAME_PASSWORD: ClerkError =
    ClerkError::field("form_new_password_matches_current", "new_password", "The new password is the current one.");
const NO_SESSION: ClerkError = ClerkError::not_found("You have no active session with this id.");

/// `GET /v1/me`
pub async fn show(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        Ok(Reply::Resource(resources::user(&shared, &user)))
    });
    work.await
}

/// `PATCH /v1/me`: `first_name`, `last_name` (an empty one removes it), `primary_email_address_id`, which must be verified,
/// and `unsafe_metadata`, which replaces what is there.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    let change = UserChange {
        first_name: name(&form, "first_name")?,
        last_name: name(&form, "last_name")?,
        ..UserChange::default()
    };
    let primary = form.filled("primary_email_address_id").map(str::to_owned);
    let unsafe_metadata = metadata(&form)?;
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        call.whole_or_nothing(|| {
            if let Some(email_id) = primary {
                call.set_primary_email(&user.id, &email_id)?.map_err(primary_refused)?;
            }
            if let Some(metadata) = unsafe_metadata {
                call.replace_unsafe_metadata(&user.id, metadata)?.map_err(too_large)?;
            }
            Ok(call.update_user(&user.id, &change)?)
        })?;
        show_again(&shared, call, &user.id)
    });
    work.await
}

/// `PATCH /v1/me/metadata`: merges into `unsafe_metadata`, deeply; `null` removes. The rest is for servers to change.
pub async fn merge_metadata(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    let patch = MetadataPatch { unsafe_metadata: metadata(&form)?, ..MetadataPatch::default() };
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        call.merge_metadata(&user.id, &patch)?.map_err(too_large)?;
        show_again(&shared, call, &user.id)
    });
    work.await
}

/// `DELETE /v1/me`: the account and all that is kept of it.
pub async fn delete(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        call.end_session()?;
        call.delete_user(&user.id)?;
        tracing::info!(user.id, "account deleted by its owner");
        Ok(Reply::Resource(resources::deleted("user", &user.id)))
    });
    work.await
}

/// `POST /v1/me/change_password`: `current_password`, `new_password`, `sign_out_of_other_sessions`.
pub async fn change_password(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    let (current, new) = (form.required("current_password")?, form.required("new_password")?);
    let sign_out_others = form.filled("sign_out_of_other_sessions") == Some("true");
    let session = caller.session();
    let email = state.ask(&caller, move |call| Ok(session.find(call)?.1.email_addresses.into_iter().next())).await?;
    let email = email.map(|email| email.email_address).unwrap_or_default();
    check_password(new, &email).map_err(|refusal| errors::account(refusal, "new_password"))?;
    let session = caller.session();
    let find = move |call: &mut Call<'_>| Ok(session.find(call)?.1.id);
    let compared = state.compare_password(&caller, current.to_owned(), find).await?;
    if compared.correct() && current == new {
        return Err(SAME_PASSWORD);
    }
    let password_hash = state.passwords.hash(new.to_owned()).await?;
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (session, user) = session.find(call)?;
        accept_password(call, &user.id, &compared, shared.settings.lockout, WRONG_CURRENT_PASSWORD)?;
        call.set_password(&user.id, &password_hash)?;
        if sign_out_others {
            call.revoke_sessions(&user.id, Some(&session.id))?;
        }
        show_again(&shared, call, &user.id)
    });
    work.await
}

/// `POST /v1/me/remove_password`: `current_password`. Codes are left to sign in with.
pub async fn remove_password(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    let current = form.required("current_password")?.to_owned();
    let session = caller.session();
    let find = move |call: &mut Call<'_>| Ok(session.find(call)?.1.id);
    let compared = state.compare_password(&caller, current, find).await?;
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        accept_password(call, &user.id, &compared, shared.settings.lockout, WRONG_CURRENT_PASSWORD)?;
        call.set_password(&user.id, "")?;
        show_again(&shared, call, &user.id)
    });
    work.await
}

/// `GET /v1/me/sessions/active`: where the user is signed in, as a bare array.
pub async fn active_sessions(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
) -> Result<Json<Value>, ClerkError> {
    let session = caller.session();
    let find = state.ask(&caller, move |call| {
        let (_, user) = session.find(call)?;
        Ok((call.active_sessions(&user.id)?, user))
    });
    let (sessions, user) = find.await?;
    Ok(Json(sessions.iter().map(|session| resources::session_with_activity(&state, session, &user)).collect()))
}

/// `POST /v1/me/sessions/{id}/revoke`: signs the user out somewhere.
pub async fn revoke_session(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let revoked = call.revoke_session(&user.id, &id)?.ok_or(NO_SESSION)?;
        tracing::info!(user.id, session.id = revoked.id, "session revoked by its user");
        Ok(Reply::Resource(resources::session_with_activity(&shared, &revoked, &user)))
    });
    work.await
}

/// The user as they are now.
pub fn show_again(state: &InstanceState, call: &Call<'_>, user_id: &str) -> Result<Reply, CallError<ClerkError>> {
    let user = call.user(user_id)?.ok_or(UNAUTHENTICATED)?;
    Ok(Reply::Resource(resources::user(state, &user)))
}

fn name(form: &Form, field: &'static str) -> Result<Option<String>, ClerkError> {
    let Some(name) = form.sent(field).map(str::trim) else { return Ok(None) };
    check_name(field, name).map_err(|refusal| errors::account(refusal, "password"))?;
    Ok(Some(name.to_owned()))
}

fn metadata(form: &Form) -> Result<Option<Map<String, Value>>, ClerkError> {
    let Some(text) = form.filled("unsafe_metadata") else { return Ok(None) };
    serde_json::from_str(text)
        .map(Some)
        .map_err(|_| param_value("unsafe_metadata", "Unsafe metadata is a JSON object."))
}

fn too_large(error: MergeError) -> ClerkError {
    match error {
        MergeError::UnknownUser => UNAUTHENTICATED,
        MergeError::TooLarge(_) => ClerkError::field(
            "form_param_exceeds_allowed_size",
            "unsafe_metadata",
            "Unsafe metadata has at most 8 KiB.",
        ),
        MergeError::Store(error) => error.into(),
    }
}

fn primary_refused(error: EmailChangeError) -> ClerkError {
    match error {
        EmailChangeError::Unknown => param_value("primary_email_address_id", "You have no such address."),
        EmailChangeError::Unfit => {
            param_value("primary_email_address_id", "Only a verified address can be the primary one.")
        }
    }
}
