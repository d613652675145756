//! Answers and preflights, for each kind of policy.

use std::path::Path;

use serde_json::{Value, json};

use super::*;

fn custom(entry: &Value) -> Result<CorsPolicy, String> {
    let node = Node::root(Path::new("policies.json"), entry);
    CorsPolicy::load(&node, &Environment::default()).map(|(_, policy)| policy).map_err(|error| error.to_string())
}

fn app_only() -> CorsPolicy {
    custom(&json!({
        "name": "app", "allowedOrigins": ["https://app.example"], "allowedMethods": "get, POST",
        "allowedHeaders": ["authorization", "x-a"], "exposeHeaders": "x-b", "maxAge": 5, "allowCredentials": true,
    }))
    .unwrap()
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// The CORS headers of an answer for this origin: allowed origin, credentials, exposed headers, vary.
fn applied(policy: &CorsPolicy, origin: Option<&'static str>) -> [String; 4] {
    let mut answer = headers(&[("access-control-allow-origin", "https://upstream.example"), ("vary", "accept")]);
    policy.apply(origin.map(HeaderValue::from_static).as_ref(), &mut answer);
    let vary: Vec<&str> = answer.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    [
        text(&answer, "access-control-allow-origin"),
        text(&answer, "access-control-allow-credentials"),
        text(&answer, "access-control-expose-headers"),
        vary.join(", "),
    ]
}

#[test]
fn answers_name_the_origin_that_is_allowed() {
    let origin = Some("https://app.example");
    assert_eq!(applied(&CorsPolicy::None, origin), ["", "", "", "accept"]);
    assert_eq!(applied(&CorsPolicy::AnythingGoes, origin), ["https://app.example", "true", "*", "accept, Origin"]);
    assert_eq!(applied(&app_only(), origin), ["https://app.example", "true", "x-b", "accept, Origin"]);
    assert_eq!(
        applied(&app_only(), Some("HTTPS://APP.example")),
        ["HTTPS://APP.example", "true", "x-b", "accept, Origin"]
    );
    assert_eq!(applied(&app_only(), Some("https://evil.example")), ["", "", "", "accept, Origin"]);
    assert_eq!(applied(&app_only(), None), ["", "", "", "accept, Origin"]);
}

fn preflight(policy: &CorsPolicy, request: &[(&'static str, &'static str)]) -> Result<HeaderMap, u16> {
    match policy.preflight(&headers(request), &[&Method::GET, &Method::PUT]) {
        Ok(answer) => {
            assert_eq!(answer.status(), StatusCode::OK);
            Ok(answer.headers().clone())
        }
        Err(problem) => Err(problem.into_response(&crate::gateway::testing::arrival()).status().as_u16()),
    }
}

const ORIGIN: (&str, &str) = ("origin", "https://app.example");

#[test]
fn preflights_are_answered_as_zuplo_does() {
    let method = |name| ("access-control-request-method", name);
    assert_eq!(preflight(&CorsPolicy::None, &[ORIGIN, method("GET")]), Err(404));
    let answer =
        preflight(&CorsPolicy::AnythingGoes, &[ORIGIN, method("GET"), ("access-control-request-headers", "x-c")]);
    let answer = answer.unwrap();
    assert_eq!(text(&answer, "access-control-allow-methods"), "GET, PUT");
    assert_eq!(text(&answer, "access-control-allow-headers"), "x-c");
    assert_eq!(text(&answer, "access-control-max-age"), "600");
    let answer = preflight(&app_only(), &[ORIGIN, method("POST")]).unwrap();
    assert_eq!(text(&answer, "access-control-allow-origin"), "https://app.example");
    assert_eq!(text(&answer, "access-control-allow-methods"), "GET, POST");
    assert_eq!(text(&answer, "access-control-allow-headers"), "authorization, x-a");
    assert_eq!(text(&answer, "access-control-max-age"), "5");
    assert_eq!(preflight(&app_only(), &[ORIGIN, method("PUT")]), Err(404));
    assert_eq!(preflight(&app_only(), &[("origin", "https://evil.example"), method("GET")]), Err(404));
    assert_eq!(preflight(&app_only(), &[ORIGIN]), Err(400));
    assert_eq!(preflight(&app_only(), &[method("GET")]), Err(400));
}

#[test]
fn headers_that_are_not_listed_are_those_that_are_asked_for() {
    let asks = ("access-control-request-headers", "authorization, x-c");
    let request = [ORIGIN, ("access-control-request-method", "PUT"), asks];
    for entry in [
        json!({ "name": "a", "allowedOrigins": "https://app.example" }),
        json!({ "name": "a", "allowedOrigins": "https://app.example", "allowedHeaders": "*", "allowedMethods": ["*"] }),
    ] {
        let policy = custom(&entry).unwrap();
        let answer = preflight(&policy, &request).unwrap();
        assert_eq!(text(&answer, "access-control-allow-headers"), "authorization, x-c", "{entry}");
        assert_eq!(text(&answer, "access-control-allow-methods"), "GET, PUT", "{entry}");
        let answer = preflight(&policy, &request[..2]).unwrap();
        assert!(!answer.contains_key("access-control-allow-headers"), "nothing was asked for");
    }
    let none = json!({ "name": "a", "allowedOrigins": "https://app.example", "allowedHeaders": [] });
    assert_eq!(text(&preflight(&custom(&none).unwrap(), &request).unwrap(), "access-control-allow-headers"), "");
    let answer = preflight(&app_only(), &[ORIGIN, ("access-control-request-method", "GET"), asks]).unwrap();
    assert_eq!(text(&answer, "access-control-allow-headers"), "authorization, x-a", "a list is a list");
}

#[test]
fn faults_are_named() {
    for (entry, expected) in [
        (json!({ "allowedOrigins": "*" }), "at /name: expected a value, found nothing"),
        (json!({ "name": "a" }), "at /allowedOrigins: expected a value, found nothing"),
        (
            json!({ "name": "a", "allowedOrigins": "https://a.example/" }),
            "at /allowedOrigins: expected origins such as",
        ),
        (json!({ "name": "a", "allowedOrigins": "" }), "at /allowedOrigins: expected origins such as"),
        (
            json!({ "name": "a", "allowedOrigins": 7 }),
            "at /allowedOrigins: expected an array of strings, or one string with commas, found 7",
        ),
        (json!({ "name": "a", "allowedOrigins": "*", "maxAge": "x" }), "at /maxAge: expected u64, found \"x\""),
        (json!({ "name": "a", "allowedOrigins": "*", "allowOrigin": "x" }), "at /allowOrigin: expected"),
    ] {
        let error = custom(&entry).unwrap_err();
        assert!(error.contains(expected), "{entry}: {error}");
    }
}
