//! `openApiSpecHandler`: serves one of the project's own OpenAPI documents, as the public may see it: without `x-zuplo-`
//! members and internal operations, with the place of this gateway as its server, and with the bearer scheme on every
//! operation that asks who the caller is.
//!
//! Options: `openApiFilePath` (required: a file of the project, such as `./config/routes.oas.json`).

use std::{fs, path::PathBuf, sync::Arc};

use axum::{
    body::Body,
    extract::{OriginalUri, Request},
    http::{HeaderValue, Response, header},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, Handler, HandlerSite};
use crate::gateway::{
    context::Context,
    project::{LoadError, Options},
};

/// What the document calls the way callers are known.
const SCHEME: &str = "bearer";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SpecOptions {
    open_api_file_path: String,
}

struct Spec(Value);

/// Makes the handler from its options.
pub fn build(options: &Options<'_>, site: &HandlerSite<'_>) -> Result<Arc<dyn Handler>, LoadError> {
    const PATH: &str = "openApiFilePath";
    let read: SpecOptions = options.read()?;
    let name = read.open_api_file_path.trim_start_matches("./").trim_start_matches("config/").to_owned();
    if !name.ends_with(".oas.json") || name.contains(['/', '\\']) {
        return Err(options.error(PATH, "an .oas.json file in the config folder, such as ./config/routes.oas.json"));
    }
    let path: PathBuf = site.layout.config.join(name);
    let text = fs::read_to_string(path).map_err(|error| options.error(PATH, &format!("a readable file ({error})")))?;
    let document: Value = serde_json::from_str(&text).map_err(|_| options.error(PATH, "a JSON file"))?;
    Ok(Arc::new(Spec(public(document, site.identifies))))
}

/// The document as the public may see it.
fn public(mut document: Value, identifies: &dyn Fn(&str) -> bool) -> Value {
    let mut secured = false;
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    for item in paths.filter_map(Value::as_object_mut) {
        item.retain(|_, operation| operation.get("x-internal") != Some(&Value::Bool(true)));
        for operation in item.values_mut().filter(|operation| asks_who(operation, identifies)) {
            operation["security"] = json!([{ SCHEME: [] }]);
            secured = true;
        }
    }
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        paths.retain(|_, item| item.as_object().is_some_and(|item| item.keys().any(|key| key != "x-zuplo-path")));
    }
    if secured {
        document["components"]["securitySchemes"][SCHEME] = json!({ "type": "http", "scheme": "bearer" });
    }
    remove_extensions(&mut document);
    document
}

fn asks_who(operation: &Value, identifies: &dyn Fn(&str) -> bool) -> bool {
    let names = operation.pointer("/x-zuplo-route/policies/inbound").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).any(identifies)
}

fn remove_extensions(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, _| !key.starts_with("x-zuplo-") && key != "x-internal");
            members.values_mut().for_each(remove_extensions);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_extensions),
        _ => {}
    }
}

/// Where the gateway is mounted: what stands before the path that was matched.
fn mounted_at(request: &Request) -> String {
    let whole = request.extensions().get::<OriginalUri>().map(|uri| uri.0.path());
    let prefix = whole.and_then(|whole| whole.strip_suffix(request.uri().path())).unwrap_or_default();
    if prefix.is_empty() { "/".to_owned() } else { prefix.to_owned() }
}

impl Handler for Spec {
    fn handle<'a>(&'a self, request: Request, _context: &'a mut Context) -> Answer<'a> {
        let mut document = self.0.clone();
        document["servers"] = json!([{ "url": mounted_at(&request) }]);
        let mut response = Response::new(Body::from(document.to_string()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Box::pin(std::future::ready(Ok(response)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_sees_neither_the_gateway_nor_what_is_internal() {
        let route = |policy: &str| json!({ "handler": {}, "policies": { "inbound": [policy] } });
        let document = json!({
            "openapi": "3.1.0",
            "x-zuplo-extra": 1,
            "paths": {
                "/a": {
                    "x-zuplo-path": { "pathMode": "open-api" },
                    "get": { "summary": "a", "x-zuplo-route": route("clerk") },
                    "post": { "x-internal": true, "x-zuplo-route": route("clerk") },
                },
                "/b": { "x-zuplo-path": {}, "get": { "x-internal": true } },
                "/c": { "get": { "x-zuplo-route": route("other"), "x-kept": 1 } },
            },
        });
        let expected = json!({
            "openapi": "3.1.0",
            "paths": {
                "/a": { "get": { "summary": "a", "security": [{ "bearer": [] }] } },
                "/c": { "get": { "x-kept": 1 } },
            },
            "components": { "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } } },
        });
        assert_eq!(public(document, &|name| name == "clerk"), expected);
    }
}
