//! Projects in the shapes that public Zuplo projects have, each written here after what its documentation or its
//! repository shows, and what they must do. No file of theirs is copied.

use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::gateway::{
    api_keys::make_key,
    testing::{dependencies, project, request_to},
};

const RUNTIME: &str = "$import(@zuplo/runtime)";

fn policy(name: &str, policy_type: &str, export: &str, module: &str, options: &Value) -> Value {
    json!({ "name": name, "policyType": policy_type, "handler": { "export": export, "module": module, "options": options } })
}

fn built_in(name: &str, policy_type: &str, export: &str, options: &Value) -> Value {
    policy(name, policy_type, export, RUNTIME, options)
}

fn route(handler: &Value, inbound: &[&str]) -> Value {
    json!({ "operationId": "x", "x-zuplo-route": { "corsPolicy": "none", "handler": handler, "policies": { "inbound": inbound } } })
}

fn handler(export: &str, module: &str, options: &Value) -> Value {
    json!({ "export": export, "module": module, "options": options })
}

fn hello() -> Value {
    handler("default", "$import(./modules/hello-world)", &json!({}))
}

fn document(paths: &Value) -> Value {
    json!({ "openapi": "3.1.0", "info": { "title": "x", "version": "1.0.0" }, "paths": paths })
}

/// A project of `policies.json` and route files.
struct Shape {
    router: Router,
}

impl Shape {
    fn load(policies: &Value, files: &[(&str, Value)], registry: Registry) -> Self {
        let mut all = vec![("policies.json", policies)];
        all.extend(files.iter().map(|(name, document)| (*name, document)));
        let folder = project(&all);
        let mut dependencies =
            dependencies(&[("CLERK_FRONTEND_API_URL", "https://x.clerk.accounts.dev"), ("PASSWORD", "secret")]);
        dependencies.registry = Arc::new(registry);
        let gateway = Gateway::load(folder.path(), &dependencies).unwrap_or_else(|errors| panic!("{errors}"));
        Self { router: gateway.into_router() }
    }

    /// A project with one route file.
    fn one(policies: &Value, paths: &Value) -> Self {
        Self::load(policies, &[("routes.oas.json", document(paths))], Registry::default())
    }

