//! `mock-api-inbound`: answers with an example of the operation's own `responses`; no handler is asked.
//!
//! Options, which all narrow the choice: `responsePrefixFilter` (of the status, such as `20`), `contentType`,
//! `exampleName`; and `random` (default false: the first example that is left). A `$ref` in the place of a response or an
//! example is followed, within the document. An operation where no example is left does not load.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde::Deserialize;
use serde_json::Value;

use super::{InboundPolicy, Policy, PolicySite, RouteSite, Stop, Verdict, ready, references::resolve};
use crate::gateway::{
    context::Context,
    problem::Problem,
    project::{LoadError, Node, Options},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MockApi {
    #[serde(default)]
    random: bool,
    response_prefix_filter: Option<String>,
    content_type: Option<String>,
    example_name: Option<String>,
}

/// The answers of one route; at least one.
struct Mocked {
    random: bool,
    examples: Vec<Example>,
}

/// An answer that an operation has as an example.
struct Example {
    status: StatusCode,
    content_type: HeaderValue,
    body: String,
}

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    let read: MockApi = options.read()?;
    Ok(Policy::per_route(move |route: &RouteSite<'_>| {
        let examples = read.examples(route)?;
        if examples.is_empty() {
            let expected = "an example of an answer that `mock-api-inbound` can give with its options";
            let responses = route.operation.get("responses");
            let error = responses.map(|responses| responses.error(expected));
            return Err(error.unwrap_or_else(|| route.operation.missing("responses", expected)));
        }
        Ok(Arc::new(Mocked { random: read.random, examples }))
    }))
}

/// The members of a member that need not be there.
fn members<'d>(place: &Node<'d>, key: &str) -> Result<Vec<(&'d str, Node<'d>)>, LoadError> {
    place.get(key).map_or_else(|| Ok(Vec::new()), |member| member.members())
}

impl MockApi {
    /// Every example that fits the options, in the order of the document.
    fn examples(&self, route: &RouteSite<'_>) -> Result<Vec<Example>, LoadError> {
        let mut all = Vec::new();
        for (status, response) in members(route.operation, "responses")? {
            for (content_type, media) in members(&resolve(route.document, response)?, "content")? {
                if !self.fits(status, content_type) {
                    continue;
                }
                let mut add = |value: &Value| all.extend(Example::of(status, content_type, value));
                if self.example_name.is_none() {
                    media.get("example").iter().for_each(|value| add(value.value()));
                }
                for (name, example) in members(&media, "examples")? {
                    if self.example_name.as_deref().is_none_or(|wanted| wanted == name) {
                        resolve(route.document, example)?.get("value").iter().for_each(|value| add(value.value()));
                    }
                }
            }
        }
        Ok(all)
    }

    fn fits(&self, status: &str, content_type: &str) -> bool {
        self.response_prefix_filter.as_ref().is_none_or(|prefix| status.starts_with(prefix.as_str()))
            && self.content_type.as_ref().is_none_or(|wanted| wanted == content_type)
    }
}

impl Example {
    /// None for a content type that no header can hold.
    fn of(status: &str, content_type: &str, value: &Value) -> Option<Self> {
        let body = match value {
            Value::String(text) if !content_type.contains("json") => text.clone(),
            value => value.to_string(),
        };
        // `default` and `2XX` are no statuses.
        let status = status.parse().unwrap_or(StatusCode::OK);
        Some(Self { status, content_type: HeaderValue::from_str(content_type).ok()?, body })
    }

    fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, self.content_type.clone());
        response
    }
}

impl InboundPolicy for Mocked {
    fn apply<'a>(&'a self, _request: Request, context: &'a mut Context) -> Verdict<'a> {
        // Request ids are random, and nobody can choose them.
        let chance = context.arrival.request_id.as_u128() % (self.examples.len().max(1) as u128);
        let chosen = if self.random { usize::try_from(chance).unwrap_or_default() } else { 0 };
        ready(match self.examples.get(chosen) {
            Some(example) => Err(Stop::Answer(example.response())),
            None => Err(Problem::internal("no_example").into()),
        })
    }

    fn answers(&self) -> bool {
        true
    }

