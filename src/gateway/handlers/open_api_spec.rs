//! `openApiSpecHandler`: serves one of the project's own OpenAPI documents, as the public may see it: without `x-zuplo-`
//! members and what is internal, with the place of this gateway as its server, and with what every operation asks callers
//! for as its security.
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
    policies::{InboundPolicy, SecurityScheme},
    project::{LoadError, Options},
};

const PATH: &str = "openApiFilePath";
/// The members of a path item that are operations (OpenAPI 3.1, section 4.8.9.1).
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SpecOptions {
    open_api_file_path: String,
}

/// The document from its second byte on: before it goes the server, which only a request tells.
struct Spec(String);

/// The policies that a name stands for.
type Inbound<'a> = &'a dyn Fn(&str) -> Vec<Arc<dyn InboundPolicy>>;

/// Makes the handler from its options.
pub fn build(options: &Options<'_>, site: &HandlerSite<'_>) -> Result<Arc<dyn Handler>, LoadError> {
    let read: SpecOptions = options.read()?;
    let name = read.open_api_file_path.trim_start_matches("./").trim_start_matches("config/").to_owned();
    if !name.ends_with(".oas.json") || name.contains(['/', '\\']) {
        return Err(options.error(PATH, "an .oas.json file in the config folder, such as ./config/routes.oas.json"));
    }
    let path: PathBuf = site.layout.config.join(name);
    let text = fs::read_to_string(path).map_err(|error| options.error(PATH, &format!("a readable file ({error})")))?;
    let document: Map<String, Value> =
        serde_json::from_str(&text).map_err(|_| options.error(PATH, "a JSON file with an object"))?;
    let document = public(document, site.inbound).map_err(|expected| options.error(PATH, expected))?;
    Ok(Arc::new(Spec(Value::Object(document).to_string().split_off(1))))
}

/// The document as the public may see it.
fn public(mut document: Map<String, Value>, inbound: Inbound<'_>) -> Result<Map<String, Value>, &'static str> {
    document.remove("servers");
    let mut schemes = Vec::new();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        paths.retain(|_, item| !is_internal(item));
        for item in paths.values_mut().filter_map(Value::as_object_mut) {
            item.retain(|_, operation| !is_internal(operation));
            let operations = item.iter_mut().filter(|(name, _)| METHODS.contains(&name.as_str()));
            operations.for_each(|(_, operation)| schemes.extend(secure(operation, inbound)));
        }
        paths.retain(|_, item| METHODS.iter().any(|method| item.get(method).is_some()));
    }
    add_schemes(&mut document, &schemes)?;
    document.iter_mut().for_each(|(_, member)| remove_extensions(member));
    document.retain(|name, _| !is_extension(name));
    Ok(document)
}

fn is_internal(value: &Value) -> bool {
    value.get("x-internal") == Some(&Value::Bool(true))
}

/// Adds what an operation asks callers for, unless its author did, and returns that.
fn secure(operation: &mut Value, inbound: Inbound<'_>) -> Vec<SecurityScheme> {
    let names = operation.pointer("/x-zuplo-route/policies/inbound").and_then(Value::as_array);
    let policies: Vec<_> = names.into_iter().flatten().filter_map(Value::as_str).flat_map(inbound).collect();
    let (mut needed, mut enough, mut known) = (Map::new(), Vec::new(), false);
    let mut schemes = Vec::new();
    for policy in policies {
        known |= policy.requires_user();
        let Some(scheme) = policy.security_scheme() else { continue };
        if policy.requires_user() {
            needed.insert(scheme.name().to_owned(), json!([]));
        } else {
            enough.push(json!({ scheme.name(): [] }));
        }
        schemes.push(scheme);
    }
    let alternatives = match (needed.is_empty(), known) {
        (false, _) => vec![Value::Object(needed)],
        (true, true) => enough,
        // Nothing at all is enough, too.
        (true, false) => enough.into_iter().chain([json!({})]).collect(),
    };
    if let Some(operation) = operation.as_object_mut().filter(|_| !schemes.is_empty()) {
        operation.entry("security").or_insert(Value::Array(alternatives));
    }
    schemes
}

fn add_schemes(document: &mut Map<String, Value>, schemes: &[SecurityScheme]) -> Result<(), &'static str> {
    if schemes.is_empty() {
        return Ok(());
    }
    let components = document.entry("components").or_insert_with(|| json!({})).as_object_mut();
    let components = components.ok_or("a document whose `components` are an object")?;
    let known = components.entry("securitySchemes").or_insert_with(|| json!({})).as_object_mut();
    let known = known.ok_or("a document whose `components.securitySchemes` are an object")?;
    for scheme in schemes {
        known.entry(scheme.name()).or_insert_with(|| scheme.to_json());
    }
    Ok(())
}