    async fn send(&self, request: Request) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Status and body of a GET.
    async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> (StatusCode, String) {
        let mut request = request_to("GET", path);
        headers.iter().for_each(|(name, value)| {
            request.headers_mut().insert(*name, value.parse().unwrap());
        });
        let response = self.send(request).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

/// What a new project has: one route, the Hello World module, no policies, and an empty `corsPolicies`.
#[tokio::test]
async fn a_new_project_greets() {
    let shape = Shape::one(
        &json!({ "policies": [], "corsPolicies": [] }),
        &json!({ "/hello-world": { "x-zuplo-path": { "pathMode": "open-api" }, "get": route(&hello(), &[]) } }),
    );
    assert_eq!(shape.get("/hello-world", &[]).await, (StatusCode::OK, "\"Hello World\"".to_owned()));
}

/// The Clerk article: one policy, pasted as it is printed.
#[tokio::test]
async fn the_articles_policy_may_stand_alone() {
    let options = json!({ "allowUnauthenticatedRequests": false, "frontendApiUrl": "$env(CLERK_FRONTEND_API_URL)" });
    let article = built_in("clerk", "clerk-jwt-auth-inbound", "ClerkJwtInboundPolicy", &options);
    let shape = Shape::one(&article, &json!({ "/hello": { "get": route(&hello(), &["clerk"]) } }));
    assert_eq!(shape.get("/hello", &[]).await.0, StatusCode::UNAUTHORIZED);
}

/// The first tutorial: an API key, then a limit by user.
#[tokio::test]
async fn the_tutorials_key_and_limit_stand_in_order() {
    let policies = json!({ "policies": [
        built_in("api-key-inbound", "api-key-inbound", "ApiKeyInboundPolicy", &json!({ "allowUnauthenticatedRequests": false, "cacheTtlSeconds": 60 })),
        built_in("rate-limit-inbound", "rate-limit-inbound", "RateLimitInboundPolicy", &json!({ "rateLimitBy": "user", "requestsAllowed": 2, "timeWindowMinutes": 1 })),
    ] });
    let paths = json!({ "/todos": { "get": route(&hello(), &["api-key-inbound", "rate-limit-inbound"]) } });
    let ((key, hash), (other_key, other_hash)) = (make_key([1; 24]), make_key([2; 24]));
    let keys =
        json!({ "keys": [{ "consumer": "acme", "hash": hash }, { "consumer": "umbrella", "hash": other_hash }] });
    let files = [("routes.oas.json", document(&paths)), ("api-keys.json", keys)];
    let shape = Shape::load(&policies, &files, Registry::default());
    let (bearer, other) = (format!("Bearer {key}"), format!("Bearer {other_key}"));
    for (authorization, status) in [(&bearer, 200), (&bearer, 200), (&bearer, 429), (&other, 200)] {
        let answer = shape.get("/todos", &[("authorization", authorization)]).await;
        assert_eq!(answer.0, status, "{}", answer.1);
    }
    // Who is not known is told so, and never counts.
    for _ in 0..3 {
        let (status, body) = shape.get("/todos", &[]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(body.contains("No API key was sent."), "{body}");
    }
}

/// Versions as documents of their own, told apart by a prefix.
#[tokio::test]
async fn versions_are_files() {
    let redirect = |to: &str| handler("redirectHandler", RUNTIME, &json!({ "location": to, "status": 307 }));
    let version = |path: &str, to: &str| document(&json!({ path: { "get": route(&redirect(to), &[]) } }));
    let files = [("v2.oas.json", version("/v2/todos", "/two")), ("v1.oas.json", version("/v1/todos", "/one"))];
    let shape = Shape::load(&json!({ "policies": [] }), &files, Registry::default());
    for (path, location) in [("/v1/todos", "/one"), ("/v2/todos", "/two")] {
        let response = shape.send(request_to("GET", path)).await;
        assert_eq!((response.status().as_u16(), &response.headers()["location"]), (307, &location.parse().unwrap()));
    }
}

/// A specific route before a catch-all in `url-pattern` mode, for every method.
#[tokio::test]
async fn a_catch_all_stands_last() {
    let mock = built_in("mock", "mock-api-inbound", "MockApiInboundPolicy", &json!({}));
    let mut fallback = route(&hello(), &["mock"]);
    fallback["responses"] =
        json!({ "404": { "content": { "application/json": { "example": { "code": "NO_SUCH_THING" } } } } });
    let paths = json!({
        "/known/:id{/}?": { "x-zuplo-path": { "pathMode": "url-pattern" }, "get": route(&hello(), &[]) },
        "/(.*)": { "x-zuplo-path": { "pathMode": "url-pattern" }, "get": fallback },
    });
    let shape = Shape::one(&json!({ "policies": [mock] }), &paths);
    assert_eq!(shape.get("/known/7/", &[]).await.0, StatusCode::OK);
    assert_eq!(shape.get("/else/where", &[]).await, (StatusCode::NOT_FOUND, "{\"code\":\"NO_SUCH_THING\"}".to_owned()));
}

/// A design-first project: every operation is mocked from its own examples.
#[tokio::test]
async fn examples_answer_before_there_is_a_backend() {
    let mock = built_in(
        "mock",
        "mock-api-inbound",
        "MockApiInboundPolicy",
        &json!({ "random": false, "exampleName": "second" }),
    );
    let mut operation =
        route(&handler("urlForwardHandler", RUNTIME, &json!({ "baseUrl": "https://api.example.com" })), &["mock"]);
    let examples = json!({ "first": { "value": 1 }, "second": { "value": 2 } });
    operation["responses"] =
        json!({ "200": { "description": "", "content": { "application/json": { "examples": examples } } } });
    let shape = Shape::one(&json!({ "policies": [mock] }), &json!({ "/numbers": { "get": operation } }));
    assert_eq!(shape.get("/numbers", &[]).await, (StatusCode::OK, "2".to_owned()));
}

/// The same with its answers and examples under `components`, where design tools put them.
#[tokio::test]
async fn examples_may_stand_among_the_components() {
    let mock = built_in("mock", "mock-api-inbound", "MockApiInboundPolicy", &json!({}));
    let mut operation = route(&hello(), &["mock"]);
    operation["responses"] = json!({ "200": { "$ref": "#/components/responses/Todos" } });
    let mut routes = document(&json!({ "/todos": { "get": operation } }));
    let examples = json!({ "some": { "$ref": "#/components/examples/some" } });
    routes["components"] = json!({
        "responses": { "Todos": { "description": "", "content": { "application/json": { "examples": examples } } } },
        "examples": { "some": { "value": [{ "id": 1, "title": "delectus aut autem" }] } },
    });
    let shape = Shape::load(&json!({ "policies": [mock] }), &[("routes.oas.json", routes)], Registry::default());
    let expected = "[{\"id\":1,\"title\":\"delectus aut autem\"}]";
    assert_eq!(shape.get("/todos", &[]).await, (StatusCode::OK, expected.to_owned()));
}

/// A front end elsewhere: an entry of `corsPolicies` with lists as texts, and a preflight.
#[tokio::test]
async fn a_front_end_elsewhere_may_call() {
    let policies = json!({ "policies": [], "corsPolicies": [{
        "name": "site", "allowedOrigins": "https://*.example.com, http://localhost:3000", "allowedHeaders": "authorization",
        "allowedMethods": "GET", "exposeHeaders": "", "maxAge": 600, "allowCredentials": true,
    }] });
    let mut operation = route(&hello(), &[]);
    operation["x-zuplo-route"]["corsPolicy"] = json!("site");
    let shape = Shape::one(&policies, &json!({ "/api": { "get": operation } }));
    let mut preflight = request_to("OPTIONS", "/api");
    preflight.headers_mut().insert("origin", "https://app.example.com".parse().unwrap());
    preflight.headers_mut().insert("access-control-request-method", "GET".parse().unwrap());
    let response = shape.send(preflight).await;
    assert_eq!(response.status(), StatusCode::OK);
    for (name, value) in [
        ("access-control-allow-origin", "https://app.example.com"),
        ("access-control-allow-methods", "GET"),
        ("access-control-allow-headers", "authorization"),
        ("access-control-allow-credentials", "true"),
        ("access-control-max-age", "600"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    let mut preflight = request_to("OPTIONS", "/api");
    preflight.headers_mut().insert("origin", "https://app.example.com.evil.example".parse().unwrap());
    preflight.headers_mut().insert("access-control-request-method", "GET".parse().unwrap());
    assert_eq!(shape.send(preflight).await.status(), StatusCode::NOT_FOUND);
}

/// Writes who the caller is into a header, as projects do that sit before a backend which trusts its gateway.
struct ForwardUserId;

impl InboundPolicy for ForwardUserId {
    fn apply<'a>(&'a self, mut request: Request, context: &'a mut Context) -> Verdict<'a> {
        Box::pin(async move {
            let user = context.user.as_ref().ok_or_else(|| Problem::unauthorized("no_user", "Who are you?"))?;
            let value = user.sub.parse().map_err(|_| Problem::internal("user_id"))?;
            request.headers_mut().insert("x-user-id", value);
            Ok(request)
        })
    }

    fn requires_user(&self) -> bool {
        true
    }

    fn identity_headers(&self) -> Vec<axum::http::HeaderName> {
        vec![axum::http::HeaderName::from_static("x-user-id")]
    }
}

/// Says what a module of the project sees: the caller, and the header that names them.
struct Echo;

impl Handler for Echo {
    fn handle<'a>(&'a self, request: Request, context: &'a mut Context) -> Answer<'a> {
        let user = context.user.as_ref().map(|user| json!({ "sub": user.sub, "data": user.data }));
        let header = request.headers().get("x-user-id").map(|value| value.to_str().unwrap().to_owned());
        Box::pin(async move { Ok(Response::new(Body::from(json!({ "user": user, "header": header }).to_string()))) })
    }
}

fn own_modules() -> Registry {
    Registry::default().handler("./modules/echo", "default", |options| options.none().map(|()| Echo)).inbound_policy(
        "./modules/forward-user-id",
        "default",
        |options| options.none().map(|()| ForwardUserId),
    )
}

fn basic(allow: bool) -> Value {
    let accounts = json!([{ "username": "ada", "password": "$env(PASSWORD)", "data": { "plan": "large" } }]);
    let options = json!({ "accounts": accounts, "allowUnauthenticatedRequests": allow });
    built_in("basic", "basic-auth-inbound", "BasicAuthInboundPolicy", &options)
}

/// Several ways to be known, each optional, in one group; a module of the project's own asks for one of them in the end.
#[tokio::test]
async fn several_ways_to_be_known_end_in_a_guard() {
    let keys =
        built_in("keys", "api-key-inbound", "ApiKeyInboundPolicy", &json!({ "allowUnauthenticatedRequests": true }));
    let guard = policy("guard", "custom-code-inbound", "default", "$import(./modules/forward-user-id)", &json!({}));
    let group = built_in(
        "any",
        "composite-inbound",
        "CompositeInboundPolicy",
        &json!({ "policies": ["keys", "basic", "guard"] }),
    );
    let paths =
        json!({ "/mine": { "get": route(&handler("default", "$import(./modules/echo)", &json!({})), &["any"]) } });
    let policies = json!({ "policies": [group, keys, basic(true), guard] });
    let shape = Shape::load(&policies, &[("routes.oas.json", document(&paths))], own_modules());
    assert_eq!(shape.get("/mine", &[("x-user-id", "forged")]).await.0, StatusCode::UNAUTHORIZED);
    let authorization = format!("Basic {}", STANDARD.encode("ada:secret"));
    let (status, body) = shape.get("/mine", &[("authorization", &authorization), ("x-user-id", "forged")]).await;
    assert_eq!(status, StatusCode::OK);
    let seen: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(seen, json!({ "user": { "sub": "ada", "data": { "plan": "large" } }, "header": "ada" }));
}

/// Roles: the sample that projects copy into a module of their own.
#[tokio::test]
async fn a_copied_sample_is_known_by_its_name() {
    let roles = policy(
        "roles",
        "rbac-policy-inbound",
        "default",
        "$import(./modules/rbac-policy-inbound)",
        &json!({ "allowedRoles": ["admin"] }),
    );
    let shape = Shape::one(
        &json!({ "policies": [basic(false), roles] }),
        &json!({ "/admin": { "get": route(&hello(), &["basic", "roles"]) } }),
    );
    let authorization = format!("Basic {}", STANDARD.encode("ada:secret"));
    let mut request = request_to("GET", "/admin");
    request.headers_mut().insert("authorization", authorization.parse().unwrap());
    let response = shape.send(request).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"gatehouse\", error=\"insufficient_scope\"");
}

/// Has a hook that panics once there is an answer.
struct PanicsBeforeSending;
impl Handler for PanicsBeforeSending {
    fn handle<'a>(&'a self, _request: Request, context: &'a mut Context) -> Answer<'a> {
        context.before_sending(|_| panic!("sending"));
        Box::pin(async { Ok(Response::new(Body::empty())) })
    }
}

/// Modules of a project's own that are not right: a client learns that, and nothing else.
#[tokio::test]
async fn what_panics_is_refused_as_everything_is() {
    struct Panics;
    impl InboundPolicy for Panics {
        fn apply<'a>(&'a self, _request: Request, _context: &'a mut Context) -> Verdict<'a> {
            panic!("inbound")
        }
    }
    impl OutboundPolicy for Panics {
        fn apply<'a>(&'a self, _response: Response<Body>, _context: &'a mut Context) -> Outcome<'a> {
            Box::pin(async { panic!("outbound") })
        }
    }
    impl Handler for Panics {
        fn handle<'a>(&'a self, _request: Request, context: &'a mut Context) -> Answer<'a> {
            context.when_answered(|_| Box::pin(async { panic!("hook") }));
            Box::pin(async { panic!("{} {}", "hand", "ler") })
        }
    }
    const MODULE: &str = "./modules/panics";
    let registry = Registry::default()
        .inbound_policy(MODULE, "inbound", |_| Ok(Panics))
        .outbound_policy(MODULE, "outbound", |_| Ok(Panics))
        .handler(MODULE, "handler", |_| Ok(Panics))
        .handler(MODULE, "sending", |_| Ok(PanicsBeforeSending));
    let module = format!("$import({MODULE})");
    let policies = json!({ "policies": [
        policy("inbound", "custom-code-inbound", "inbound", &module, &json!({})),
        policy("outbound", "custom-code-outbound", "outbound", &module, &json!({})),
    ] });
    let panics = handler("handler", &module, &json!({}));
    let open = |mut operation: Value, outbound: &[&str]| {
        operation["x-zuplo-route"]["corsPolicy"] = json!("anything-goes");
        operation["x-zuplo-route"]["policies"]["outbound"] = json!(outbound);
        json!({ "get": operation })
    };
    let paths = json!({
        "/inbound": open(route(&hello(), &["inbound"]), &[]),
        "/outbound": open(route(&hello(), &[]), &["outbound"]),
        "/handler": open(route(&panics, &[]), &[]),
        "/sending": open(route(&handler("sending", &module, &json!({})), &[]), &[]),
    });
    let shape = Shape::load(&policies, &[("routes.oas.json", document(&paths))], registry);
    for path in ["/inbound", "/outbound", "/handler", "/sending"] {
        let mut request = request_to("GET", path);
        request.headers_mut().insert("origin", "https://app.example".parse().unwrap());
        let response = shape.send(request).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example", "{path}");
        assert_eq!(response.headers()["vary"], "Origin", "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let id = response.headers()["zp-rid"].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["trace"]["requestId"], &problem["instance"]), (&json!(id), &json!(path)));
    }
}

/// A method that a path does not have: 404 as in Zuplo, 405 where the project asks for it.
#[tokio::test]
async fn strict_routes_tell_a_missing_method_from_a_missing_path() {
    for (strict, status, allow) in [(false, 404, None), (true, 405, Some("GET, PUT"))] {
        let paths = json!({
            "/a/{id}": { "get": route(&hello(), &[]) },
            "/a/b": { "put": route(&hello(), &[]), "get": route(&hello(), &[]) },
        });
        let settings = json!({ "strictRoutes": strict });
        let files = [("zuplo.jsonc", settings), ("routes.oas.json", document(&paths))];
        let shape = Shape::load(&json!({ "policies": [] }), &files, Registry::default());
        let response = shape.send(request_to("DELETE", "/a/b")).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers().get("allow").map(|allow| allow.to_str().unwrap()), allow);
        assert_eq!(shape.send(request_to("DELETE", "/b")).await.status(), 404);
    }
}

/// The root leads to the documentation, and the documentation's source is served.
#[tokio::test]
async fn the_root_leads_to_the_documentation() {
    let spec = handler("openApiSpecHandler", RUNTIME, &json!({ "openApiFilePath": "./config/routes.oas.json" }));
    let redirect = handler("redirectHandler", RUNTIME, &json!({ "location": "/docs" }));
    let paths = json!({ "/": { "get": route(&redirect, &[]) }, "/openapi": { "get": route(&spec, &[]) } });
    let shape = Shape::one(&json!({ "policies": [] }), &paths);
    assert_eq!(shape.get("/", &[]).await.0, StatusCode::FOUND);
    let (_, body) = shape.get("/openapi", &[]).await;
    assert!(body.contains("\"/openapi\"") && !body.contains("x-zuplo"), "{body}");
}

/// Security headers on every answer, and what the backend says of itself removed.
#[tokio::test]
async fn answers_are_dressed_on_their_way_out() {
    let headers = json!({ "headers": [{ "name": "strict-transport-security", "value": "max-age=63072000" }] });
    let set = built_in("secure", "set-headers-outbound", "SetHeadersOutboundPolicy", &headers);
    let remove = built_in(
        "quiet",
        "remove-headers-outbound",
        "RemoveHeadersOutboundPolicy",
        &json!({ "headers": ["content-type"] }),
    );
    let mut operation = route(&hello(), &[]);
    operation["x-zuplo-route"]["policies"]["outbound"] = json!(["secure", "quiet"]);
    let shape = Shape::one(&json!({ "policies": [set, remove] }), &json!({ "/": { "get": operation } }));
    let response = shape.send(request_to("GET", "/")).await;
    assert!(response.headers().contains_key("strict-transport-security"));
    assert!(!response.headers().contains_key("content-type") && response.headers().contains_key("zp-rid"));
}

#[test]
fn proxies_that_are_none_stop_the_load() {
    let folder = project(&[
        ("policies.json", &json!([])),
        ("routes.oas.json", &document(&json!({ "/": { "get": route(&hello(), &[]) } }))),
    ]);
    let load = |proxies: &str| {
        Gateway::load(folder.path(), &dependencies(&[("GATEWAY_TRUSTED_PROXIES", proxies)])).map(|_| ())
    };
    assert_eq!(load("10.0.0.0/8, ::1"), Ok(()));
    let error = load("10.0.0.0/33").unwrap_err().to_string();
    assert!(error.contains("expected GATEWAY_TRUSTED_PROXIES to hold addresses and ranges"), "{error}");
}