    fn guards(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;
    use tower::ServiceExt;
    use uuid::Uuid;

    use super::*;
    use crate::gateway::{
        Gateway,
        testing::{dependencies, inbound_on, project, request},
    };

    fn operation() -> Value {
        json!({ "responses": {
            "404": { "description": "nothing" },
            "200": { "content": {
                "application/json": { "examples": { "one": { "value": "x" }, "two": { "value": { "b": 1, "a": 2 } }, "odd": {} } },
                "text/plain": { "example": "plain" },
            } },
            "default": { "content": { "application/json": { "example": [1] } } },
        } })
    }

    async fn mock(options: Value, id: u128) -> (u16, String, String) {
        let mut policy = inbound_on("mock-api-inbound", &options, &operation());
        policy.context.arrival.request_id = Uuid::from_u128(id);
        let response = policy.answers(request(&[])).await;
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 999).await.unwrap();
        (status, content_type, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn examples_are_chosen_in_order_or_by_chance() {
        for (options, body) in [
            (json!({}), "\"x\""),
            (json!({ "exampleName": "two" }), "{\"b\":1,\"a\":2}"),
            (json!({ "contentType": "text/plain" }), "plain"),
            (json!({ "responsePrefixFilter": "def" }), "[1]"),
        ] {
            let (status, _, answered) = mock(options, 3).await;
            assert_eq!((status, answered.as_str()), (200, body));
        }
        let (_, content_type, body) = mock(json!({ "random": true }), 4 * 99 + 2).await;
        assert_eq!((content_type.as_str(), body.as_str()), ("text/plain", "plain"));
    }

    fn load(options: &Value, mut operation: Value, components: &Value) -> Result<Gateway, String> {
        let handler = json!({ "export": "default", "module": "$import(./modules/hello-world)" });
        operation["x-zuplo-route"] = json!({ "handler": handler, "policies": { "inbound": ["mock"] } });
        let document =
            json!({ "openapi": "3.1.0", "paths": { "/pets": { "get": operation } }, "components": components });
        let policies = json!([{ "name": "mock", "policyType": "mock-api-inbound", "handler": {
            "export": "MockApiInboundPolicy", "module": "$import(@zuplo/runtime)", "options": options,
        } }]);
        let folder = project(&[("policies.json", &policies), ("routes.oas.json", &document)]);
        Gateway::load(folder.path(), &dependencies(&[])).map_err(|errors| errors.to_string())
    }

    #[tokio::test]
    async fn references_are_followed_within_the_document() {
        let components = json!({
            "responses": {
                "Pets": { "$ref": "#/components/responses/All%20pets" },
                "All pets": { "content": { "application/json": { "examples": {
                    "none": { "value": [] }, "a/b": { "$ref": "#/components/examples/a~1b" },
                } } } },
                "Round": { "$ref": "#/components/responses/Round" },
            },
            "examples": { "a/b": { "value": ["Rex"] } },
        });
        let refers = |to: &str| json!({ "responses": { "201": { "$ref": to } } });
        let options = json!({ "exampleName": "a/b" });
        let gateway = load(&options, refers("#/components/responses/Pets"), &components).unwrap();
        let request = crate::gateway::testing::request_to("GET", "/pets");
        let response = gateway.into_router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(to_bytes(response.into_body(), 99).await.unwrap(), "[\"Rex\"]");
        for (to, expected) in [
            ("#/components/responses/Cats", "/201/$ref: expected a reference to something in this document"),
            ("other.json#/Pets", "/201/$ref: expected a reference to something in this document"),
            ("#/components/responses/Round", "expected something that references lead to in the end"),
        ] {
            let error = load(&options, refers(to), &components).map(|_| ()).unwrap_err();
            assert!(error.contains(expected), "{to}: {error}");
        }
    }

    #[test]
    fn an_operation_without_an_example_does_not_load() {
        let place = "routes.oas.json at /paths/~1pets/get/responses: expected an example of an answer";
        for (options, operation) in [
            (json!({}), json!({})),
            (json!({}), json!({ "responses": { "200": { "description": "fine" } } })),
            (json!({ "exampleName": "three" }), operation()),
            (json!({ "contentType": "text/csv" }), operation()),
            (json!({ "responsePrefixFilter": "5" }), operation()),
        ] {
            let error = load(&options, operation.clone(), &Value::Null).map(|_| ()).unwrap_err();
            assert!(error.contains(place), "{options}: {error}");
        }
    }
}
