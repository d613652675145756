//! The members of an organization, for those of them who may see or change who belongs to it.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    caller::{Caller, Reply},
    form::Form,
    list_query::ListQuery,
    permissions::{MANAGE_MEMBERS, READ_MEMBERS, keep_a_manager, require},
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    organization_errors::NOT_A_MEMBER,
    organization_resources::{Reader, membership},
    request_parts::Segments,
    store::{MembershipColumn, MembershipFilter, Order, Role},
};

/// `GET /v1/organizations/{id}/memberships`: with `role` those with one of these, with `query` those who are called so.
pub async fn list(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ClerkError> {
    let (query, session, shared) = (ListQuery::read(query), caller.session(), Arc::clone(&state));
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[READ_MEMBERS, MANAGE_MEMBERS])?;
        let filter = MembershipFilter {
            organization_id: Some(id),
            roles: query.all("role"),
            query: query.one("query").map(str::to_owned),
            ..MembershipFilter::default()
        };
        let newest_first = Order { column: MembershipColumn::CreatedAt, descending: true };
        let (found, total) = call.memberships(&filter, newest_first, query.page())?;
        let data: Value = found.iter().map(|it| membership(&shared, it, Reader::Browser)).collect();
        Ok(Reply::Resource(json!({ "data": data, "total_count": total })))
    });
    work.await
}

/// `POST /v1/organizations/{id}/memberships`: makes `user_id` a member, with a `role`.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let (user_id, role) = (form.required("user_id")?.to_owned(), form.required("role")?.to_owned());
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[MANAGE_MEMBERS])?;
        let made = call.create_membership(&id, &user_id, &role)?.map_err(ClerkError::from)?;
        tracing::info!(membership.id = made.id, "membership created");
        Ok(Reply::Resource(membership(&shared, &made, Reader::Browser)))
    });
    work.await
}

/// `PATCH /v1/organizations/{id}/memberships/{user_id}`: another `role`.
pub async fn update(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments((id, user_id)): Segments<(String, String)>,
    form: Form,
) -> Result<Response, ClerkError> {
    let role = form.required("role")?.to_owned();
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[MANAGE_MEMBERS])?;
        let goes_on_managing = |known: &Role| known.key == role && known.permits(MANAGE_MEMBERS);
        if !call.roles()?.iter().any(goes_on_managing) {
            keep_a_manager(call, &id, &user_id)?;
        }
        let changed = call.update_membership(&id, &user_id, &role)?.map_err(ClerkError::from)?;
        tracing::info!(membership.id = changed.id, "membership updated");
        Ok(Reply::Resource(membership(&shared, &changed, Reader::Browser)))
    });
    work.await
}

/// `DELETE /v1/organizations/{id}/memberships/{user_id}`. Answers what it was.
pub async fn delete(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments((id, user_id)): Segments<(String, String)>,
) -> Result<Response, ClerkError> {
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        require(call, &session, &id, &[MANAGE_MEMBERS])?;
        keep_a_manager(call, &id, &user_id)?;
        let deleted = call.delete_membership(&id, &user_id)?.ok_or(NOT_A_MEMBER)?;
        tracing::info!(membership.id = deleted.id, "membership deleted");
        Ok(Reply::Resource(membership(&shared, &deleted, Reader::Browser)))
    });
    work.await
}
