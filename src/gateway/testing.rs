//! What the gateway's unit tests share: requests, contexts and routes that were never read from a file, and policies
//! and whole projects made from JSON.

use std::{fs, path::Path, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, Method, Response, StatusCode},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Arrival, Context, Dependencies, InboundPolicy, LoadError, MemoryCounters, Options, OutboundPolicy, Params, Problem,
    Registry, RouteInfo, Stop, Upstream,
    api_keys::ApiKeys,
    context::Hooks,
    cors::CorsPolicy,
    handlers::HelloWorld,
    meters::RequestMeter,
    policies::{self, Policy, PolicySite, RouteSite},
    project::{NamedFiles, Node},
    routing::{PathMode, PathPattern, Route},
    trace::Recorder,
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
        authority: None,
        custom: Map::new(),
        hooks: Hooks::default(),
        recorder: Recorder::default(),
    }
}

pub fn route(method: Method, pattern: PathPattern) -> Route {
    let file = Value::Null;
    Route {
        info: Arc::new(info(method, pattern.as_str())),
        place: Node::root(Path::new("routes.oas.json"), &file).place(),
        pattern,
        cors: Arc::new(CorsPolicy::None),
        inbound: Vec::new(),
        outbound: Vec::new(),
        handler_name: String::new(),
        handler: Arc::new(HelloWorld),
        meter: RequestMeter::of_no_route(),
    }
}

