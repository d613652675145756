//! The browser itself.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use serde_json::{Value, json};

use super::{
    caller::{Caller, Reply},
    resources,
};
use crate::instance::{InstanceState, clerk_error::ClerkError, ids::new_id};

/// `POST /v1/dev_browser`: a name for the browser, which Clerk's client insists on. It opens nothing.
pub async fn create_dev_browser() -> Json<Value> {
    Json(json!({ "id": new_id("dvb") }))
}

/// `GET /v1/client`: the browser, or `null` for one that never began to sign in or up.
pub async fn show(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    state.answer(&caller, |_| Ok(Reply::Client)).await
}

/// `PUT /v1/client`: the browser, made known.
pub async fn create(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    let make_known = state.answer(&caller, |call| {
        call.client_id()?;
        Ok(Reply::Client)
    });
    make_known.await
}

/// `DELETE /v1/client`: forgets the browser and ends its session.
pub async fn delete(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    let forget = state.answer(&caller, |call| {
        let id = call.forget_client()?;
        Ok(Reply::Resource(resources::deleted("client", &id.unwrap_or_default())))
    });
    forget.await
}
