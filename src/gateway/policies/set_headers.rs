//! `set-headers-inbound` and `set-headers-outbound`: set headers of the request or of the answer.
//!
//! Options: `headers` (required: `name`, `value`, and `overwrite`, default true: false keeps a header that is there).

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Response},
};
use serde::Deserialize;

use super::{InboundPolicy, OutboundPolicy, Outcome, Policy, PolicySite, Verdict, ready, yes};
use crate::gateway::{
    context::Context,
    incoming::is_of_connection,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetHeadersOptions {
    headers: Vec<HeaderOptions>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderOptions {
    name: String,
    value: String,
    #[serde(default = "yes")]
    overwrite: bool,
}

struct Entry {
    name: HeaderName,
    value: HeaderValue,
    overwrite: bool,
}

struct SetHeaders(Vec<Entry>);

/// Makes the inbound policy.
pub fn build_inbound(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::inbound(read(options)?))
}

/// Makes the outbound policy.
pub fn build_outbound(options: &Options<'_>, _site: &PolicySite<'_>) -> Result<Policy, LoadError> {
    Ok(Policy::outbound(read(options)?))
}

fn read(options: &Options<'_>) -> Result<SetHeaders, LoadError> {
    let entry = |header: HeaderOptions| {
        let name = HeaderName::try_from(header.name).ok().filter(|name| !is_of_connection(name))?;
        let value = HeaderValue::try_from(header.value).ok()?;
        Some(Entry { name, value, overwrite: header.overwrite })
    };
    let entries = options.read::<SetHeadersOptions>()?.headers.into_iter().map(entry).collect::<Option<Vec<_>>>();
    let expected = "names and values that headers may have, and no header that HTTP itself sets, such as Host";
    entries.map(SetHeaders).ok_or_else(|| options.error("headers", expected))
}

impl SetHeaders {
    fn set(&self, headers: &mut HeaderMap) {
        for entry in &self.0 {
            if entry.overwrite || !headers.contains_key(&entry.name) {
                headers.insert(&entry.name, entry.value.clone());
            }
        }
    }
}

impl InboundPolicy for SetHeaders {
    fn apply<'a>(&'a self, mut request: Request, _context: &'a mut Context) -> Verdict<'a> {
        self.set(request.headers_mut());
        ready(Ok(request))
    }

    fn guards(&self) -> bool {
        false
    }
}

impl OutboundPolicy for SetHeaders {
    fn apply<'a>(&'a self, mut response: Response<Body>, _context: &'a mut Context) -> Outcome<'a> {
        self.set(response.headers_mut());
        ready(Ok(response))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::gateway::testing::{fault, inbound, outbound, request, response};

    #[tokio::test]
    async fn headers_are_set_both_ways() {
        let options = json!({ "headers": [
            { "name": "X-A", "value": "new" }, { "name": "x-b", "value": "new", "overwrite": false },
            { "name": "x-c", "value": "new", "overwrite": false },
        ] });
        let old = [("x-a", "old"), ("x-b", "old")];
        let passed = inbound("set-headers-inbound", &options).passes(request(&old)).await;
        let answered = outbound("set-headers-outbound", &options).answers(response(&old)).await;
        for headers in [passed.headers(), answered.headers()] {
            for (name, value) in [("x-a", "new"), ("x-b", "old"), ("x-c", "new")] {
                assert_eq!(headers[name], value);
            }
        }
    }

    #[test]
    fn faults_are_named() {
        for (options, expected) in [
            (json!({}), "at /headers: expected a value"),
            (json!({ "headers": [{ "name": "a b", "value": "" }] }), "at /headers: expected names and values"),
            (json!({ "headers": [{ "name": "a", "value": "\n" }] }), "at /headers: expected names and values"),
            (json!({ "headers": [{ "name": "Host", "value": "a" }] }), "and no header that HTTP itself sets"),
            (json!({ "headers": [{ "name": "Content-Length", "value": "1" }] }), "at /headers: expected names"),
            (json!({ "headers": [{ "name": "Transfer-Encoding", "value": "a" }] }), "at /headers: expected names"),
            (json!({ "headers": [{ "name": "a", "value": 7 }] }), "at /headers/0/value: expected a string, found 7"),
            (json!({ "headers": [{ "name": "a", "valeu": "" }] }), "at /headers/0/valeu: expected one of `name`"),
        ] {
            let error = fault("set-headers-inbound", &options);
            assert!(error.contains(expected), "{error}");
        }
    }
}
