//! An API behind the gateway believes a header that says who the caller is. The gateway fills it in from the token, and the
//! experiment tries to get there first. What reaches the API is what it answers.

use std::{fs, io, path::Path};

use axum::{
    Json, Router,
    http::{HeaderMap, HeaderValue},
    routing::get,
};
use serde_json::{Map, Value, json};
use url::Url;

use super::{bearer, made_for_nobody, post::Letter, rig::Rig};
use crate::model::{Exchange, LabError};

/// Where the API is.
pub const API_PATH: &str = "/api";
/// What it believes.
const IDENTITY_HEADER: &str = "x-user-id";
const OF_CONNECTION: [&str; 4] = ["x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];

/// Asks who one is, once honestly and once not.
///
/// # Errors
/// When there is no token, or no answer. The cause is logged where it arises.
pub async fn run(rig: &Rig) -> Result<Vec<Exchange>, LabError> {
    let token = made_for_nobody(&rig.instance, &rig.origin(), rig.now(), &json!({}), &json!({}));
    let headers = bearer(&token.ok_or(LabError::Failed)?);
    let forged = [IDENTITY_HEADER, "x_user_id", "x-forwarded-user"].map(|name| (name, "user_admin".to_owned()));
    let ask = |step, headers| Letter { step, ..Letter::get("/gateway/whoami", headers) };
    let letters = [
        ask("A good token: the gateway tells the API whose it is", headers.clone()),
        ask("The same token, and headers that say somebody else", [headers.as_slice(), &forged].concat()),
    ];
    rig.send_all(&letters).await
}

/// The API: answers the headers of its own that reached it.
pub fn api() -> Router {
    Router::new().route("/whoami", get(async |headers: HeaderMap| Json(arrived(&headers))))
}

/// Those that are no standard's, but for what gateways tell of the connection.
fn arrived(headers: &HeaderMap) -> Value {
    let own = headers.iter().filter(|(name, _)| name.as_str().starts_with('x'));
    let of_callers = own.filter(|(name, _)| !OF_CONNECTION.contains(&name.as_str()));
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    of_callers.map(|(name, value)| (name.to_string(), text(value).into())).collect::<Map<_, _>>().into()
}

/// Writes a project whose one route leads to the API at this origin.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write_project(folder: &Path, origin: &Url) -> io::Result<()> {
    let policies = json!({ "policies": [{
        "name": "clerk-jwt-auth-inbound",
        "policyType": "clerk-jwt-auth-inbound",
        "handler": {
            "export": "ClerkJwtInboundPolicy",
            "module": "$import(@zuplo/runtime)",
            "options": {
                "frontendApiUrl": "$env(CLERK_FRONTEND_API_URL)",
                "claimsToHeaders": { "sub": IDENTITY_HEADER },
                "removeAuthorizationHeader": true,
            },
        },
    }] });
    let api = format!("{}{API_PATH}", origin.origin().ascii_serialization());
    let routes = json!({ "openapi": "3.1.0", "paths": { "/whoami": { "get": { "x-zuplo-route": {
        "handler": {
            "export": "urlForwardHandler",
            "module": "$import(@zuplo/runtime)",
            "options": { "baseUrl": api },
        },
        "policies": { "inbound": ["clerk-jwt-auth-inbound"] },
    } } } } });
    fs::write(folder.join("policies.json"), policies.to_string())?;
    fs::write(folder.join("routes.oas.json"), routes.to_string())
}
