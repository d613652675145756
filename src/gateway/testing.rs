//! What the gateway's unit tests share: requests, contexts and routes that were never read from a file, and policies
//! and whole projects made from JSON.

use std::{fs, sync::Arc, time::Duration};

use axum::http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Arrival, Context, Dependencies, Params, Registry, RouteInfo, Upstream,
    cors::CorsPolicy,
    handlers::HelloWorld,
    project::Node,
    routing::{PathPattern, Route},
};
use crate::{jwt::KeySets, testing::TempFolder};

/// Ten seconds past 1970.
pub const NOW: Duration = Duration::from_secs(10);

pub fn arrival() -> Arrival {
    Arrival { request_id: Uuid::nil(), now: NOW, instance: "/hello".to_owned() }
}

pub fn info(method: Method, path: &str) -> RouteInfo {
    RouteInfo { method, path: path.to_owned(), operation: json!({}) }
}

pub fn context() -> Context {
    Context {
        arrival: arrival(),
        client_ip: None,
        path: "/hello".to_owned(),
        params: Params::default(),
        route: Arc::new(info(Method::GET, "/hello")),
        user: None,
        custom: Map::new(),
    }
}

pub fn route(method: Method, pattern: PathPattern) -> Route {
    let file = Value::Null;
    Route {
        info: Arc::new(info(method, pattern.as_str())),
        place: Node::root(std::path::Path::new("routes.oas.json"), &file).place(),
        pattern,
        cors: Arc::new(CorsPolicy::None),
        inbound: Vec::new(),
        outbound: Vec::new(),
        handler_name: String::new(),
        handler: Arc::new(HelloWorld),
    }
}

pub fn dependencies(environment: &[(&str, &str)]) -> Dependencies {
    Dependencies {
        key_sets: Arc::new(KeySets::new(Default::default())),
        environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        registry: Arc::new(Registry::default()),
        upstream: Upstream::new().unwrap(),
        clock: Arc::new(|| NOW),
    }
}

/// Writes files into a folder.
pub fn project(files: &[(&str, &Value)]) -> TempFolder {
    let folder = TempFolder::new();
    for (name, content) in files {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    folder
}
