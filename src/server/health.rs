//! `/health/live` and `/health/ready`, for whatever supervises the program.

use std::sync::Arc;

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde_json::{Map, Value, json};

use super::Services;

/// Both endpoints.
pub fn router(services: Arc<Services>) -> Router {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready)).with_state(services)
}

/// The program runs.
async fn live() -> &'static str {
    "ok\n"
}

/// The program can do its work; where not, the answer names what is missing.
async fn ready(State(services): State<Arc<Services>>) -> (StatusCode, Json<Value>) {
    let mut checks = Map::new();
    let mut all_ready = true;
    let now = (services.clock)();
    // Who waits for readiness sends no other request that would fetch the keys.
    services.key_sets.refresh(now);
    for (issuer, keys) in services.key_sets.status(now) {
        all_ready &= keys.ready;
        let age = keys.age.map(|age| age.as_secs());
        let status = if keys.ready { "ready" } else { "not ready" };
        checks.insert(
            format!("keys of {issuer}"),
            json!({ "status": status, "keys": keys.keys, "age_seconds": age, "error": keys.error }),
        );
    }
    if let Some(instance) = &services.instance {
        let outcome = instance.check().await;
        all_ready &= outcome.is_ok();
        let status = if outcome.is_ok() { "ready" } else { "not ready" };
        let error = outcome.err().map(|error| error.to_string());
        checks.insert("embedded Clerk".to_owned(), json!({ "status": status, "error": error }));
    }
    let (code, status) =
        if all_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    (code, Json(json!({ "status": status, "checks": checks })))
}
