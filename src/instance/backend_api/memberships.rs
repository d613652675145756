//! Memberships: who belongs to which organization, and as what.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde_json::Value;

use super::{
    organizations::shared_metadata,
    request::{Fields, Params, order},
    resources,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    metadata::How,
    organization_errors::{NOT_A_MEMBER, UNKNOWN_ORGANIZATION},
    organization_resources::{Reader, membership},
    request_parts::Segments,
    store::{MembershipColumn, MembershipFilter},
};

/// `paginated` is what Clerk's SDK asks for; it is always paginated here.
const PARAMS: [&str; 11] = [
    "organization_id",
    "user_id",
    "email_address",
    "role",
    "query",
    "created_at_before",
    "created_at_after",
    "order_by",
    "limit",
    "offset",
    "paginated",
];
const COLUMNS: [(&str, MembershipColumn); 4] = [
    ("created_at", MembershipColumn::CreatedAt),
    ("email_address", MembershipColumn::EmailAddress),
    ("first_name", MembershipColumn::FirstName),
    ("last_name", MembershipColumn::LastName),
];

/// `GET /v1/organization_memberships`: of every organization.
pub async fn list_all(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    page(&state, params, None).await
}

/// `GET /v1/organizations/{id}/memberships`, newest first unless asked otherwise.
pub async fn list(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Json<Value>, ClerkError> {
    let organization = state.store.organization(id).await?.ok_or(UNKNOWN_ORGANIZATION)?;
    page(&state, params, Some(organization.id)).await
}

/// `GET /v1/users/{id}/organization_memberships`, the oldest first.
pub async fn list_of_user(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Json<Value>, ClerkError> {
    let page = params.only(&["limit", "offset", "paginated"])?.page()?;
    let user = state.store.user(id).await?.ok_or(ClerkError::not_found("There is no user with this id."))?;
    let total = u32::try_from(user.memberships.len()).unwrap_or(u32::MAX);
    let data = user.memberships.iter().skip(page.offset as usize).take(page.limit as usize);
    Ok(Json(resources::page(data.map(|found| membership(&state, found, Reader::Server)), total)))
}

/// `POST /v1/organizations/{id}/memberships`: a `user_id` and a `role`, both needed.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let user_id = fields.required_text("user_id")?.to_owned();
    let role = fields.required_text("role")?.to_owned();
    let made = state.store.create_membership(id, user_id, role, state.now()).await?;
    tracing::info!(membership.id = made.id, "membership created");
    Ok(Json(membership(&state, &made, Reader::Server)))
}

/// `PATCH /v1/organizations/{id}/memberships/{user_id}`: another `role`.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    Segments((id, user_id)): Segments<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let role = fields.required_text("role")?.to_owned();
    let changed = state.store.update_membership(id, user_id, role, state.now()).await?;
    tracing::info!(membership.id = changed.id, "membership updated");
    Ok(Json(membership(&state, &changed, Reader::Server)))
}

/// `PATCH /v1/organizations/{id}/memberships/{user_id}/metadata`: merges deeply; `null` removes.
pub async fn merge_metadata(
    State(state): State<Arc<InstanceState>>,
    Segments((id, user_id)): Segments<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let change = shared_metadata(&fields)?;
    let changed = state.store.change_membership_metadata(id, user_id, change, How::Merge, state.now()).await?;
    Ok(Json(membership(&state, &changed, Reader::Server)))
}

/// `DELETE /v1/organizations/{id}/memberships/{user_id}`. Answers what it was.
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    Segments((id, user_id)): Segments<(String, String)>,
) -> Result<Json<Value>, ClerkError> {
    let deleted = state.store.delete_membership(id, user_id).await?.ok_or(NOT_A_MEMBER)?;
    tracing::info!(membership.id = deleted.id, "membership deleted");
    Ok(Json(membership(&state, &deleted, Reader::Server)))
}

async fn page(
    state: &InstanceState,
    params: Params,
    organization_id: Option<String>,
) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let time = |name| params.number(name).map(|millis: Option<u64>| millis.map(Duration::from_millis));
    let filter = MembershipFilter {
        organization_id: organization_id.or_else(|| params.one("organization_id").map(str::to_owned)),
        user_ids: params.all("user_id"),
        email_addresses: params
            .all("email_address")
            .map(|emails| emails.iter().map(|email| email.to_lowercase()).collect()),
        roles: params.all("role"),
        query: params.one("query").map(str::to_owned),
        created_before: time("created_at_before")?,
        created_after: time("created_at_after")?,
    };
    let (found, total) = state.store.memberships(filter, order(&params, &COLUMNS)?, params.page()?).await?;
    Ok(Json(resources::page(found.iter().map(|found| membership(state, found, Reader::Server)), total)))
}
