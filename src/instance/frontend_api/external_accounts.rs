//! The accounts elsewhere that whoever is signed in signs in with, too: connected and disconnected.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    caller::{Caller, Reply},
    errors::WRONG_STRATEGY,
    external::depart,
    form::Form,
    resources,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    request_parts::Segments,
    store::{Purpose, User},
};

const UNKNOWN: ClerkError = ClerkError::not_found("You have no external account with this id.");
const ONLY_WAY_IN: ClerkError = ClerkError::new(
    StatusCode::BAD_REQUEST,
    "last_identification_deletion_failed",
    "There is no other way to sign in to this account.",
);

/// `POST /v1/me/external_accounts`: `strategy` and `redirect_url`. Answered with the address that the browser goes on to;
/// the account is connected when it is back.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    form.required("strategy")?;
    let session = caller.session();
    state.ask(&caller, move |call| session.find(call)).await?;
    let departure = depart(&state, &form).await?.ok_or(WRONG_STRATEGY)?;
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        call.forget_failed_connection(&user.id, &departure.strategy)?;
        call.begin_external(Purpose::Connect, &user.id, &departure)?;
        let external = call.external()?.ok_or(UNKNOWN)?;
        Ok(Reply::Resource(resources::external_account_to_be(&external)))
    });
    work.await
}

/// `DELETE /v1/me/external_accounts/{id}`: unless it is the only way to sign in. One that failed to connect is waved away.
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        if call.delete_failed_connection(&user.id, &id)? {
            return Ok(Reply::Resource(resources::deleted("external_account", &id)));
        }
        if !user.external_accounts.iter().any(|account| account.id == id) {
            return Err(UNKNOWN.into());
        }
        if !has_another_way_in(&user) {
            return Err(ONLY_WAY_IN.into());
        }
        call.delete_external_account(&user.id, &id)?;
        tracing::info!(user.id, "account disconnected");
        Ok(Reply::Resource(resources::deleted("external_account", &id)))
    });
    work.await
}

/// A password, an address that takes codes, or another account.
fn has_another_way_in(user: &User) -> bool {
    user.password_enabled || user.usable_addresses().next().is_some() || user.external_accounts.len() > 1
}
