//! Domains of organizations.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    request::{Fields, Params, invalid},
    resources,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    organization_errors::{UNKNOWN_DOMAIN, UNKNOWN_ORGANIZATION},
    organization_resources::domain,
    request_parts::Segments,
    store::DomainChange,
};

/// `paginated` is what Clerk's SDK asks for; it is always paginated here.
const PARAMS: [&str; 5] = ["verified", "enrollment_mode", "limit", "offset", "paginated"];
const MODES: [&str; 3] = ["manual_invitation", "automatic_invitation", "automatic_suggestion"];
const MAX_NAME_BYTES: usize = 253;

/// `GET /v1/organizations/{id}/domains`, newest first.
pub async fn list(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Json<Value>, ClerkError> {
    let params = params.only(&PARAMS)?;
    let organization = state.store.organization(id).await?.ok_or(UNKNOWN_ORGANIZATION)?;
    let filter = DomainChange {
        enrollment_mode: params.one("enrollment_mode").map(mode).transpose()?,
        verified: params.flag("verified")?,
    };
    let (found, total) = state.store.domains(organization.id, filter, params.page()?).await?;
    Ok(Json(resources::page(found.iter().map(domain), total)))
}

/// `POST /v1/organizations/{id}/domains`: a `name` and an `enrollment_mode`; `verified`, which is true unless it is said
/// otherwise.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    Segments(id): Segments<String>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let name = name(fields.required_text("name")?)?;
    let mode = mode(fields.text("enrollment_mode")?.unwrap_or(MODES[0]))?;
    let verified = fields.flag("verified")?.unwrap_or(true);
    let made = state.store.create_domain(id, name, mode, verified, state.now()).await?;
    Ok(Json(domain(&made)))
}

/// `PATCH /v1/organizations/{id}/domains/{domain_id}`: what is left out stays.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    Segments((id, domain_id)): Segments<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, ClerkError> {
    let change = DomainChange {
        enrollment_mode: fields.text("enrollment_mode")?.map(mode).transpose()?,
        verified: fields.flag("verified")?,
    };
    let changed = state.store.update_domain(id, domain_id, change, state.now()).await?.ok_or(UNKNOWN_DOMAIN)?;
    Ok(Json(domain(&changed)))
}

/// `DELETE /v1/organizations/{id}/domains/{domain_id}`
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    Segments((id, domain_id)): Segments<(String, String)>,
) -> Result<Json<Value>, ClerkError> {
    if !state.store.delete_domain(id, domain_id.clone()).await? {
        return Err(UNKNOWN_DOMAIN);
    }
    Ok(Json(json!({ "object": "organization_domain", "id": domain_id, "deleted": true })))
}

fn mode(text: &str) -> Result<String, ClerkError> {
    if MODES.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(invalid("enrollment_mode", &format!("must be one of {}", MODES.join(", "))))
}

fn name(text: &str) -> Result<String, ClerkError> {
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let label = |label: &str| !label.is_empty() && label.chars().all(plain);
    if text.len() <= MAX_NAME_BYTES && text.contains('.') && text.split('.').all(label) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(invalid("name", "must be a domain, such as example.com"))
}
