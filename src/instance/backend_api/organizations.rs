//! Organizations: showing, finding, making, changing and deleting them.

use std::{ops::RangeInclusive, sync::Arc};

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    request::{Fields, Params, order},
    resources,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    metadata::How,
    organization_errors::{UNKNOWN_ORGANIZATION, organization_name, slug},
    organization_resources::{Reader, counted_organization, organization},
    request_parts::Segments,
    store::{
        NewOrganization, Organization, OrganizationChange, OrganizationColumn, OrganizationFilter, SharedMetadata,
    },
};

const PARAMS: [&str; 7] =
    ["query", "user_id", "organization_id", "order_by", "include_members_count", "limit", "offset"];
const COLUMNS: [(&str, OrganizationColumn); 3] = [
    ("created_at", OrganizationColumn::CreatedAt),
    ("name", OrganizationColumn::Name),
    ("members_count", OrganizationColumn::MembersCount),
];
const MEMBERSHIPS: RangeInclusive<u32> = 0..=u32::MAX;

/// `GET /v1/organizations`, newest first unless asked otherwise.
pub async fn list(State(state): State<Arc<InstanceState>>, params: Params) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let filter = OrganizationFilter {
        ids: params.all("organization_id"),
        user_ids: params.all("user_id"),
        query: params.one("query").map(str::to_owned),
    };
    let (found, total) = state.store.organizations(filter, order(&params, &COLUMNS)?, params.page()?).await?;
    let counted = params.one("include_members_count") == Some("true");
    let mut data = Vec::new();
    for organization in &found {
        data.push(shown(&state, organization, counted).await?);
    }
    Ok(Json(resources::page(data.into_iter(), total)))
}

/// `GET /v1/organizations/{id or slug}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Segments(id_or_slug): Segments<String>,
    params: Params,
) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&["include_members_count"])?;
    let found = state.store.organization(id_or_slug).await?.ok_or(UNKNOWN_ORGANIZATION)?;
    Ok(Json(shown(&state, &found, params.one("include_members_count") == Some("true")).await?))
}

/// `POST /v1/organizations`: a `name`; a `slug` that is made of it where there is none; `created_by`, who becomes the
/// administrator; `max_allowed_memberships`, metadata.
pub async fn create(State(state): State<Arc<InstanceState>>, fields: Fields) -> Result<Json<Value>, ClerkError> {
    let object = |name| fields.object(name).map(|object| object.cloned().unwrap_or_default());
    let new = NewOrganization {
        id: None,
        name: organization_name(fields.required_text("name")?)?,
        slug: fields.text("slug")?.filter(|slug| !slug.is_empty()).map(slug).transpose()?,
        max_allowed_memberships: fields.number("max_allowed_memberships", MEMBERSHIPS)?.unwrap_or_default(),
        public_metadata: object("public_metadata")?,
        private_metadata: object("private_metadata")?,
        created_by: fields.text("created_by")?.map(str::to_owned),
    };
    let organization = state.store.create_organization(new, state.now()).await?;
    tracing::info!(organization.id, "organization created");
    Ok(Json(shown(&state, &organization, true).await?))
}

/// `PATCH /v1/organizations/{id}`: what is left out stays; metadata has calls of its own.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let change = OrganizationChange {
        name: fields.text("name")?.map(organization_name).transpose()?,
        slug: fields.text("slug")?.map(slug).transpose()?,
        max_allowed_memberships: fields.number("max_allowed_memberships", MEMBERSHIPS)?,
        admin_delete_enabled: fields.flag("admin_delete_enabled")?,
    };
    let organization = state.store.update_organization(id, change, state.now()).await?;
    tracing::info!(organization.id, "organization updated");
    Ok(Json(shown(&state, &organization, true).await?))
}

/// `PATCH /v1/organizations/{id}/metadata`: merges deeply; `null` removes.
pub async fn merge_metadata(
    state: State<Arc<InstanceState>>,
    id: Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    change_metadata(state, id, &fields, How::Merge).await
}

/// `PUT /v1/organizations/{id}/metadata`: replaces what is given.
pub async fn replace_metadata(
    state: State<Arc<InstanceState>>,
    id: Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    change_metadata(state, id, &fields, How::Replace).await
}

async fn change_metadata(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: &Fields,
    how: How,
) -> Result<Json<Value>, ClerkError> {
    let change = shared_metadata(fields)?;
    let found = state.store.change_organization_metadata(id, change, how, state.now()).await?;
    tracing::info!(organization.id = found.id, "organization metadata updated");
    Ok(Json(organization(&state, &found, Reader::Server)))
}

/// `DELETE /v1/organizations/{id}`
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    let deleted = state.store.delete_organization(id).await?.ok_or(UNKNOWN_ORGANIZATION)?;
    tracing::info!(organization.id = deleted.id, "organization deleted");
    Ok(Json(json!({ "object": "organization", "id": deleted.id, "slug": deleted.slug, "deleted": true })))
}

/// `public_metadata` and `private_metadata`.
pub fn shared_metadata(fields: &Fields) -> Result<SharedMetadata, ClerkError> {
    let object = |name| fields.object(name).map(|object| object.cloned());
    Ok(SharedMetadata { public_metadata: object("public_metadata")?, private_metadata: object("private_metadata")? })
}

async fn shown(state: &InstanceState, found: &Organization, counted: bool) -> Result<Value, ClerkError> {
    if !counted {
        return Ok(organization(state, found, Reader::Server));
    }
    let counts = state.store.organization_counts(found.id.clone(), state.now()).await?;
    Ok(counted_organization(state, found, counts, Reader::Server))
}
