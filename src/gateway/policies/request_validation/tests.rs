//! Requests against an operation's own schemas, in both versions of OpenAPI.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Response,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::gateway::{
    Gateway, Handler, Registry,
    handlers::Answer,
    testing::{dependencies, project},
};

/// Answers with the body it got.
struct Echo;

impl Handler for Echo {
    fn handle<'a>(&'a self, request: Request, _context: &'a mut Context) -> Answer<'a> {
        Box::pin(std::future::ready(Ok(Response::new(request.into_body()))))
    }
}

fn options() -> Value {
    json!({
        "validateBody": "reject-only", "validateQueryParameters": "reject-only",
        "validatePathParameters": "reject-only", "validateHeaders": "reject-only",
    })
}

/// One operation at `/pets/{id}`.
fn load(version: &str, options: &Value, mut operation: Value, components: &Value) -> Result<Router, String> {
    let handler = json!({ "export": "echo", "module": "$import(./modules/echo)" });
    operation["x-zuplo-route"] = json!({ "handler": handler, "policies": { "inbound": ["validate"] } });
    let document = json!({
        "openapi": version, "paths": { "/pets/{id}": { "post": operation } }, "components": components,
    });
    let policies = json!([{ "name": "validate", "policyType": "request-validation-inbound", "handler": {
        "export": "RequestValidationInboundPolicy", "module": "$import(@zuplo/runtime)", "options": options,
    } }]);
    let folder = project(&[("policies.json", &policies), ("routes.oas.json", &document)]);
    let mut dependencies = dependencies(&[]);
    let echo = Registry::default().handler("./modules/echo", "echo", |options| options.none().map(|()| Echo));
    dependencies.registry = Arc::new(echo);
    Gateway::load(folder.path(), &dependencies).map(Gateway::into_router).map_err(|errors| errors.to_string())
}

async fn send(router: &Router, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> (u16, Value) {
    let request = axum::http::Request::builder().method("POST").uri(uri);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into()))
}

/// Where the request does not fit, and what is said of it.
fn told(problem: &Value) -> Vec<String> {
    let text = |error: &Value| {
        format!(
            "{}{}: {}",
            error["in"].as_str().unwrap(),
            error["pointer"].as_str().unwrap(),
            error["message"].as_str().unwrap()
        )
    };
    problem["errors"].as_array().unwrap_or(&Vec::new()).iter().map(text).collect()
}