pub fn dependencies(environment: &[(&str, &str)]) -> Dependencies {
    Dependencies {
        key_sets: Arc::new(KeySets::new(Default::default())),
        environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        registry: Arc::new(Registry::default()),
        counters: Arc::new(MemoryCounters::default()),
        upstream: Upstream::new().unwrap(),
        public_url: "https://gateway.example".parse().unwrap(),
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

/// A policy made from its options, and what it is applied in.
pub struct Applied<P> {
    policy: P,
    pub context: Context,
}

fn build(policy_type: &str, options: &Value, dependencies: &Dependencies) -> Result<Policy, LoadError> {
    build_with_keys(policy_type, options, dependencies, ApiKeys::default())
}

fn build_with_keys(
    policy_type: &str,
    options: &Value,
    dependencies: &Dependencies,
    api_keys: ApiKeys,
) -> Result<Policy, LoadError> {
    let node = Node::root(Path::new("policies.json"), options);
    let options = Options::at(node, &dependencies.environment)?;
    let build = policies::built_in(policy_type).map(|kind| kind.build).or_else(|| policies::sample(policy_type));
    let (api_keys, files) = (Arc::new(api_keys), NamedFiles::new(Path::new(".")));
    build.unwrap()(
        &options,
        &PolicySite { name: "policy", api_keys: &api_keys, answers: &Arc::default(), files: &files, dependencies },
    )
}

/// Why a policy cannot be made.
pub fn fault(policy_type: &str, options: &Value) -> String {
    build(policy_type, options, &dependencies(&[])).map(|_| ()).unwrap_err().to_string()
}

pub fn inbound(policy_type: &str, options: &Value) -> Applied<Arc<dyn InboundPolicy>> {
    inbound_with(policy_type, options, &dependencies(&[])).unwrap_or_else(|error| panic!("{error}"))
}

pub fn inbound_with(
    policy_type: &str,
    options: &Value,
    dependencies: &Dependencies,
) -> Result<Applied<Arc<dyn InboundPolicy>>, LoadError> {
    as_inbound(build(policy_type, options, dependencies)?)
}

pub fn inbound_with_keys(policy_type: &str, options: &Value, keys: ApiKeys) -> Applied<Arc<dyn InboundPolicy>> {
    let built = build_with_keys(policy_type, options, &dependencies(&[]), keys);
    built.and_then(as_inbound).unwrap_or_else(|error| panic!("{error}"))
}

/// A policy on a route with this operation, which is all of its document.
pub fn inbound_on(policy_type: &str, options: &Value, operation: &Value) -> Applied<Arc<dyn InboundPolicy>> {
    let built = build(policy_type, options, &dependencies(&[]));
    built.and_then(|policy| as_inbound_on(policy, operation)).unwrap_or_else(|error| panic!("{error}"))
}

fn as_inbound(policy: Policy) -> Result<Applied<Arc<dyn InboundPolicy>>, LoadError> {
    as_inbound_on(policy, &json!({}))
}

fn as_inbound_on(policy: Policy, operation: &Value) -> Result<Applied<Arc<dyn InboundPolicy>>, LoadError> {
    match policy {
        Policy::Inbound(policy) => Ok(Applied { policy, context: context() }),
        Policy::PerRoute(build) => {
            let node = Node::root(Path::new("routes.oas.json"), operation);
            let pattern = PathPattern::parse("/hello", PathMode::OpenApi).unwrap();
            let site = RouteSite { document: &node, item: &node, operation: &node, pattern: &pattern, before: &[] };
            Ok(Applied { policy: build(&site)?, context: context() })
        }
        _ => panic!("not inbound"),
    }
}

pub fn outbound(policy_type: &str, options: &Value) -> Applied<Arc<dyn OutboundPolicy>> {
    match build(policy_type, options, &dependencies(&[])) {
        Ok(Policy::Outbound(policy)) => Applied { policy, context: context() },
        Ok(_) => panic!("{policy_type} is not outbound"),
        Err(error) => panic!("{error}"),
    }
}

impl Applied<Arc<dyn InboundPolicy>> {
    pub fn policy(&self) -> Arc<dyn InboundPolicy> {
        Arc::clone(&self.policy)
    }

    /// The request that passed.
    pub async fn passes(&mut self, request: Request) -> Request {
        match self.policy.apply(request, &mut self.context).await {
            Ok(request) => request,
            Err(Stop::Problem(problem)) => panic!("refused: {problem:?}"),
            Err(Stop::Answer(response)) => panic!("answered: {response:?}"),
        }
    }

    /// The refusal.
    pub async fn refuses(&mut self, request: Request) -> Refusal {
        match self.policy.apply(request, &mut self.context).await {
            Err(Stop::Problem(problem)) => Refusal::read(problem).await,
            _ => panic!("not refused"),
        }
    }

    /// The policy's own answer.
    pub async fn answers(&mut self, request: Request) -> Response<Body> {
        match self.policy.apply(request, &mut self.context).await {
            Err(Stop::Answer(response)) => response,
            _ => panic!("not answered"),
        }
    }

    /// 200 for a request that passed, else the status of the refusal.
    pub async fn status(&mut self, request: Request) -> u16 {
        match self.policy.apply(request, &mut self.context).await {
            Ok(_) => 200,
            Err(Stop::Problem(problem)) => Refusal::read(problem).await.status().as_u16(),
            Err(Stop::Answer(response)) => response.status().as_u16(),
        }
    }
}

impl Applied<Arc<dyn OutboundPolicy>> {
    /// The refusal in place of the answer.
    pub async fn refuses(&mut self, response: Response<Body>) -> Refusal {
        Refusal::read(self.policy.apply(response, &mut self.context).await.unwrap_err()).await
    }

    /// The answer as the policy left it.
    pub async fn answers(&mut self, response: Response<Body>) -> Response<Body> {
        self.policy.apply(response, &mut self.context).await.unwrap()
    }
}

/// A refusal as the client sees it.
pub struct Refusal {
    response: Response<()>,
    body: Value,
}

impl Refusal {
    async fn read(problem: Problem) -> Self {
        let (parts, body) = problem.into_response(&arrival()).into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Self { response: Response::from_parts(parts, ()), body: serde_json::from_slice(&body).unwrap() }
    }

    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

pub fn request(headers: &[(&str, &str)]) -> Request {
    let mut request = request_to("GET", "/hello");
    headers.iter().for_each(|(name, value)| append(request.headers_mut(), name, value));
    request
}

pub fn request_to(method: &str, uri: &str) -> Request {
    axum::http::Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()
}

pub fn response(headers: &[(&str, &str)]) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    headers.iter().for_each(|(name, value)| append(response.headers_mut(), name, value));
    response
}

fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    headers.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
}

/// The name of every header, as often as it stands there.
pub fn names_of(headers: &HeaderMap) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}
