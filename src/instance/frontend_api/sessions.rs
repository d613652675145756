//! Sessions of this browser: used, turned into tokens, ended.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, response::Response};
use serde_json::Value;

use super::{
    caller::{Caller, Reply, SessionChoice},
    form::Form,
    resources,
};
use crate::instance::{
    InstanceState, clerk_error::ClerkError, organization_errors::NOT_A_MEMBER, request_parts::Segments, templates,
    tokens::TemplateToken,
};

const UNKNOWN_TEMPLATE: ClerkError = ClerkError::not_found("There is no JWT template with this name.");

/// `GET /v1/client/sessions/{id}`
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    let work = state.answer(&caller, |call| {
        SessionChoice::id(id).find(call)?;
        Ok(Reply::Session)
    });
    work.await
}

/// `POST …/touch`: the session is in use, in `active_organization_id` (an empty one stands for none). An organization
/// that the user does not belong to is refused when it is chosen; when a page merely gets the focus, nothing changes.
pub async fn touch(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Response, ClerkError> {
    let wanted = form.sent("active_organization_id").map(str::to_owned);
    let chosen = form.sent("intent") == Some("select_org");
    let work = state.answer(&caller, move |call| {
        let (session, _) = SessionChoice::id(id).find(call)?;
        call.mark_used(&session)?;
        if let Some(wanted) = &wanted {
            let organization = Some(wanted.as_str()).filter(|wanted| !wanted.is_empty());
            let changed = call.set_active_organization(&session.id, organization)?;
            if chosen && !changed {
                return Err(NOT_A_MEMBER.into());
            }
        }
        Ok(Reply::Session)
    });
    work.await
}

/// `POST …/tokens`: a session token, bare. It tells the organization in `organization_id`, which each tab of a browser
/// may have its own of (an empty one stands for none, and so does one that the user does not belong to); without it the
/// session's.
pub async fn create_token(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
    form: Form,
) -> Result<Json<Value>, ClerkError> {
    let wanted = form.sent("organization_id").map(str::to_owned);
    let find = state.ask(&caller, move |call| {
        let (mut session, _) = SessionChoice::id(id).find(call)?;
        call.mark_used(&session)?;
        if let Some(wanted) = wanted {
            session.organization = call.active_organization(&wanted, &session.user_id)?;
        }
        Ok(session)
    });
    let session = find.await?;
    let jwt = state.mint.session_token(&session, &caller.origin, None, state.now())?;
    Ok(Json(resources::token(&jwt)))
}

/// `POST …/tokens/{template}`: a token with a template's claims, bare.
pub async fn create_template_token(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments((id, template)): Segments<(String, String)>,
) -> Result<Json<Value>, ClerkError> {
    let (session, user) = state.ask(&caller, |call| SessionChoice::id(id).find(call)).await?;
    let template = state.store.jwt_template_by_name(template).await?.ok_or(UNKNOWN_TEMPLATE)?.content;
    let token = TemplateToken {
        claims: templates::render(&template.claims, &templates::subjects(&user, session.organization.as_ref())),
        user_id: &session.user_id,
        origin: &caller.origin,
        lifetime: Duration::from_secs(template.lifetime_seconds.into()),
        allowed_clock_skew: Duration::from_secs(template.allowed_clock_skew_seconds.into()),
    };
    let jwt = state.mint.template_token(token, state.now())?;
    Ok(Json(resources::token(&jwt)))
}

/// `POST …/end`
pub async fn end(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    finish(state, &caller, id, "ended").await
}

/// `POST …/remove`: the same, but Clerk calls the session removed. It is kept as an ended one.
pub async fn remove(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Response, ClerkError> {
    finish(state, &caller, id, "removed").await
}

async fn finish(
    state: Arc<InstanceState>,
    caller: &Caller,
    id: String,
    status: &'static str,
) -> Result<Response, ClerkError> {
    let shared = Arc::clone(&state);
    let work = state.answer(caller, move |call| {
        let (mut session, owner) = SessionChoice::id(id).find(call)?;
        call.end_session()?;
        tracing::info!(user.id = owner.id, session.id = session.id, "signed out");
        status.clone_into(&mut session.status);
        session.updated_at = call.now();
        Ok(Reply::Resource(resources::ended_session(&shared, &session, &owner)))
    });
    work.await
}

/// `DELETE /v1/client/sessions`: signs out. Answered with the browser, in which nobody is signed in any more.
pub async fn end_all(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    let work = state.answer(&caller, |call| {
        if let Some((session, owner)) = call.session()? {
            tracing::info!(user.id = owner.id, session.id = session.id, "signed out");
        }
        call.end_session()?;
        Ok(Reply::Client)
    });
    work.await
}
