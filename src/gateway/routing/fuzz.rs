//! What must hold of every pattern and every path, whoever wrote them. Fuzzed (`make fuzz`), and tried on what fuzzing
//! found worth keeping.
#![expect(clippy::unwrap_used, reason = "a fault is to be seen")]

use std::sync::Arc;

use axum::http::{Method, Request};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{PathMode, PathPattern, RouteInfo, index::Index};
use crate::gateway::{
    Arrival, Context, Environment,
    path::{is_dot_segment, normalise},
    template::{Scope, UrlTemplate},
};

/// A pattern, a line break, and the path of a request. A pattern that starts with `!` is read in `url-pattern` mode.
pub fn path(input: &[u8]) {
    let Some((pattern, raw)) = std::str::from_utf8(input).ok().and_then(|text| text.split_once('\n')) else { return };
    let (text, mode) = match pattern.strip_prefix('!') {
        Some(text) => (text, PathMode::UrlPattern),
        None => (pattern, PathMode::OpenApi),
    };
    let Ok(path) = normalise(raw) else { return };
    assert!(!path.split('/').any(is_dot_segment), "{path}");
    let Ok(pattern) = PathPattern::parse(text, mode) else { return };
    check_index(&pattern, &path);
    if pattern.fits(&path) {
        let params = pattern.params(&path);
        assert_eq!(params.iter().count(), pattern.names().count());
        assert!(params.iter().all(|(_, value)| path.contains(value)), "{path}");
        check_forwarding(&pattern, raw, &path);
    }
}

/// The index proposes what fits, and the pattern fits its own example.
fn check_index(pattern: &PathPattern, path: &str) {
    // Of the same pattern twice: so the whole pattern is in the tree.
    let index = Index::new([(&Method::GET, pattern), (&Method::GET, pattern)]);
    let found = index.find(&Method::GET, path, |_| pattern.fits(path));
    assert_eq!(found.is_some(), pattern.fits(path), "{path}");
    if let Some(example) = pattern.example() {
        assert!(index.find(&Method::GET, &example, |_| pattern.fits(&example)).is_some(), "{example}");
    }
}

/// An upstream reads the path that was matched, and no other.
fn check_forwarding(pattern: &PathPattern, raw: &str, path: &str) {
    let Ok(request) = Request::get(raw).body(()) else { return };
    let (parts, ()) = request.into_parts();
    if parts.uri.path() != raw {
        return;
    }
    let scope = Scope { environment: &Environment::default(), params: Vec::new() };
    let template = UrlTemplate::parse("https://a.example/base", &scope).unwrap().with_request_path().unwrap();
    if let Ok(target) = template.expand(&parts, &context(pattern, path), None) {
        assert_eq!(normalise(target.path()).unwrap(), format!("/base{path}"));
    }
}

fn context(pattern: &PathPattern, path: &str) -> Context {
    let info = RouteInfo { method: Method::GET, path: pattern.as_str().to_owned(), operation: Value::Null };
    Context {
        arrival: Arrival { request_id: Uuid::nil(), now: std::time::Duration::ZERO, instance: path.to_owned() },
        client_ip: None,
        path: path.to_owned(),
        params: pattern.params(path),
        route: Arc::new(info),
        user: None,
        authority: None,
        custom: Map::new(),
        hooks: Default::default(),
        recorder: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_worth_keeping_holds() {
        crate::jwt::fuzz::each_kept_input("path", super::path);
    }
}
