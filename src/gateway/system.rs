//! The routes of the gateway's own, which every project has.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, Method, Response, StatusCode, header},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    project::Project,
    resource_metadata::{WELL_KNOWN, document},
};
use crate::jwt::{KeySetStatus, KeySets};

/// Zuplo's liveness route. What it answers is not documented; this is ours.
const PING: &str = "/__zuplo/ping";
/// Whether tokens can be checked, and what is missing where not.
const READY: &str = "/__gateway/ready";
/// Key sets are fetched no more often.
const RETRY_AFTER_SECONDS: u16 = 2;

/// What the gateway's own routes tell of.
pub struct System {
    /// The issuers' keys.
    pub key_sets: Arc<KeySets>,
    /// Where clients reach the gateway.
    pub public_url: Url,
}

impl System {
    /// The answer, if the path is one of these.
    pub fn answer(&self, project: &Project, method: &Method, path: &str, now: Duration) -> Option<Response<Body>> {
        if let Some(resource) = path.strip_prefix(WELL_KNOWN).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return self.metadata(project, method, resource);
        }
        match path {
            PING if method == Method::GET => Some(Response::new(Body::from("pong\n"))),
            READY if method == Method::GET => Some(ready(&self.key_sets, now)),
            _ => None,
        }
    }

    /// The metadata of the resource at `path`. Scripts of every site may read it: it is public.
    pub fn metadata(&self, project: &Project, method: &Method, path: &str) -> Option<Response<Body>> {
        let document = document(project, &self.public_url, path)?;
        let mut response = match *method {
            Method::GET => json_response(StatusCode::OK, &document),
            Method::OPTIONS => Response::new(Body::empty()),
            _ => return None,
        };
        let headers = response.headers_mut();
        for name in [
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            header::ACCESS_CONTROL_ALLOW_METHODS,
        ] {
            headers.insert(name, HeaderValue::from_static("*"));
        }
        Some(response)
    }
}

/// 503 until every issuer's keys are there, and not too old to be trusted.
fn ready(key_sets: &KeySets, now: Duration) -> Response<Body> {
    // Who waits for readiness sends no other request that would fetch the keys.
    key_sets.refresh(now);
    let issuers = key_sets.status(now);
    let is_ready = issuers.iter().all(|(_, keys)| keys.ready);
    let (code, status) =
        if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    let issuers: Vec<Value> = issuers.iter().map(|(issuer, keys)| describe(issuer, keys)).collect();
    let mut response = json_response(code, &json!({ "status": status, "issuers": issuers }));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !is_ready {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    response
}

fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn describe(issuer: &str, keys: &KeySetStatus) -> Value {
    let age = keys.age.map(|age| age.as_secs());
    json!({ "issuer": issuer, "ready": keys.ready, "keys": keys.keys, "ageSeconds": age, "error": keys.error })
}