fn is_extension(name: &str) -> bool {
    name.starts_with("x-zuplo-") || name == "x-internal"
}

fn remove_extensions(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, _| !is_extension(key));
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
        let servers = json!([{ "url": mounted_at(&request) }]);
        let mut response = Response::new(Body::from(format!("{{\"servers\":{servers},{}", self.0)));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Box::pin(std::future::ready(Ok(response)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::gateway::testing::inbound;

    /// Policies called by what they ask for; a star behind the name: who has none passes, too.
    fn policies(name: &str) -> Vec<Arc<dyn InboundPolicy>> {
        let allow = name.ends_with('*');
        let accounts = json!([{ "username": "a", "password": "b" }]);
        let (policy_type, options) = match name.trim_end_matches('*') {
            "clerk" => ("clerk-jwt-auth-inbound", json!({ "frontendApiUrl": "https://x.clerk.accounts.dev" })),
            "basic" => ("basic-auth-inbound", json!({ "accounts": accounts })),
            "key" => ("api-key-inbound", json!({ "authHeader": "X-Api-Key", "authScheme": "" })),
            "quiet" => ("api-key-inbound", json!({ "disableAutomaticallyAddingKeyHeaderToOpenApi": true })),
            "roles" => ("rbac-policy-inbound", json!({ "allowedRoles": ["a"] })),
            _ => return Vec::new(),
        };
        let mut options = options;
        if allow {
            options["allowUnauthenticatedRequests"] = json!(true);
        }
        vec![inbound(policy_type, &options).policy()]
    }

    #[expect(clippy::needless_pass_by_value, reason = "reads better in tests")]
    fn shown(document: Value) -> Result<Value, &'static str> {
        public(document.as_object().unwrap().clone(), &policies).map(Value::Object)
    }

    fn route(policies: &[&str]) -> Value {
        json!({ "handler": {}, "policies": { "inbound": policies } })
    }

    #[test]
    fn the_public_sees_neither_the_gateway_nor_what_is_internal() {
        let document = json!({
            "openapi": "3.1.0",
            "x-zuplo-extra": 1,
            "servers": [{ "url": "https://elsewhere.example" }],
            "paths": {
                "/a": {
                    "x-zuplo-path": { "pathMode": "open-api" },
                    "get": { "summary": "a", "x-zuplo-route": route(&["clerk"]) },
                    "post": { "x-internal": true, "x-zuplo-route": route(&["basic"]) },
                },
                "/b": { "x-zuplo-path": {}, "summary": "hidden", "parameters": [], "get": { "x-internal": true } },
                "/c": { "get": { "x-zuplo-route": route(&["other"]), "x-kept": 1 } },
                "/d": { "x-internal": true, "get": {} },
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
        assert_eq!(shown(document), Ok(expected));
    }

    #[test]
    fn every_way_of_saying_who_one_is_is_documented() {
        let clerk = json!({ "bearer": [] });
        for (policies, security) in [
            (vec!["clerk", "roles"], json!([clerk])),
            (vec!["clerk", "key"], json!([{ "bearer": [], "x-api-key": [] }])),
            (vec!["clerk*", "basic*"], json!([clerk, { "basic": [] }, {}])),
            (vec!["clerk*", "basic*", "roles"], json!([clerk, { "basic": [] }])),
            (vec!["clerk*", "basic"], json!([{ "basic": [] }])),
            (vec!["quiet"], Value::Null),
        ] {
            let document = json!({ "paths": { "/a": { "get": { "x-zuplo-route": route(&policies) } } } });
            assert_eq!(shown(document).unwrap()["paths"]["/a"]["get"]["security"], security, "{policies:?}");
        }
        let document = json!({ "paths": { "/a": {
            "get": { "x-zuplo-route": route(&["basic", "key"]) },
            "put": { "x-zuplo-route": route(&["clerk"]), "security": [{ "own": [] }] },
        } }, "components": { "schemas": {}, "securitySchemes": { "basic": { "own": true } } } });
        let shown = shown(document).unwrap();
        assert_eq!(
            shown["components"],
            json!({ "schemas": {}, "securitySchemes": {
                "basic": { "own": true },
                "x-api-key": { "type": "apiKey", "in": "header", "name": "x-api-key" },
                "bearer": { "type": "http", "scheme": "bearer" },
            } })
        );
        assert_eq!(shown["paths"]["/a"]["put"]["security"], json!([{ "own": [] }]), "what its author says stays");
    }

    #[test]
    fn components_that_are_no_object_are_a_fault() {
        for components in [json!([]), json!({ "securitySchemes": [] })] {
            let paths = json!({ "/a": { "get": { "x-zuplo-route": route(&["clerk"]) } } });
            let fault = shown(json!({ "paths": paths, "components": components })).unwrap_err();
            assert!(fault.contains("are an object"), "{fault}");
        }
    }
}
