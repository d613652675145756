//! `/test/faults` and `/test/revoke`, for this machine only: `PUT` says what goes wrong, `GET` shows it, `DELETE` ends it.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{FaultError, Faults};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    store::{Page, SessionFilter},
    tools::{FromThisMachine, ToolError},
    user_resource::whole_seconds,
};

/// `GET /test/faults`
pub async fn show(State(state): State<Arc<InstanceState>>, _: FromThisMachine) -> Json<Value> {
    Json(state.shown_faults())
}

/// `PUT /test/faults` with `{"jwks_status": 503, "for_seconds": 30}`: this goes wrong from now on, and nothing else.
pub async fn set(
    State(state): State<Arc<InstanceState>>,
    _: FromThisMachine,
    body: Result<Json<Faults>, JsonRejection>,
) -> Result<Json<Value>, ClerkError> {
    let Json(faults) = body.map_err(|error| unreadable(&error))?;
    state.set_faults(faults).await?;
    Ok(Json(state.shown_faults()))
}

/// `DELETE /test/faults`: all goes right again.
pub async fn clear(State(state): State<Arc<InstanceState>>, _: FromThisMachine) -> Json<Value> {
    state.clear_faults();
    Json(state.shown_faults())
}

/// Whose session is to end.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// This one: `{"session": "sess_…"}`.
    Session(String),
    /// All of this user's, by id, email address or what stands before its `@`: `{"user": "ada"}`.
    User(String),
}

/// `POST /test/revoke`: sessions end as an administrator ends them. Their tokens stay good until they expire.
pub async fn revoke(
    State(state): State<Arc<InstanceState>>,
    _: FromThisMachine,
    body: Result<Json<Revocation>, JsonRejection>,
) -> Result<Json<Value>, ClerkError> {
    let Json(revocation) = body.map_err(|error| unreadable(&error))?;
    let revoked = state.revoke(revocation).await?;
    Ok(Json(json!({ "revoked": revoked })))
}

fn unreadable(error: &JsonRejection) -> ClerkError {
    ClerkError::explained(StatusCode::BAD_REQUEST, "request_body_invalid", error.body_text())
}

impl InstanceState {
    fn shown_faults(&self) -> Value {
        let (faults, left) = self.faults.on(self.now()).unzip();
        json!({ "faults": faults, "seconds_left": left.map_or(0, whole_seconds) })
    }

    /// The public keys (RFC 7517), as late and as wrong as the faults that are on make them.
    pub async fn published_keys(&self) -> Result<Value, ClerkError> {
        let faults = self.faults.at(self.now());
        if faults.jwks_delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(faults.jwks_delay_ms)).await;
        }
        match faults.jwks_status.and_then(|status| StatusCode::from_u16(status).ok()) {
            Some(status) => {
                Err(ClerkError::new(status, "fault_on_demand", "The key server fails, because a fault is on."))
            }
            None => Ok(self.mint.jwks(self.now())),
        }
    }

    /// The ids of the sessions that were active and are no more.
    async fn revoke(&self, revocation: Revocation) -> Result<Vec<String>, ToolError> {
        let now = self.now();
        let ids = match revocation {
            Revocation::Session(id) => vec![id],
            Revocation::User(who) => self.active_session_ids(who, now).await?,
        };
        let mut revoked = Vec::new();
        for id in ids {
            let was_active = self.store.session(id.clone(), now).await?.is_some_and(|it| it.status == "active");
            if was_active {
                self.store.revoke_session(id.clone(), now).await?;
                revoked.push(id);
            }
        }
        Ok(revoked)
    }

    async fn active_session_ids(&self, who: String, now: Duration) -> Result<Vec<String>, ToolError> {
        let user = self.store.find_user(who).await?;
        let filter = SessionFilter { user_id: Some(user.id), status: Some("active".to_owned()), ..Default::default() };
        let (sessions, _) = self.store.sessions(filter, Page { limit: 500, offset: 0 }, now).await?;
        Ok(sessions.into_iter().map(|session| session.id).collect())
    }
}

impl From<FaultError> for ClerkError {
    fn from(error: FaultError) -> Self {
        match error {
            FaultError::OutOfBounds(error) => {
                Self::explained(StatusCode::UNPROCESSABLE_ENTITY, "form_param_value_invalid", error.to_string())
            }
            FaultError::SigningKey(error) => error.into(),
        }
    }
}
