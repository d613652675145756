//! `*.oas.json`: an OpenAPI 3 document whose operations carry `x-zuplo-route`.

use std::sync::Arc;

use axum::http::Method;

use super::{LoadError, Node, policies_file::Policies};
use crate::gateway::{
    handlers::{self, Handler},
    route_table::{NamedPolicy, PathPattern, Route},
};

/// Members of a path item that are not operations.
const PATH_MEMBERS: [&str; 6] = ["x-zuplo-path", "$ref", "summary", "description", "servers", "parameters"];

/// Reads the file and appends its routes.
pub fn load_into(routes: &mut Vec<Route>, root: &Node<'_>, policies: &Policies) -> Result<(), LoadError> {
    root.env_only_where(&|pointer| pointer.contains("/x-zuplo-route/handler/options"))?;
    let version = root.required("openapi", "the OpenAPI version, such as \"3.1.0\"")?;
    if !version.text()?.starts_with("3.") {
        return Err(version.error("OpenAPI 3.0 or 3.1"));
    }
    let paths = root.required("paths", "an object of paths; the older routes.json format is not read")?;
    for (path, item) in paths.members()? {
        let pattern = path_pattern(path, &item)?;
        for (name, operation) in item.members()? {
            if PATH_MEMBERS.contains(&name) || name.starts_with("x-") {
                continue;
            }
            let route = route(method(name, &operation)?, pattern.clone(), &operation, policies)?;
            // The first one would win, whatever the second protects.
            if routes.iter().any(|other| other.method == route.method && other.pattern.fits_the_same(&route.pattern)) {
                return Err(operation.error_about("a method and path that no other route has", path));
            }
            routes.push(route);
        }
    }
    Ok(())
}

fn path_pattern(path: &str, item: &Node<'_>) -> Result<PathPattern, LoadError> {
    if let Some(zuplo) = item.get("x-zuplo-path") {
        zuplo.only_keys(&["pathMode"])?;
        let mode = zuplo.required("pathMode", "`open-api`")?;
        if mode.text()? != "open-api" {
            return Err(mode.error("`open-api`: other path modes are not supported"));
        }
    }
    if !path.starts_with('/') || path.contains("/:") || path.contains("(.*)") {
        return Err(
            item.error_about("a path in `open-api` mode: starting with `/`, with parameters written as {name}", path)
        );
    }
    PathPattern::parse(path).ok_or_else(|| {
        item.error_about("a path whose parameters are written as {name}, with something between two of them", path)
    })
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

fn route(method: Method, pattern: PathPattern, operation: &Node<'_>, policies: &Policies) -> Result<Route, LoadError> {
    // Beside `x-zuplo-route` the list would be ignored and leave the route open.
    if let Some(misplaced) = operation.get("policies") {
        return Err(misplaced.error("`policies` inside `x-zuplo-route`"));
    }
    let zuplo = operation.required("x-zuplo-route", "an object with handler and policies")?;
    zuplo.only_keys(&["corsPolicy", "handler", "policies"])?;
    if let Some(cors) = zuplo.get("corsPolicy")
        && cors.text()? != "none"
    {
        return Err(cors.error("`none`: other CORS policies are not supported"));
    }
    let handler = handler(&zuplo.required("handler", "an object with export and module")?)?;
    Ok(Route { method, pattern, policies: inbound(&zuplo, policies)?, handler })
}

fn handler(node: &Node<'_>) -> Result<Box<dyn Handler>, LoadError> {
    node.only_keys(&["export", "module", "options"])?;
    let module = node.required("module", "the handler's module, such as `$import(./modules/hello-world)`")?;
    let export = node.required("export", "the handler's export, such as `default`")?;
    if let Some(options) = node.get("options")
        && let Some((_, first)) = options.members()?.first()
    {
        return Err(first.error("no option: this handler has none"));
    }
    handlers::find(module.text()?, export.text()?).ok_or_else(|| {
        let known: Vec<String> =
            handlers::KNOWN.iter().map(|(module, export)| format!("{export} of {module}")).collect();
        module.error(format!("a handler that is supported ({})", known.join(", ")))
    })
}

fn inbound(zuplo: &Node<'_>, policies: &Policies) -> Result<Vec<NamedPolicy>, LoadError> {
    let Some(lists) = zuplo.get("policies") else { return Ok(Vec::new()) };
    lists.only_keys(&["inbound", "outbound"])?;
    if let Some(outbound) = lists.get("outbound")
        && let Some(first) = outbound.items()?.first()
    {
        return Err(first.error("no entry: outbound policies are not supported"));
    }
    let Some(inbound) = lists.get("inbound") else { return Ok(Vec::new()) };
    inbound.items()?.iter().map(|name| named(name, policies)).collect()
}

fn named(name: &Node<'_>, policies: &Policies) -> Result<NamedPolicy, LoadError> {
    let text = name.text()?;
    match policies.get(text) {
        Some(policy) => Ok((text.to_owned(), Arc::clone(policy))),
        None => {
            let mut known: Vec<&str> = policies.keys().map(String::as_str).collect();
            known.sort_unstable();
            Err(name.error(format!("the name of a policy in policies.json ({})", known.join(", "))))
        }
    }
}
