//! `remove-headers-…` and `clear-headers-…`, inbound and outbound: remove the headers that are named, or all but those.
//!
//! Options of `remove-headers-…`: `headers` (required: names). Options of `clear-headers-…`: `exclude` (default none).

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, Response},
};
use serde::Deserialize;

use super::{InboundPolicy, OutboundPolicy, Outcome, Policy, PolicySite, Verdict, ready};
use crate::gateway::{
    context::Context,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoveOptions {
    headers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClearOptions {
    #[serde(default)]
    exclude: Vec<String>,
}

enum RemoveHeaders {
    These(Vec<HeaderName>),
    AllBut(Vec<HeaderName>),
}

/// Makes `remove-headers-inbound`.
pub fn build_remove_inbound(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(these(options)?))
}

/// Makes `remove-headers-outbound`.
pub fn build_remove_outbound(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::outbound(these(options)?))
}

/// Makes `clear-headers-inbound`.
pub fn build_clear_inbound(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(all_but(options)?))
}

/// Makes `clear-headers-outbound`.
pub fn build_clear_outbound(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::outbound(all_but(options)?))
}

fn these(options: &Options<'_>) -> Result<RemoveHeaders, LoadError> {
    names("headers", options.read::<RemoveOptions>()?.headers, options).map(RemoveHeaders::These)
}

fn all_but(options: &Options<'_>) -> Result<RemoveHeaders, LoadError> {
    names("exclude", options.read::<ClearOptions>()?.exclude, options).map(RemoveHeaders::AllBut)
}

fn names(option: &str, names: Vec<String>, options: &Options<'_>) -> Result<Vec<HeaderName>, LoadError> {
    let names = names.into_iter().map(HeaderName::try_from).collect::<Result<_, _>>();
    names.map_err(|_| options.error(option, "names that headers may have"))
}

impl RemoveHeaders {
    fn remove(&self, headers: &mut HeaderMap) {
        match self {
            Self::These(names) => names.iter().for_each(|name| {
                headers.remove(name);
            }),
            Self::AllBut(kept) => {
                let removed: Vec<HeaderName> = headers.keys().filter(|name| !kept.contains(name)).cloned().collect();
                removed.iter().for_each(|name| {
                    headers.remove(name);
                });
            }
        }
    }
}

impl InboundPolicy for RemoveHeaders {
    fn apply<'a>(&'a self, mut request: Request, _context: &'a mut Context) -> Verdict<'a> {
        self.remove(request.headers_mut());
        ready(Ok(request))
    }

    fn guards(&self) -> bool {
        false
    }
}

impl OutboundPolicy for RemoveHeaders {
    fn apply<'a>(&'a self, mut response: Response<Body>, _context: &'a mut Context) -> Outcome<'a> {
        self.remove(response.headers_mut());
        ready(Ok(response))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::gateway::testing::{fault, inbound, names_of, outbound, request, response};

    #[tokio::test]
    async fn headers_are_removed_both_ways() {
        let all = [("x-a", "1"), ("x-b", "1"), ("x-b", "2"), ("x-c", "1")];
        for (kind, options, left) in [
            ("remove-headers", json!({ "headers": ["X-B", "x-d"] }), vec!["x-a", "x-c"]),
            ("clear-headers", json!({ "exclude": ["X-B"] }), vec!["x-b", "x-b"]),
            ("clear-headers", json!({}), vec![]),
        ] {
            let passed = inbound(&format!("{kind}-inbound"), &options).passes(request(&all)).await;
            assert_eq!(names_of(passed.headers()), left);
            let answered = outbound(&format!("{kind}-outbound"), &options).answers(response(&all)).await;
            assert_eq!(names_of(answered.headers()), left);
        }
    }

    #[test]
    fn faults_are_named() {
        let error = fault("remove-headers-inbound", &json!({ "headers": ["a b"] }));
        assert!(error.contains("at /headers: expected names that headers may have"), "{error}");
        let error = fault("clear-headers-outbound", &json!({ "headers": [] }));
        assert!(error.contains("at /headers: expected `exclude`"), "{error}");
    }
}
