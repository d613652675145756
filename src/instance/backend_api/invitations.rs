//! Invitations to organizations. This instance sends no messages: the invited find them once they are signed in.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde_json::Value;

use super::{
    request::{Fields, FieldsList, Params, invalid},
    resources,
};
use crate::instance::{
    InstanceState,
    accounts::{is_email, normalise_email},
    clerk_error::ClerkError,
    organization_errors::{UNKNOWN_INVITATION, UNKNOWN_ORGANIZATION},
    organization_resources::{Reader, invitation},
    request_parts::Segments,
    store::{Invitation, NewInvitation},
};

/// `paginated` is what Clerk's SDK asks for; it is always paginated here.
const PARAMS: [&str; 4] = ["status", "limit", "offset", "paginated"];
/// How long an invitation may be accepted. Clerk's bounds.
const DAYS: RangeInclusive<u32> = 1..=365;
const DEFAULT_DAYS: u32 = 30;
const MAX_AT_ONCE: usize = 10;

/// `GET /v1/organizations/{id}/invitations`, newest first.
pub async fn list(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let organization = state.store.organization(id).await?.ok_or(UNKNOWN_ORGANIZATION)?;
    let (found, total) =
        state.store.invitations(organization.id, params.all("status"), params.page()?, state.now()).await?;
    Ok(Json(resources::page(found.iter().map(|found| invitation(&state, found, Reader::Server)), total)))
}

/// `GET /v1/organizations/{id}/invitations/{invitation_id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Segments((id, invitation_id)): Segments<(String, String)>,
) -> Result<Json<Value>, ClerkError> {
    Ok(Json(invitation(&state, &of_organization(&state, &id, invitation_id).await?, Reader::Server)))
}

/// `POST /v1/organizations/{id}/invitations`: an `email_address` and a `role`; `inviter_user_id`, a member;
/// `expires_in_days`, metadata for the membership. Where a link would lead and whom it is sent to is not looked at.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let made = state.store.create_invitations(id, vec![read(&fields)?], state.now()).await?;
    Ok(Json(made.first().map(|made| invitation(&state, made, Reader::Server)).unwrap_or_default()))
}

/// `POST /v1/organizations/{id}/invitations/bulk`: a list of them; all are made, or none.
pub async fn create_several(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    FieldsList(list): FieldsList,
) -> Result<Json<Value>, ClerkError> {
    if !(1..=MAX_AT_ONCE).contains(&list.len()) {
        return Err(invalid("invitations", &format!("must be 1 to {MAX_AT_ONCE}")));
    }
    let wanted = list.iter().map(read).collect::<Result<_, _>>()?;
    let made = state.store.create_invitations(id, wanted, state.now()).await?;
    let total = u32::try_from(made.len()).unwrap_or(u32::MAX);
    Ok(Json(resources::page(made.iter().map(|made| invitation(&state, made, Reader::Server)), total)))
}

/// `POST /v1/organizations/{id}/invitations/{invitation_id}/revoke`, while it is pending.
pub async fn revoke(
    State(state): State<Arc<InstanceState>>,
    Segments((id, invitation_id)): Segments<(String, String)>,
) -> Result<Json<Value>, ClerkError> {
    let found = of_organization(&state, &id, invitation_id).await?;
    let revoked = state.store.revoke_invitation(found.id, state.now()).await?;
    Ok(Json(invitation(&state, &revoked, Reader::Server)))
}

async fn of_organization(state: &InstanceState, organization_id: &str, id: String) -> Result<Invitation, ClerkError> {
    let found = state.store.invitation(id, state.now()).await?;
    found.filter(|found| found.organization.id == organization_id).ok_or(UNKNOWN_INVITATION)
}

fn read(fields: &Fields) -> Result<NewInvitation, ClerkError> {
    let email_address = normalise_email(fields.required_text("email_address")?);
    if !is_email(&email_address) {
        return Err(invalid("email_address", "must be an email address"));
    }
    let object = |name| fields.object(name).map(|object| object.cloned().unwrap_or_default());
    let days = fields.number("expires_in_days", DAYS)?.unwrap_or(DEFAULT_DAYS);
    Ok(NewInvitation {
        email_address,
        role: fields.required_text("role")?.to_owned(),
        inviter_user_id: fields.text("inviter_user_id")?.map(str::to_owned),
        public_metadata: object("public_metadata")?,
        private_metadata: object("private_metadata")?,
        lifetime: Duration::from_secs(u64::from(days) * 24 * 60 * 60),
    })
}
