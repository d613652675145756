//! Organizations, for whoever is signed in: those they belong to, joining and leaving; making, changing and deleting one.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    caller::{Caller, Reply},
    form::Form,
    list_query::ListQuery,
    permissions::{DELETE_PROFILE, MANAGE_DOMAINS, MANAGE_PROFILE, READ_DOMAINS, keep_a_manager, require},
    resources::deleted,
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    organization_errors::{NOT_A_MEMBER, UNKNOWN_ORGANIZATION, organization_name, slug},
    organization_resources::{Reader, counted_organization, domain, invitation, membership, role},
    request_parts::Segments,
    store::{NewOrganization, OrganizationChange, User},
};

const DELETION_OFF: ClerkError = ClerkError::new(
    StatusCode::FORBIDDEN,
    "organization_admin_delete_not_enabled",
    "This organization cannot be deleted by its members.",
);

/// `GET /v1/me/organization_memberships`
pub async fn memberships(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ClerkError> {
    let (page, session, shared) = (ListQuery::read(query).page(), caller.session(), Arc::clone(&state));
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let shown = user.memberships.iter().skip(page.offset as usize).take(page.limit as usize);
        let data: Value = shown.map(|it| membership(&shared, it, Reader::Browser)).collect();
        Ok(Reply::Resource(json!({ "data": data, "total_count": user.memberships.len() })))
    });
    work.await
}

/// `DELETE /v1/me/organization_memberships/{organization_id}`: leaves the organization.
pub async fn leave(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(organization_id): Segments<String>,
) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        keep_a_manager(call, &organization_id, &user.id)?;
        let left = call.delete_membership(&organization_id, &user.id)?.ok_or(NOT_A_MEMBER)?;
        let deleted = json!({ "object": "organization_membership", "id": left.id, "deleted": true });
        Ok(Reply::Resource(deleted))
    });
    work.await
}

/// `GET /v1/me/organization_invitations`: those for the user's verified primary address.
pub async fn invitations(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ClerkError> {
    let (query, session, shared) = (ListQuery::read(query), caller.session(), Arc::clone(&state));
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let Some(address) = verified_addresses(&user).into_iter().next() else {
            return Ok(Reply::Resource(json!({ "data": [], "total_count": 0 })));
        };
        let (found, total) = call.invitations_for(&address, query.all("status").as_deref(), query.page())?;
        let data: Value = found.iter().map(|it| invitation(&shared, it, Reader::Browser)).collect();
        Ok(Reply::Resource(json!({ "data": data, "total_count": total })))
    });
    work.await
}

/// `POST /v1/me/organization_invitations/{id}/accept`
pub async fn accept_invitation(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let accepted = call.accept_invitation(&id, &user.id, &verified_addresses(&user))?;
        let accepted = accepted.map_err(ClerkError::from)?;
        Ok(Reply::Resource(invitation(&shared, &accepted, Reader::Browser)))
    });
    work.await
}

/// `GET /v1/me/organization_suggestions`: nobody is ever told to join because of a domain.
pub async fn suggestions(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        session.find(call)?;
        Ok(Reply::Resource(json!({ "data": [], "total_count": 0 })))
    });
    work.await
}

/// `POST /v1/organizations`: a `name`, and a `slug` that is made of it where there is none. Whoever makes it
/// administers it.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Form,
) -> Result<Response, ClerkError> {
    let name = organization_name(form.required("name")?)?;
    let slug = form.filled("slug").map(slug).transpose()?;
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let new = NewOrganization { name, slug, created_by: Some(user.id), ..NewOrganization::default() };
        let made = call.create_organization(new)?.map_err(ClerkError::from)?;
        tracing::info!(organization.id = made.id, "organization created");
        Ok(Reply::Resource(counted_organization(&shared, &made, (1, 0), Reader::Browser)))
    });
    work.await
}

/// `GET /v1/organizations/{id}`, for its members.
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let found = user.memberships.iter().find(|it| it.organization.id == id).ok_or(UNKNOWN_ORGANIZATION)?;
        let counts = call.organization_counts(&id)?;
        Ok(Reply::Resource(counted_organization(&shared, &found.organization, counts, Reader::Browser)))
    });
    work.await
}

/// `PATCH /v1/organizations/{id}`: `name` and `slug`.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let change = OrganizationChange {
        name: form.filled("name").map(organization_name).transpose()?,
        slug: form.filled("slug").map(slug).transpose()?,
        ..OrganizationChange::default()
    };
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[MANAGE_PROFILE])?;
        let changed = call.update_organization(&id, &change)?.map_err(ClerkError::from)?;
        tracing::info!(organization.id = changed.id, "organization updated");
        Ok(Reply::Resource(counted_organization(&shared, &changed, call.organization_counts(&id)?, Reader::Browser)))
    });
    work.await
}

/// `DELETE /v1/organizations/{id}`, where its members may.
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let user = require(call, &session, &id, &[DELETE_PROFILE])?;
        if user.memberships.iter().any(|it| it.organization.id == id && !it.organization.admin_delete_enabled) {
            return Err(DELETION_OFF.into());
        }
        call.delete_organization(&id)?.ok_or(UNKNOWN_ORGANIZATION)?;
        tracing::info!(organization.id = id, "organization deleted by a member");
        Ok(Reply::Resource(deleted("organization", &id)))
    });
    work.await
}

/// `GET /v1/organizations/{id}/roles`, for its members.
pub async fn roles(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        if !user.memberships.iter().any(|it| it.organization.id == id) {
            return Err(UNKNOWN_ORGANIZATION.into());
        }
        let data: Vec<Value> = call.roles()?.iter().map(role).collect();
        Ok(Reply::Resource(json!({ "total_count": data.len(), "data": data })))
    });
    work.await
}

/// `GET /v1/organizations/{id}/domains`: what `<OrganizationProfile/>` asks for whoever may see them. Here only servers
/// change them.
pub async fn domains(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ClerkError> {
    let (page, session) = (ListQuery::read(query).page(), caller.session());
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[READ_DOMAINS, MANAGE_DOMAINS])?;
        let (found, total) = call.domains(&id, page)?;
        let data: Vec<Value> = found.iter().map(domain).collect();
        Ok(Reply::Resource(json!({ "data": data, "total_count": total })))
    });
    work.await
}

/// Invitations go to addresses: only who has shown that an address is theirs may see and accept them.
fn verified_addresses(user: &User) -> Vec<String> {
    let verified = user.email_addresses.iter().filter(|email| email.verified_by.is_some());
    verified.map(|email| email.email_address.clone()).collect()
}
