//! Invitations to an organization, for those of its members who may manage them. Nobody is sent a message: the invited
//! find them once they are signed in.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    caller::{Caller, Reply},
    errors::param_value,
    form::Form,
    list_query::ListQuery,
    permissions::{MANAGE_MEMBERS, require},
};
use crate::instance::{
    InstanceState,
    accounts::{is_email, normalise_email},
    clerk_error::ClerkError,
    organization_errors::UNKNOWN_INVITATION,
    organization_resources::{Reader, invitation},
    request_parts::Segments,
    store::NewInvitation,
};

/// Clerk's default.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const MAX_AT_ONCE: usize = 10;

/// `GET /v1/organizations/{id}/invitations`, with `status` those with one of these.
pub async fn list(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ClerkError> {
    let (query, session, shared) = (ListQuery::read(query), caller.session(), Arc::clone(&state));
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[MANAGE_MEMBERS])?;
        let (found, total) = call.invitations_to(&id, query.all("status").as_deref(), query.page())?;
        let data: Value = found.iter().map(|it| invitation(&shared, it, Reader::Browser)).collect();
        Ok(Reply::Resource(json!({ "data": data, "total_count": total })))
    });
    work.await
}

/// `POST /v1/organizations/{id}/invitations`: an `email_address` and a `role`.
pub async fn create(
    state: State<Arc<InstanceState>>,
    caller: Caller,
    id: Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let one = |made: Vec<Value>| made.into_iter().next().unwrap_or_default();
    invite(state, caller, id, vec![form.required("email_address")?.to_owned()], &form, one).await
}

/// `POST /v1/organizations/{id}/invitations/bulk`: `email_address` as often as need be, and a `role` for all. All are
/// invited, or none.
pub async fn create_several(
    state: State<Arc<InstanceState>>,
    caller: Caller,
    id: Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let addresses = form.all("email_address");
    if !(1..=MAX_AT_ONCE).contains(&addresses.len()) {
        return Err(param_value("email_address", "Invite one to ten at a time."));
    }
    invite(state, caller, id, addresses, &form, Value::Array).await
}

async fn invite(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    addresses: Vec<String>,
    form: &Form,
    answer: fn(Vec<Value>) -> Value,
) -> Result<Response, ClerkError> {
    let role = form.required("role")?.to_owned();
    let addresses: Vec<String> = addresses.iter().map(|address| normalise_email(address)).collect();
    if !addresses.iter().all(|address| is_email(address)) {
        return Err(param_value("email_address", "This is not an email address."));
    }
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let inviter = require(call, &session, &id, &[MANAGE_MEMBERS])?;
        let wanted = addresses.into_iter().map(|email_address| NewInvitation {
            email_address,
            role: role.clone(),
            inviter_user_id: Some(inviter.id.clone()),
            public_metadata: serde_json::Map::new(),
            private_metadata: serde_json::Map::new(),
            lifetime: LIFETIME,
        });
        let wanted: Vec<NewInvitation> = wanted.collect();
        let made = call.create_invitations(&id, &wanted)?.map_err(ClerkError::from)?;
        let made = made.iter().map(|made| invitation(&shared, made, Reader::Browser)).collect();
        Ok(Reply::Resource(answer(made)))
    });
    work.await
}

/// `POST /v1/organizations/{id}/invitations/{invitation_id}/revoke`, while it is pending.
pub async fn revoke(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments((id, invitation_id)): Segments<(String, String)>,
) -> Result<Response, ClerkError> {
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[MANAGE_MEMBERS])?;
        let found = call.invitation(&invitation_id)?.filter(|found| found.organization.id == id);
        let found = found.ok_or(UNKNOWN_INVITATION)?;
        let revoked = call.revoke_invitation(&found.id)?.map_err(ClerkError::from)?;
        Ok(Reply::Resource(invitation(&shared, &revoked, Reader::Browser)))
    });
    work.await
}
