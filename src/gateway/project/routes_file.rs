//! `*.oas.json`: an OpenAPI 3 document whose operations carry `x-zuplo-route`.

use std::{collections::HashSet, sync::Arc};

use axum::http::Method;

use super::{
    Layout, LoadError, Node, Options,
    error::Findings,
    policies_file::{Policies, RoutePlace},
    settings::Settings,
};
use crate::gateway::{
    Dependencies, InboundPolicy, OutboundPolicy,
    cors::CorsPolicy,
    handlers::HandlerSite,
    meters::RequestMeter,
    registry::module_of,
    routing::{Named, PathMode, PathPattern, Route, RouteInfo},
};

/// Members of a path item that are not operations.
const PATH_MEMBERS: [&str; 4] = ["summary", "description", "servers", "parameters"];

/// Members of a path item that would be ignored there, and leave its routes without what they say.
const MISPLACED_IN_PATHS: [(&str, &str); 3] = [
    ("x-zuplo-route", "`x-zuplo-route` inside an operation, such as `get`"),
    ("policies", "`policies` inside the `x-zuplo-route` of an operation"),
    ("$ref", "the path's operations themselves: references are not followed"),
];

/// The same for operations.
const MISPLACED_IN_OPERATIONS: [(&str, &str); 3] = [
    ("policies", "`policies` inside `x-zuplo-route`"),
    ("x-zuplo-path", "`x-zuplo-path` beside the operations of a path"),
    ("$ref", "the operation itself: references are not followed"),
];

/// Reads route files, one after the other.
pub struct Loader<'l> {
    policies: &'l Policies,
    layout: &'l Layout,
    dependencies: &'l Dependencies,
    settings: &'l Settings,
    routes: Vec<Route>,
    /// What stands already: method and what the path matches.
    known: HashSet<(Method, String)>,
}

impl<'l> Loader<'l> {
    pub fn new(
        policies: &'l Policies,
        layout: &'l Layout,
        dependencies: &'l Dependencies,
        settings: &'l Settings,
    ) -> Self {
        Self { policies, layout, dependencies, settings, routes: Vec::new(), known: HashSet::new() }
    }

    /// The routes of all files, in order.
    pub fn into_routes(self) -> Vec<Route> {
        self.routes
    }

    /// Reads a file and appends its routes.
    pub fn load(&mut self, root: &Node<'_>, findings: &mut Findings) {
        findings.note(root.env_only_where(&|pointer| pointer.contains("/x-zuplo-route/handler/options")));
        for (path, item) in findings.note(paths(root)).unwrap_or_default() {
            let pattern =
                refuse_misplaced(&item, &MISPLACED_IN_PATHS).and_then(|()| path_pattern(path, &item, findings));
            let Some(pattern) = findings.note(pattern) else { continue };
            for (name, operation) in findings.note(item.members()).unwrap_or_default() {
                if PATH_MEMBERS.contains(&name) || name.starts_with("x-") {
                    continue;
                }
                let place = RoutePlace { document: root, item: &item, operation: &operation, pattern: &pattern };
                let route = method(name, &operation).and_then(|method| self.route(method, &place, findings));
                self.routes.extend(findings.note(route));
            }
        }
    }

    fn route(&mut self, method: Method, place: &RoutePlace<'_>, findings: &mut Findings) -> Result<Route, LoadError> {
        let (operation, pattern) = (place.operation, place.pattern);
        refuse_misplaced(operation, &MISPLACED_IN_OPERATIONS)?;
        // The first one would win, whatever the second protects.
        let is_new = self.known.insert((method.clone(), pattern.source().to_owned()));
        if !is_new && !self.settings.allow_duplicate_routes {
            return Err(operation.error_about("a method and path that no other route has", pattern.as_str()));
        }
        let zuplo = operation.required("x-zuplo-route", "an object with handler and policies")?;
        zuplo.only_keys(&["corsPolicy", "handler", "policies", "mcp"])?;
        if let Some(mcp) = zuplo.get("mcp") {
            findings.warn(mcp.warning("operations are not served as MCP tools; this changes nothing"));
        }
        let info = RouteInfo { method, path: pattern.as_str().to_owned(), operation: operation.value().clone() };
        let cors = self.cors(&zuplo)?;
        let inbound = self.inbound(&zuplo, place)?;
        if cors.trusts_everybody() && inbound.iter().any(|named| named.policy.identifies()) {
            findings.warn(zuplo.warning("scripts of every site may call this route with its visitors' credentials"));
        }
        let handler = zuplo.required("handler", "an object with export and module")?;
        let (handler_name, handler) = self.handler(&handler, pattern)?;
        Ok(Route {
            meter: RequestMeter::of_route(&info.path),
            info: Arc::new(info),
            place: operation.place(),
            pattern: pattern.clone(),
            cors,
            inbound,
            outbound: self.outbound(&zuplo)?,
            handler_name,
            handler,
        })
    }

