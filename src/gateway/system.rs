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
/// Whether tokens can be checked. What is missing where not is told elsewhere: this route is for everybody.
const READY: &str = "/__gateway/ready";
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
            READY if method == Method::GET => Some(Readiness::of(&self.key_sets, now).answer()),
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

/// As `/__gateway/ready`, with every issuer: whether its keys are there, how many, how old, and why not. For those who run
/// the gateway, not for its callers.
#[must_use]
pub fn readiness(key_sets: &KeySets, now: Duration) -> Response<Body> {
    let readiness = Readiness::of(key_sets, now);
    let issuers: Vec<Value> = readiness.issuers.iter().map(|(issuer, keys)| describe(issuer, keys)).collect();
    readiness.answer_with(&json!({ "status": readiness.status(), "issuers": issuers }))
}

/// Whether every issuer's keys are there, and not too old to be trusted.
struct Readiness {
    issuers: Vec<(String, KeySetStatus)>,
}

impl Readiness {
    fn of(key_sets: &KeySets, now: Duration) -> Self {
        // Who waits for readiness sends no other request that would fetch the keys.
        key_sets.refresh(now);
        Self { issuers: key_sets.status(now) }
    }

    fn is_ready(&self) -> bool {
        self.issuers.iter().all(|(_, keys)| keys.ready)
    }

    fn status(&self) -> &'static str {
        if self.is_ready() { "ready" } else { "not ready" }
    }

    fn answer(&self) -> Response<Body> {
        let ready = self.issuers.iter().filter(|(_, keys)| keys.ready).count();
        self.answer_with(&json!({ "status": self.status(), "issuers": self.issuers.len(), "issuersReady": ready }))
    }

    /// 200, or 503 with the time when keys are fetched again.
    fn answer_with(&self, body: &Value) -> Response<Body> {
        let is_ready = self.is_ready();
        let mut response = json_response(if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, body);
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if !is_ready {
            let waits = self.issuers.iter().filter(|(_, keys)| !keys.ready).filter_map(|(_, keys)| keys.retry_in);
            let wait = waits.max().unwrap_or_default();
            let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
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
