//! Pictures of users and logos of organizations. Who uploads a logo is not kept.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::Value;

use super::{accounts::change_user, request::missing};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    images::{NO_IMAGE, Upload},
    organization_errors::UNKNOWN_ORGANIZATION,
    organization_resources::{Reader, counted_organization},
    request_parts::Segments,
    store::{Call, CallError},
};

/// `POST /v1/users/{id}/profile_image`: `file`, in a multipart form.
pub async fn set_profile_image(
    state: State<Arc<InstanceState>>,
    id: Segments<String>,
    Upload(file): Upload,
) -> Result<Json<Value>, ClerkError> {
    let image = file.ok_or_else(|| missing("file"))?;
    change_user(state, id, move |call, id| Ok(call.set_profile_image(id, &image).map(drop)?)).await
}

/// `DELETE /v1/users/{id}/profile_image`
pub async fn delete_profile_image(
    state: State<Arc<InstanceState>>,
    id: Segments<String>,
) -> Result<Json<Value>, ClerkError> {
    change_user(state, id, |call, id| Ok(call.delete_profile_image(id)?.map(drop).ok_or(NO_IMAGE)?)).await
}

/// `PUT /v1/organizations/{id}/logo`: `file`, in a multipart form.
pub async fn set_logo(
    state: State<Arc<InstanceState>>,
    id: Segments<String>,
    Upload(file): Upload,
) -> Result<Json<Value>, ClerkError> {
    let logo = file.ok_or_else(|| missing("file"))?;
    change_logo(state, id, move |call, id| Ok(call.set_logo(id, &logo)?)).await
}

/// `DELETE /v1/organizations/{id}/logo`
pub async fn delete_logo(state: State<Arc<InstanceState>>, id: Segments<String>) -> Result<Json<Value>, ClerkError> {
    change_logo(state, id, |call, id| if call.delete_logo(id)? { Ok(()) } else { Err(NO_IMAGE.into()) }).await
}

async fn change_logo(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    change: impl FnOnce(&Call<'_>, &str) -> Result<(), CallError<ClerkError>> + Send + 'static,
) -> Result<Json<Value>, ClerkError> {
    let work = state.change(move |call| {
        call.organization(&id)?.ok_or(UNKNOWN_ORGANIZATION)?;
        change(call, &id)?;
        tracing::info!(organization.id = id, "logo changed");
        Ok((call.organization(&id)?.ok_or(UNKNOWN_ORGANIZATION)?, call.organization_counts(&id)?))
    });
    let (organization, counts) = work.await?;
    Ok(Json(counted_organization(&state, &organization, counts, Reader::Server)))
}