    fn cors(&self, zuplo: &Node<'_>) -> Result<Arc<CorsPolicy>, LoadError> {
        let Some(name) = zuplo.get("corsPolicy") else { return Ok(Arc::new(CorsPolicy::None)) };
        match name.text()? {
            "none" => Ok(Arc::new(CorsPolicy::None)),
            "anything-goes" => Ok(Arc::new(CorsPolicy::AnythingGoes)),
            other => self.policies.cors(other).ok_or_else(|| {
                name.error("`none`, `anything-goes` or the name of an entry of `corsPolicies` in policies.json")
            }),
        }
    }

    fn handler(
        &self,
        node: &Node<'_>,
        pattern: &PathPattern,
    ) -> Result<(String, Arc<dyn crate::gateway::Handler>), LoadError> {
        node.only_keys(&["export", "module", "options"])?;
        let module = node.required("module", "the handler's module, such as `$import(./modules/hello-world)`")?;
        let export = node.required("export", "the handler's export, such as `default`")?;
        let kind = self.dependencies.registry.handler_kind((&module, module_of(&module)?), &export)?;
        let options = Options::of(node, &self.dependencies.environment)?;
        let inbound = |name: &str| self.policies.all_inbound(name);
        let site = HandlerSite { dependencies: self.dependencies, pattern, layout: self.layout, inbound: &inbound };
        let name = if module_of(&module)?.starts_with('.') {
            format!("{} of {}", export.text()?, module_of(&module)?)
        } else {
            export.text()?.to_owned()
        };
        Ok((name, kind.build(&options, &site)?))
    }

    fn inbound(&self, zuplo: &Node<'_>, place: &RoutePlace<'_>) -> Result<Vec<Named<dyn InboundPolicy>>, LoadError> {
        let mut chain = Vec::new();
        for name in names(zuplo, "inbound")? {
            self.policies.add_inbound(&name, place, &mut chain)?;
        }
        Ok(chain)
    }

    fn outbound(&self, zuplo: &Node<'_>) -> Result<Vec<Named<dyn OutboundPolicy>>, LoadError> {
        let policies = names(zuplo, "outbound")?.into_iter().map(|name| self.policies.outbound(&name));
        Ok(policies.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

fn refuse_misplaced(node: &Node<'_>, misplaced: &[(&str, &str)]) -> Result<(), LoadError> {
    let found = misplaced.iter().find_map(|(member, expected)| node.get(member).map(|node| node.error(expected)));
    found.map_or(Ok(()), Err)
}

fn paths<'a>(root: &Node<'a>) -> Result<Vec<(&'a str, Node<'a>)>, LoadError> {
    let version = root.required("openapi", "the OpenAPI version, such as \"3.1.0\"")?;
    if !version.text()?.starts_with("3.") {
        return Err(version.error("OpenAPI 3.0 or 3.1"));
    }
    root.required("paths", "an object of paths; the older routes.json format is not read")?.members()
}

fn path_pattern(path: &str, item: &Node<'_>, findings: &mut Findings) -> Result<PathPattern, LoadError> {
    let mode = path_mode(item)?;
    if mode == PathMode::OpenApi && (path.contains("/:") || path.contains("(.*)")) {
        findings.warn(
            item.warning("`:` and parentheses are literal in path mode `open-api`; should this be `url-pattern`?"),
        );
    }
    PathPattern::parse(path, mode).map_err(|expected| item.error_about(&expected, path))
}

fn path_mode(item: &Node<'_>) -> Result<PathMode, LoadError> {
    let Some(zuplo) = item.get("x-zuplo-path") else { return Ok(PathMode::OpenApi) };
    zuplo.only_keys(&["pathMode"])?;
    let mode = zuplo.required("pathMode", "`open-api` or `url-pattern`")?;
    match mode.text()? {
        "open-api" => Ok(PathMode::OpenApi),
        "url-pattern" => Ok(PathMode::UrlPattern),
        _ => Err(mode.error("`open-api` or `url-pattern`")),
    }
}

fn method(name: &str, operation: &Node<'_>) -> Result<Method, LoadError> {
    match name {
        "get" => Ok(Method::GET),
        "put" => Ok(Method::PUT),
        "post" => Ok(Method::POST),
        "delete" => Ok(Method::DELETE),
        "head" => Ok(Method::HEAD),
        "patch" => Ok(Method::PATCH),
        "options" | "trace" => {
            Err(operation.error("another method: OPTIONS is kept for preflights, and TRACE is not served"))
        }
        _ => Err(operation.error("an HTTP method in lower case, or one of OpenAPI's path item members")),
    }
}

/// The names in one of the two lists of `policies`.
fn names<'a>(zuplo: &Node<'a>, list: &str) -> Result<Vec<Node<'a>>, LoadError> {
    let Some(lists) = zuplo.get("policies") else { return Ok(Vec::new()) };
    lists.only_keys(&["inbound", "outbound"])?;
    lists.get(list).map_or_else(|| Ok(Vec::new()), |names| names.items())
}
