//! The picture of whoever is signed in, and the logo of an organization, for those of its members who may change it.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::json;

use super::{
    caller::{Caller, Reply},
    errors::param_nil,
    permissions::{MANAGE_PROFILE, require},
    resources,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    images::{NO_IMAGE, Upload, image_url},
    organization_errors::UNKNOWN_ORGANIZATION,
    organization_resources::{Reader, counted_organization},
    request_parts::Segments,
    store::{Call, CallError},
};

/// `POST /v1/me/profile_image`: `file`, in a multipart form.
pub async fn set_own(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Upload(file): Upload,
) -> Result<Response, ClerkError> {
    let image = file.ok_or(param_nil("file"))?;
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let id = call.set_profile_image(&user.id, &image)?;
        let public_url = image_url(&shared, &id);
        Ok(Reply::Resource(json!({ "object": "image", "id": id, "name": null, "public_url": public_url })))
    });
    work.await
}

/// `DELETE /v1/me/profile_image`
pub async fn delete_own(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let id = call.delete_profile_image(&user.id)?.ok_or(NO_IMAGE)?;
        Ok(Reply::Resource(resources::deleted("image", &id)))
    });
    work.await
}

/// `PUT /v1/organizations/{id}/logo`: `file`, in a multipart form.
pub async fn set_logo(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    Upload(file): Upload,
) -> Result<Response, ClerkError> {
    let logo = file.ok_or(param_nil("file"))?;
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[MANAGE_PROFILE])?;
        call.set_logo(&id, &logo)?;
        changed(&shared, call, &id)
    });
    work.await
}

/// `DELETE /v1/organizations/{id}/logo`
pub async fn delete_logo(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[MANAGE_PROFILE])?;
        if !call.delete_logo(&id)? {
            return Err(NO_IMAGE.into());
        }
        changed(&shared, call, &id)
    });
    work.await
}

fn changed(state: &InstanceState, call: &Call<'_>, organization_id: &str) -> Result<Reply, CallError<ClerkError>> {
    let organization = call.organization(organization_id)?.ok_or(UNKNOWN_ORGANIZATION)?;
    tracing::info!(organization.id, "logo changed");
    let counts = call.organization_counts(organization_id)?;
    Ok(Reply::Resource(counted_organization(state, &organization, counts, Reader::Browser)))
}
