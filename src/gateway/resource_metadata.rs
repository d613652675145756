//! Protected-resource metadata (RFC 9728): says who gives tokens for a route, if a policy of it has
//! `oAuthResourceMetadataEnabled`. MCP clients find their way to sign in by it.

use serde_json::{Value, json};
use url::Url;

use super::{project::Project, routing::Route};

/// Where the documents are: the path of what they are about stands behind it (section 3.1).
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Where the document about the resource at `path` is, in a gateway that is reached at `public_url`.
pub fn document_url(public_url: &Url, path: &str) -> Url {
    let mut url = resource(public_url, path);
    let suffix = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{WELL_KNOWN}{suffix}"));
    url
}

/// The document about the resource at `path`, or about the whole gateway for no path; none if nobody is said to give
/// tokens for it.
pub fn document(project: &Project, public_url: &Url, path: &str) -> Option<Value> {
    let routes: Vec<&Route> = match path.trim_end_matches('/') {
        "" => project.routes.iter().collect(),
        _ => project.routes.find_all_methods(path),
    };
    let policies = routes.iter().flat_map(|route| &route.inbound);
    let mut servers: Vec<String> = policies.flat_map(|named| named.policy.authorization_servers()).collect();
    servers.sort_unstable();
    servers.dedup();
    let document = json!({
        "resource": resource(public_url, path).as_str().trim_end_matches('/'),
        "authorization_servers": servers,
        "bearer_methods_supported": ["header"],
    });
    (!servers.is_empty()).then_some(document)
}

fn resource(public_url: &Url, path: &str) -> Url {
    let mut url = public_url.clone();
    url.set_path(&format!("{}{path}", public_url.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_name_stands_between_origin_and_path() {
        for (public, path, expected) in [
            ("https://a.example/", "/hello", "https://a.example/.well-known/oauth-protected-resource/hello"),
            (
                "https://a.example/gateway",
                "/a b",
                "https://a.example/.well-known/oauth-protected-resource/gateway/a%20b",
            ),
            ("https://a.example/gateway", "", "https://a.example/.well-known/oauth-protected-resource/gateway"),
            ("https://a.example/", "/", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example/", "/\"x", "https://a.example/.well-known/oauth-protected-resource/%22x"),
        ] {
            assert_eq!(document_url(&public.parse().unwrap(), path).as_str(), expected);
        }
    }
}
