//! `mock-api-inbound`: answers with an example of the operation's own `responses`; no handler is asked.
//!
//! Options, which all narrow the choice: `responsePrefixFilter` (of the status, such as `20`), `contentType`,
//! `exampleName`; and `random` (default false: the first example that is left). Where none is left the answer is 500.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde::Deserialize;
use serde_json::Value;

use super::{InboundPolicy, Policy, PolicySite, Stop, Verdict, ready};
use crate::gateway::{
    context::Context,
    problem::Problem,
    project::{LoadError, Options},
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

/// Makes the policy from its options.
pub fn build(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(options.read::<MockApi>()?))
}

/// An example of an operation.
struct Example<'o> {
    status: &'o str,
    content_type: &'o str,
    name: Option<&'o str>,
    value: &'o Value,
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// Every example of an operation, in the order of the document.
fn examples(operation: &Value) -> Vec<Example<'_>> {
    let mut all = Vec::new();
    for (status, response) in members(operation.get("responses")) {
        for (content_type, media) in members(response.get("content")) {
            let single = media.get("example").map(|value| Example { status, content_type, name: None, value });
            let named = members(media.get("examples")).filter_map(|(name, example)| {
                Some(Example { status, content_type, name: Some(name), value: example.get("value")? })
            });
            all.extend(single.into_iter().chain(named));
        }
    }
    all
}

impl MockApi {
    fn fits(&self, example: &Example<'_>) -> bool {
        let wants = |option: &Option<String>, value: Option<&str>| option.is_none() || option.as_deref() == value;
        self.response_prefix_filter.as_ref().is_none_or(|prefix| example.status.starts_with(prefix.as_str()))
            && wants(&self.content_type, Some(example.content_type))
            && wants(&self.example_name, example.name)
    }

    fn answer(&self, context: &Context) -> Option<Response<Body>> {
        let mut left: Vec<_> =
            examples(&context.route.operation).into_iter().filter(|example| self.fits(example)).collect();
        if left.is_empty() {
            return None;
        }
        // Request ids are random, and nobody can choose them.
        let chance = usize::try_from(context.arrival.request_id.as_u128() % left.len() as u128).unwrap_or_default();
        let example = left.swap_remove(if self.random { chance } else { 0 });
        let text = match example.value {
            Value::String(text) if !example.content_type.contains("json") => text.clone(),
            value => value.to_string(),
        };
        let mut response = Response::new(Body::from(text));
        // `default` and `2XX` are no statuses.
        *response.status_mut() = example.status.parse().unwrap_or(StatusCode::OK);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_str(example.content_type).ok()?);
        Some(response)
    }
}

impl InboundPolicy for MockApi {
    fn apply<'a>(&'a self, _request: Request, context: &'a mut Context) -> Verdict<'a> {
        ready(Err(match self.answer(context) {
            Some(response) => Stop::Answer(response),
            None => {
                tracing::warn!(gateway.request_id = %context.arrival.request_id, "no example of this operation fits");
                Problem::internal("no_example").into()
            }
        }))
    }

    fn answers(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{body::to_bytes, http::Method};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::gateway::testing::{inbound, info, request};

    async fn mock(options: Value, id: u128) -> (u16, String, String) {
        let mut policy = inbound("mock-api-inbound", &options);
        let mut route = info(Method::GET, "/hello");
        route.operation = json!({ "responses": {
            "404": { "description": "nothing" },
            "200": { "content": {
                "application/json": { "examples": { "one": { "value": "x" }, "two": { "value": { "b": 1, "a": 2 } }, "odd": {} } },
                "text/plain": { "example": "plain" },
            } },
            "default": { "content": { "application/json": { "example": [1] } } },
        } });
        policy.context.route = Arc::new(route);
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

    #[tokio::test]
    async fn without_an_example_the_fault_is_the_projects() {
        let mut policy = inbound("mock-api-inbound", &json!({ "exampleName": "none" }));
        assert_eq!(policy.refuses(request(&[])).await.status(), 500);
    }
}