fn pet_body(schema: &Value) -> Value {
    json!({ "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } } })
}

fn pet() -> Value {
    json!({ "schemas": {
        "Pet": {
            "type": "object", "required": ["id", "name"],
            "properties": {
                "id": { "type": "string", "readOnly": true },
                "name": { "type": "string", "pattern": "^[a-z]+$" },
                "friends": { "type": "array", "items": { "$ref": "#/components/schemas/Pet" } },
            },
        },
    } })
}

#[tokio::test]
async fn a_body_is_held_to_its_schema_and_sent_on_as_it_came() {
    let operation = pet_body(&json!({ "$ref": "#/components/schemas/Pet" }));
    let router = load("3.1.0", &options(), operation, &pet()).unwrap();
    let body = "{ \"name\": \"rex\",  \"friends\": [{\"name\":\"tom\"}] }";
    let request = axum::http::Request::post("/pets/1").body(Body::from(body)).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(to_bytes(response.into_body(), 999).await.unwrap(), body);
    for (body, expected) in [
        ("{}", "body: \"name\" is a required property"),
        (r#"{"name":"x","friends":[{"name":7}]}"#, "body/friends/0/name: value is not of type \"string\""),
        (r#"{"name":"very secret"}"#, "body/name: value does not match \"^[a-z]+$\""),
        (r#"{"name":"a","name":7}"#, "body: the body is not JSON: "),
        ("{", "body: the body is not JSON: "),
        ("", "body: a body is required"),
    ] {
        let (status, problem) = send(&router, "/pets/1", &[("content-type", "application/json")], body).await;
        let errors = told(&problem);
        assert!(status == 400 && errors.len() == 1 && errors[0].starts_with(expected), "{body}: {problem}");
        assert_eq!(problem["detail"], "The request does not fit the operation's schema.");
        assert!(!problem.to_string().contains("very secret"));
    }
}

#[tokio::test]
async fn both_versions_say_null_in_their_own_words() {
    for (version, schema) in [
        ("3.0.3", json!({ "type": "integer", "nullable": true, "minimum": 3, "exclusiveMinimum": true })),
        ("3.1.0", json!({ "type": ["integer", "null"], "exclusiveMinimum": 3 })),
    ] {
        let components = json!({ "schemas": { "Age": schema } });
        let operation = pet_body(&json!({ "$ref": "#/components/schemas/Age" }));
        let router = load(version, &options(), operation, &components).unwrap();
        for (body, expected) in [("null", 200), ("4", 200), ("3", 400), ("\"4\"", 400)] {
            assert_eq!(send(&router, "/pets/1", &[], body).await.0, expected, "{version} {body}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_or_passes_unread_if_the_operation_names_it() {
    let operation = json!({ "requestBody": { "content": {
        "application/json": { "schema": { "type": "object" } },
        "application/*": {},
        "text/plain": { "schema": { "type": "integer" } },
    } } });
    let mut options = options();
    options["maxBodySizeInBytes"] = json!(10);
    let router = load("3.1.0", &options, operation, &json!({})).unwrap();
    for (headers, body, expected) in [
        (vec![("content-type", "application/json; charset=utf-8")], "{}", 200),
        (vec![("content-type", "application/json")], "[]", 400),
        (vec![], "[]", 400),
        (vec![("content-type", "application/xml")], "<a/>", 200),
        (vec![("content-type", "Text/Plain")], "no number, and rather long", 200),
        (vec![("content-type", "image/png")], "x", 415),
        (vec![("content-type", "application/json"), ("content-type", "text/plain")], "{}", 415),
        (vec![("content-type", "application/json"), ("content-encoding", "gzip")], "x", 415),
        (vec![("content-type", "application/json")], "{\"a\":\"long\"}", 413),
        (vec![], "", 200),
    ] {
        let (status, problem) = send(&router, "/pets/1", &headers, body).await;
        assert_eq!(status, expected, "{headers:?} {body}: {problem}");
    }
}

fn parameters() -> Value {
    json!({ "parameters": [
        { "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } },
        { "name": "limit", "in": "query", "schema": { "$ref": "#/components/schemas/Limit" } },
        { "name": "tag", "in": "query", "schema": { "type": "array", "items": { "type": "integer" }, "maxItems": 2 } },
        { "name": "ids", "in": "query", "explode": false, "schema": { "type": "array", "items": { "type": "integer" } } },
        { "name": "filter", "in": "query", "content": { "application/json": { "schema": { "type": "object" } } } },
        { "name": "all", "in": "query", "schema": { "type": "boolean" } },
        { "name": "code", "in": "query", "schema": { "type": "string", "maxLength": 3 } },
        { "$ref": "#/components/parameters/Trace" },
        { "name": "Authorization", "in": "header", "required": true, "schema": { "type": "string" } },
        { "name": "session", "in": "cookie", "required": true, "schema": { "type": "string" } },
    ] })
}

fn parameter_components() -> Value {
    json!({
        "schemas": { "Limit": { "allOf": [{ "type": "integer" }, { "maximum": 100 }] } },
        "parameters": { "Trace": { "name": "X-Trace", "in": "header", "required": true, "schema": { "type": "string", "format": "uuid" } } },
    })
}

#[tokio::test]
async fn parameters_are_read_as_what_their_schema_allows() {
    let router = load("3.1.0", &options(), parameters(), &parameter_components()).unwrap();
    let trace = [("x-trace", "0b4a9b5e-6a35-4c1c-9c45-0c2f9e0a7d11")];
    for (uri, expected) in [
        ("/pets/7", vec![]),
        ("/pets/seven", vec!["path/id: value is not of type \"integer\""]),
        ("/pets/07", vec!["path/id: value is not of type \"integer\""]),
        ("/pets/7?limit=100&tag=1&tag=2&ids=1,2&all=true&code=123&filter=%7B%7D&other=x", vec![]),
        ("/pets/7?limit=101", vec!["query/limit: value is greater than the maximum of 100"]),
        ("/pets/7?limit=1&limit=x", vec!["query/limit: value is not of type \"integer\""]),
        ("/pets/7?tag=1&tag=2&tag=3", vec!["query/tag: value has more than 2 items"]),
        ("/pets/7?ids=1,x", vec!["query/ids/1: value is not of type \"integer\""]),
        (
            "/pets/7?all=yes&code=1234",
            vec!["query/all: value is not of type \"boolean\"", "query/code: value is longer than 3 characters"],
        ),
        ("/pets/7?filter=%7B", vec!["query/filter: the value is not JSON"]),
        ("/pets/7?filter=1", vec!["query/filter: value is not of type \"object\""]),
    ] {
        let (status, problem) = send(&router, uri, &trace, "").await;
        assert_eq!(
            (status, told(&problem)),
            (if expected.is_empty() { 200 } else { 400 }, expected.iter().map(ToString::to_string).collect()),
            "{uri}"
        );
    }
    for (headers, expected) in [
        (vec![], "header/X-Trace: a value is required"),
        (vec![("x-trace", "7")], "header/X-Trace: value is not a \"uuid\""),
    ] {
        assert_eq!(told(&send(&router, "/pets/7", &headers, "").await.1), [expected]);
    }
}

#[tokio::test]
async fn each_part_has_its_mode() {
    let components = parameter_components();
    let mut operation = parameters();
    operation["requestBody"] = pet_body(&json!({ "type": "object" }))["requestBody"].clone();
    for (mode, statuses) in [("none", [200, 200]), ("log-only", [200, 200]), ("reject-and-log", [400, 400])] {
        let options = json!({
            "validateBody": mode, "validateQueryParameters": mode, "logLevel": "debug", "includeRequestInLogs": true,
            "maxBodySizeInBytes": 9,
        });
        let router = load("3.1.0", &options, operation.clone(), &components).unwrap();
        let query = send(&router, "/pets/x?limit=x", &[], "{}").await;
        let body = send(&router, "/pets/x", &[], "[]").await;
        assert_eq!([query.0, body.0], statuses, "{mode}");
        let long = send(&router, "/pets/x", &[], "[1,2,3,4,5,6,7]").await;
        match statuses[0] {
            200 => {
                assert_eq!(long, (200, json!([1, 2, 3, 4, 5, 6, 7])), "what is too long to be looked at goes on whole")
            }
            _ => assert_eq!(long.0, 413),
        }
    }
}

#[test]
fn faults_are_told_when_the_project_is_loaded() {
    let parameter = |more: Value| {
        let mut parameter = json!({ "name": "a", "in": "query", "schema": { "type": "string" } });
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "parameters": [parameter] })
    };
    for (operation, expected) in [
        (
            pet_body(&json!({ "type": "strange" })),
            "/requestBody/content/application~1json/schema: expected a schema that can be used",
        ),
        (pet_body(&json!({ "pattern": "(" })), "expected a schema that can be used"),
        (pet_body(&json!({ "$ref": "#/components/schemas/None" })), "expected a schema that can be used"),
        (pet_body(&json!({ "$ref": "https://elsewhere.example/schema.json" })), "expected a schema that can be used"),
        (pet_body(&json!({ "$ref": "file:///etc/passwd" })), "expected a schema that can be used"),
        (
            json!({ "requestBody": { "$ref": "#/components/requestBodies/None" } }),
            "/requestBody/$ref: expected a reference to something",
        ),
        (json!({ "requestBody": {} }), "/requestBody/content: expected the types of content"),
        (parameter(json!({ "in": "body" })), "/parameters/0/in: expected `path`, `query`, `header` or `cookie`"),
        (parameter(json!({ "in": "path" })), "/parameters/0/name: expected a parameter that the path has"),
        (parameter(json!({ "style": "deepObject" })), "/parameters/0/style: expected `form`"),
        (
            parameter(json!({ "schema": { "type": "object" } })),
            "/parameters/0/schema: expected a schema without objects",
        ),
    ] {
        let error = load("3.1.0", &options(), operation, &json!({})).unwrap_err();
        assert!(error.contains("routes.oas.json at /paths/~1pets~1{id}/post") && error.contains(expected), "{error}");
    }
    let error = load("3.1.0", &json!({ "validateBody": "reject" }), json!({}), &json!({})).unwrap_err();
    assert!(
        error.contains("/validateBody: expected one of `none`, `log-only`, `reject-and-log`, `reject-only`"),
        "{error}"
    );
}
