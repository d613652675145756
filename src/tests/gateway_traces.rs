//! Traces, as a collector on loopback receives them.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::support::{App, Issuer, Upstream, project};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// What was sent: the collector's request headers, and each span.
#[derive(Clone, Default)]
struct Collector {
    headers: Arc<Mutex<Vec<HeaderMap>>>,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let app = Router::new().route("/v1/traces", post(collect)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (collector, url)
    }

    fn spans(&self) -> Vec<Value> {
        let bodies = self.bodies.lock().unwrap();
        let scopes = bodies.iter().flat_map(|body| body["resourceSpans"].as_array().unwrap());
        let spans = scopes.flat_map(|resource| resource["scopeSpans"].as_array().unwrap());
        spans.flat_map(|scope| scope["spans"].as_array().unwrap().clone()).collect()
    }

    fn span(&self, name: &str) -> Value {
        let spans = self.spans();
        spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no {name} in {spans:#?}")).clone()
    }
}

async fn collect(State(collector): State<Collector>, headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    collector.headers.lock().unwrap().push(headers);
    collector.bodies.lock().unwrap().push(body);
    Json(json!({}))
}

fn attribute<'s>(span: &'s Value, key: &str) -> &'s Value {
    let attributes = span["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == key);
    found.map_or(&Value::Null, |attribute| &attribute["value"])
}

/// A route to an upstream, behind a policy that takes tokens and one that changes a header.
fn files(upstream: &str) -> [(&'static str, Value); 2] {
    let policy = |name: &str, policy_type: &str, export: &str, options: Value| {
        let handler = json!({ "export": export, "module": "$import(@zuplo/runtime)", "options": options });
        json!({ "name": name, "policyType": policy_type, "handler": handler })
    };
    let clerk = json!({ "frontendApiUrl": "$env(CLERK_FRONTEND_API_URL)" });
    let headers = json!({ "headers": [{ "name": "x-seen", "value": "yes" }] });
    let policies = json!([
        policy("my-clerk", "clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", clerk),
        policy("my-header", "set-headers-outbound", "SetHeadersOutboundPolicy", headers),
    ]);
    let routes = json!({ "openapi": "3.1.0", "paths": { "/echo/{id}": { "get": { "x-zuplo-route": {
        "handler": {
            "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": upstream },
        },
        "policies": { "inbound": ["my-clerk"], "outbound": ["my-header"] },
    } } } } });
    [("policies.json", policies), ("a.oas.json", routes)]
}

#[tokio::test]
async fn every_phase_is_a_span_of_the_callers_trace() {
    let ((collector, url), issuer, upstream) =
        (Collector::start().await, Issuer::start().await, Upstream::start().await);
    let files = files(&upstream.url);
    let folder = project(&[(files[0].0, &files[0].1), (files[1].0, &files[1].1)]);
    let app = issuer
        .app(&[
            ("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=collectors-key"),
            ("OTEL_SERVICE_NAME", "edge"),
        ])
        .await;
    let token = issuer.key().sign(&issuer.claims(&app));
    let (bearer, parent) = (format!("Bearer {token}"), format!("00-{TRACE}-{CALLER}-01"));
    let path = "/gateway/echo/path-value?key=query-value";
    let headers = [("authorization", bearer.as_str()), ("traceparent", &parent)];
    let page = app.get(path, &headers).await;
    assert_eq!((page.status, page.header("x-seen")), (200, "yes"), "{}", page.body);
    let seen: Value = serde_json::from_str(&page.body).unwrap();
    let sent_on = seen["headers"]["traceparent"].as_str().unwrap().to_owned();
    assert_eq!(app.get(path, &[("traceparent", parent.as_str())]).await.status, 401);
    assert!(!app.log().contains("collectors-key"));
    app.signal("TERM");
    assert!(app.wait().await.success());

    let request = collector.span("request");
    assert_eq!((&request["traceId"], &request["parentSpanId"]), (&json!(TRACE), &json!(CALLER)));
    assert_eq!(
        (&request["kind"], attribute(&request, "http.response.status_code")),
        (&json!(2), &json!({ "intValue": "200" }))
    );
    let (route, handler) = (collector.span("GET /echo/{id}"), collector.span("urlForwardHandler"));
    for (child, parent) in [
        (&route, &request),
        (&collector.span("my-clerk"), &route),
        (&handler, &route),
        (&collector.span("upstream"), &handler),
        (&collector.span("my-header"), &route),
    ] {
        assert_eq!((&child["parentSpanId"], &child["traceId"]), (&parent["spanId"], &json!(TRACE)), "{child:#}");
    }
    let upstream = collector.span("upstream");
    assert_eq!(sent_on, format!("00-{TRACE}-{}-01", upstream["spanId"].as_str().unwrap()));
    let refused = collector.spans().iter().any(|span| attribute(span, "gateway.refused")["stringValue"] == "missing");
    assert!(refused, "{:#?}", collector.spans());

    let sent = json!(*collector.bodies.lock().unwrap()).to_string();
    assert!(sent.contains(r#"{"key":"service.name","value":{"stringValue":"edge"}}"#), "{sent}");
    for secret in [token.as_str(), "query-value", "collectors-key", "user_1"] {
        assert!(!sent.contains(secret), "{secret} was sent: {sent}");
    }
    assert!(collector.headers.lock().unwrap().iter().all(|headers| headers["x-key"] == "collectors-key"));
}

#[tokio::test]
async fn without_a_collector_a_callers_trace_goes_on_to_the_upstream_untouched() {
    let (issuer, upstream) = (Issuer::start().await, Upstream::start().await);
    let files = files(&upstream.url);
    let folder = project(&[(files[0].0, &files[0].1), (files[1].0, &files[1].1)]);
    let app: App = issuer.app(&[("GATEHOUSE_CONFIG_DIR", folder.path().to_str().unwrap())]).await;
    let bearer = format!("Bearer {}", issuer.key().sign(&issuer.claims(&app)));
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let headers = [("authorization", bearer.as_str()), ("traceparent", &parent)];
    let page = app.get("/gateway/echo/1", &headers).await;
    let seen: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(seen["headers"]["traceparent"], parent);
}
