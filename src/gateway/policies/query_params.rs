//! `set-query-params-inbound` and `remove-query-params-inbound`: change the query that the upstream sees.
//!
//! Options: of the first `params` (required: `name`, `value`, and `overwrite`, default true: false keeps values that are
//! there); of the second `params` (required: names). What they do not name stays as the client wrote it.

use axum::{
    extract::Request,
    http::{Uri, uri::PathAndQuery},
};
use serde::Deserialize;
use url::form_urlencoded;

use super::{InboundPolicy, Policy, PolicySite, Verdict, ready, yes};
use crate::gateway::{
    context::{Context, query_value},
    problem::Problem,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetOptions {
    params: Vec<Param>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Param {
    name: String,
    value: String,
    #[serde(default = "yes")]
    overwrite: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoveOptions {
    params: Vec<String>,
}

struct SetParams(Vec<Param>);

struct RemoveParams(Vec<String>);

/// Makes `set-query-params-inbound`.
pub fn build_set(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(SetParams(options.read::<SetOptions>()?.params)))
}

/// Makes `remove-query-params-inbound`.
pub fn build_remove(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(RemoveParams(options.read::<RemoveOptions>()?.params)))
}

impl InboundPolicy for SetParams {
    fn apply<'a>(&'a self, mut request: Request, _context: &'a mut Context) -> Verdict<'a> {
        for param in &self.0 {
            let query = request.uri().query().unwrap_or_default();
            if param.overwrite || query_value(Some(query), &param.name).is_none() {
                let mut kept = without(query, &param.name);
                kept.push(
                    form_urlencoded::Serializer::new(String::new()).append_pair(&param.name, &param.value).finish(),
                );
                if let Err(problem) = set_query(&mut request, &kept.join("&")) {
                    return ready(Err(problem.into()));
                }
            }
        }
        ready(Ok(request))
    }

    fn guards(&self) -> bool {
        false
    }
}

impl InboundPolicy for RemoveParams {
    fn apply<'a>(&'a self, mut request: Request, _context: &'a mut Context) -> Verdict<'a> {
        for name in &self.0 {
            let kept = without(request.uri().query().unwrap_or_default(), name);
            if let Err(problem) = set_query(&mut request, &kept.join("&")) {
                return ready(Err(problem.into()));
            }
        }
        ready(Ok(request))
    }

    fn guards(&self) -> bool {
        false
    }
}

/// The pairs of a query but those called `name`, as they were written.
fn without(query: &str, name: &str) -> Vec<String> {
    let is_kept = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).all(|(own, _)| own != name);
    query.split('&').filter(|pair| !pair.is_empty()).filter(is_kept).map(str::to_owned).collect()
}

/// An address that cannot be made is refused: without the query that the project wants it would say something else.
fn set_query(request: &mut Request, query: &str) -> Result<(), Problem> {
    let path = request.uri().path();
    let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut parts = request.uri().clone().into_parts();
    // Both come from an address that was read as one, so that only its length can be wrong.
    parts.path_and_query = Some(target.parse::<PathAndQuery>().map_err(|_| Problem::uri_too_long())?);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Problem::uri_too_long())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::gateway::testing::{inbound, request_to};

    async fn query(policy: &str, options: Value, uri: &str) -> String {
        let passed = inbound(policy, &options).passes(request_to("GET", uri)).await;
        passed.uri().to_string()
    }

    #[tokio::test]
    async fn parameters_are_set() {
        let one = |overwrite: bool| json!({ "params": [{ "name": "a b", "value": "x&y", "overwrite": overwrite }] });
        for (overwrite, uri, expected) in [
            (true, "/p", "/p?a+b=x%26y"),
            (true, "/p?c=%2F&a+b=1&a%20b=2", "/p?c=%2F&a+b=x%26y"),
            (false, "/p?c=1&a%20b=2", "/p?c=1&a%20b=2"),
            (false, "/p?c=1", "/p?c=1&a+b=x%26y"),
        ] {
            assert_eq!(query("set-query-params-inbound", one(overwrite), uri).await, expected);
        }
    }

    #[tokio::test]
    async fn an_address_that_grows_too_long_is_refused() {
        let options = json!({ "params": [{ "name": "key", "value": "v".repeat(100) }] });
        let uri = format!("/p?{}", "q".repeat(65_500));
        let mut policy = inbound("set-query-params-inbound", &options);
        assert_eq!(policy.refuses(request_to("GET", &uri)).await.status(), 414);
    }

    #[tokio::test]
    async fn parameters_are_removed() {
        for (uri, expected) in [("/p?a=1&b=2&%61=3&c", "/p?b=2&c"), ("/p?a", "/p"), ("/p", "/p")] {
            assert_eq!(query("remove-query-params-inbound", json!({ "params": ["a"] }), uri).await, expected);
        }
    }
}
