//! Email addresses of users, one at a time.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    accounts::{add_email, primary_refused, refusal, shown},
    request::{Fields, invalid},
};
use crate::instance::{
    InstanceState,
    accounts::{check_email, normalise_email},
    clerk_error::ClerkError,
    request_parts::Segments,
    store::{BY_ADMIN, Call, CallError, EmailAddress, User},
    user_resource::email_address,
};

const UNKNOWN: ClerkError = ClerkError::not_found("There is no email address with this id.");

/// `GET /v1/email_addresses/{id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let email = state.change(move |call| Ok(find(call, &id)?.1)).await?;
    Ok(Json(email_address(&email, state.now())))
}

/// `POST /v1/email_addresses`: `user_id`, `email_address`; `verified` and `primary`, which only a verified one can be.
pub async fn create(State(state): State<Arc<InstanceState>>, fields: Fields) -> Result<Json<Value>, ClerkError> {
    let user_id = fields.required_text("user_id")?.to_owned();
    let email = normalise_email(fields.required_text("email_address")?);
    check_email(&email).map_err(refusal)?;
    let (verified, primary) = (fields.flag("verified")? == Some(true), fields.flag("primary")? == Some(true));
    if primary && !verified {
        return Err(invalid("primary", "can only be a verified address"));
    }
    let made = state.change(move |call| {
        shown(call, &user_id)?;
        let id = add_email(call, &user_id, &email, verified)?;
        if primary {
            call.set_primary_email(&user_id, &id)?.map_err(primary_refused)?;
        }
        Ok(find(call, &id)?.1)
    });
    Ok(Json(email_address(&made.await?, state.now())))
}

/// `PATCH /v1/email_addresses/{id}`: `verified: true`, `primary: true`. Neither can be taken back.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let (verified, primary) = (fields.flag("verified")?, fields.flag("primary")?);
    let changed = state.change(move |call| {
        let (user, email) = find(call, &id)?;
        if verified == Some(true) {
            call.verify_email(&user.id, &email.email_address, BY_ADMIN)?;
        }
        if primary == Some(true) {
            call.set_primary_email(&user.id, &id)?.map_err(primary_refused)?;
        }
        Ok(find(call, &id)?.1)
    });
    Ok(Json(email_address(&changed.await?, state.now())))
}

/// `DELETE /v1/email_addresses/{id}`, if it is not the primary one.
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let deleted = json!({ "object": "email_address", "id": id, "deleted": true });
    let work = state.change(move |call| {
        let (user, _) = find(call, &id)?;
        let refused = |_| invalid("email_address", "is the primary one");
        Ok(call.delete_email(&user.id, &id)?.map_err(refused)?)
    });
    work.await?;
    Ok(Json(deleted))
}

fn find(call: &Call<'_>, id: &str) -> Result<(User, EmailAddress), CallError<ClerkError>> {
    let user_id = call.user_of_address(id)?.ok_or(UNKNOWN)?;
    let mut user = shown(call, &user_id)?;
    let at = user.email_addresses.iter().position(|email| email.id == id).ok_or(UNKNOWN)?;
    let email = user.email_addresses.swap_remove(at);
    Ok((user, email))
}
