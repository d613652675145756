//! Templates: what is read, what is refused, and that no value leaves its place.

use axum::http::{HeaderValue, Request};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::gateway::{
    User,
    routing::{PathMode, PathPattern},
    testing,
};

fn environment() -> Environment {
    [("BASE_URL", "https://api.example:8443/v1"), ("HOST", "api.example")]
        .map(|(name, value)| (name.into(), value.into()))
        .into_iter()
        .collect()
}

fn parse(text: &str, params: &[&'static str]) -> Result<UrlTemplate, String> {
    UrlTemplate::parse(text, &Scope { environment: &environment(), params: params.to_vec() })
}

/// A request for `path` on a route with `pattern`.
fn context(pattern: &str, path: &str) -> Context {
    let pattern = PathPattern::parse(pattern, PathMode::UrlPattern).unwrap();
    let mut context = testing::context();
    context.params = pattern.params(path);
    path.clone_into(&mut context.path);
    context.user = Some(User::new("user_1", json!({ "org": { "id": "org/1" }, "n": 7 })));
    context
}

fn request(uri: &str) -> Parts {
    let request = Request::get(uri).header("x-tenant", "a/b").header("host", "gate.example:80");
    request.body(()).unwrap().into_parts().0
}

fn expand(template: &str, search: Option<&str>) -> Result<String, BadTarget> {
    let context = context("/users/:id/:rest(.*)", "/users/7 8/x/y?z");
    let template = parse(template, &["id", "rest"]).unwrap_or_else(|expected| panic!("{template}: {expected}"));
    template.expand(&request("/users/7%208/x/y%3Fz?page=2&q=a%26b"), &context, search).map(|uri| uri.to_string())
}

#[test]
fn values_go_where_the_template_has_them() {
    for (template, expected) in [
        ("https://a.example", "https://a.example/"),
        ("https://a.example${pathname}", "https://a.example/users/7%208/x/y%3Fz"),
        ("${env.BASE_URL}/x", "https://api.example:8443/v1/x"),
        ("https://${env.HOST}/x", "https://api.example/x"),
        ("https://a.example/${params.id}/${params.rest}", "https://a.example/7%208/x/y%3Fz"),
        ("https://a.example/${e(params.rest)}", "https://a.example/x%2Fy%3Fz"),
        ("https://a.example/${encodeURIComponent(\"a/b\")}", "https://a.example/a%2Fb"),
        ("https://a.example/${headers.get('x-tenant')}", "https://a.example/a%2Fb"),
        ("https://a.example/${request.user.sub}/${request.user.data.org.id}", "https://a.example/user_1/org%2F1"),
        ("https://a.example/${request.user.data[\"n\"]}", "https://a.example/7"),
        ("https://a.example/x?id=${params.id}&q=${query.q}", "https://a.example/x?id=7%208&q=a%26b"),
        ("https://a.example/x${search}", "https://a.example/x?page=2&q=a%26b"),
        ("https://a.example/${method}/${hostname}/${port}", "https://a.example/GET/gate.example/80"),
        (
            "https://a.example/x?u=${url}",
            "https://a.example/x?u=http%3A%2F%2Fgate.example%3A80%2Fusers%2F7%25208%2Fx%2Fy%253Fz%3Fpage%3D2%26q%3Da%2526b",
        ),
        ("https://a.example/x?m=${query.missing}", "https://a.example/x?m="),
        ("https://a.example/${request.params.id}", "https://a.example/7%208"),
        (
            "https://a.example/proxy/${e(url)}",
            "https://a.example/proxy/http%3A%2F%2Fgate.example%3A80%2Fusers%2F7%25208%2Fx%2Fy%253Fz%3Fpage%3D2%26q%3Da%2526b",
        ),
    ] {
        assert_eq!(expand(template, None).as_deref(), Ok(expected), "{template}");
    }
    assert_eq!(expand("https://a.example/x?y=1", Some("z=2")).as_deref(), Ok("https://a.example/x?y=1&z=2"));
    assert_eq!(expand("https://a.example/x", Some("z=2")).as_deref(), Ok("https://a.example/x?z=2"));
}

#[test]
fn an_address_that_grows_too_long_is_told_apart() {
    let long = format!("q={}", "q".repeat(65_530));
    assert_eq!(expand("https://a.example/x", Some(&long)), Err(BadTarget::TooLong));
}

#[test]
fn a_template_says_whether_it_takes_the_query_along() {
    for (template, takes) in [
        ("https://a.example/x${search}", true),
        ("https://a.example/x?a=1&${search}", true),
        ("https://a.example/x?q=${query.q}", false),
    ] {
        assert_eq!(parse(template, &[]).unwrap().takes_search(), takes, "{template}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_at_load() {
    for (template, expected) in [
        ("/x", "a URL with a fixed host"),
        ("https://${params.id}.example/x", "a URL with a fixed host"),
        ("https://api-${params.id}.example/x", "a URL with a fixed host"),
        ("https://a.example:${params.id}/x", "a URL with a fixed host"),
        ("https://a.example${params.id}", "a URL with a fixed host"),
        ("ftp://a.example/x", "a URL with a fixed host"),
        ("https://user:pass@a.example/x", "a URL with a fixed host"),
        ("${env.NOT_SET}/x", "the environment variable NOT_SET to be set"),
        ("https://a.example/${params.other}", "a parameter of this route's path (id) instead of `other`"),
        ("https://a.example/${process.exit()}", "values such as"),
        ("https://a.example/${headers.get(x)}", "values such as"),
        ("https://a.example/${params.id", "a `}` for every `${`"),
        ("https://a.example/x#y", "a URL without fragment"),
        ("https://a.example/a b", "a URL without fragment and white space"),
    ] {
        let error = parse(template, &["id"]).unwrap_err();
        assert!(error.starts_with(expected), "{template}: {error}");
    }
}

#[test]
fn a_path_that_climbs_is_refused() {
    for path in ["/users/../x", "/users/./x", "/users//x", "/users/..;/x", "/users/.;v=1"] {
        let context = context("/users/:rest(.*)", path);
        let template = parse("https://a.example/files/${params.rest}", &["rest"]).unwrap();
        assert_eq!(template.expand(&request("/users"), &context, None), Err(BadTarget::Ambiguous), "{path}");
    }
    let literal = parse("https://a.example/files/..;v=1/x", &[]).unwrap();
    assert_eq!(literal.expand(&request("/"), &testing::context(), None), Err(BadTarget::Ambiguous));
}

#[test]
fn a_value_that_climbs_once_it_is_decoded_is_refused() {
    for (value, refused) in [
        ("../../admin", true),
        ("a/../b", true),
        ("a/..", true),
        ("./a", true),
        (r"..\admin", true),
        (r"a\..;v=1\b", true),
        ("a/b", false),
        ("a//b", false),
        (r"a\b", false),
        ("..a/b..", false),
        ("..%2Fadmin", false),
    ] {
        for template in ["https://a.example/files/${context.custom.q}", "https://a.example/${e(context.custom.q)}"] {
            let mut context = testing::context();
            context.custom.insert("q".to_owned(), value.into());
            let target = parse(template, &[]).unwrap().expand(&request("/"), &context, None);
            assert_eq!(target == Err(BadTarget::Ambiguous), refused, "{template}: {value}: {target:?}");
        }
    }
    let mut context = testing::context();
    context.custom.insert("q".to_owned(), "../a".into());
    let beside = parse("https://a.example/v${context.custom.q}?q=${context.custom.q}", &[]).unwrap();
    let target = beside.expand(&request("/"), &context, None).unwrap().to_string();
    assert_eq!(target, "https://a.example/v..%2Fa?q=..%2Fa", "what is no segment of its own does not climb");
}

#[test]
fn a_semicolon_in_a_value_is_no_parameter_of_the_segment() {
    let context = context("/users/:id/(.*)", "/users/7;v=1/x;y");
    for (template, expected) in [
        ("https://a.example/${params.id}", "https://a.example/7%3Bv=1"),
        ("https://a.example${pathname}", "https://a.example/users/7%3Bv=1/x%3By"),
        ("https://a.example/x;v=2", "https://a.example/x;v=2"),
    ] {
        let target = parse(template, &["id"]).unwrap().expand(&request("/"), &context, None);
        assert_eq!(target.unwrap().to_string(), expected);
    }
}

#[test]
fn a_base_takes_the_requests_path_behind_its_own() {
    let base = parse("${env.BASE_URL}/", &[]).unwrap().with_request_path().unwrap();
    let context = context("/(.*)", "/users/7 8");
    let target = base.expand(&request("/users/7%208"), &context, Some("a=1")).unwrap();
    assert_eq!(target.to_string(), "https://api.example:8443/v1/users/7%208?a=1");
    assert!(parse("https://a.example/?x", &[]).unwrap().with_request_path().is_err());
}

proptest! {
    #[test]
    fn no_value_leaves_its_place(
        id in prop_oneof!["[^/]{1,12}", r"[.;a\\]{1,8}"],
        header in prop_oneof!["[ -~]{0,12}", r"[.;a/\\]{0,8}"],
        query in ".{0,12}",
    ) {
        let mut context = context("/:id", &format!("/{id}"));
        context.custom.insert("q".to_owned(), query.into());
        let mut request = request("/x");
        request.headers.insert("x-tenant", HeaderValue::from_str(&header).unwrap());
        let template = "https://a.example/fixed/${params.id}/t-${headers.get(\"x-tenant\")}/end?q=${context.custom.q}&z=1";
        let climbs = |text: &str| text.split(['/', '\\']).any(crate::gateway::path::is_dot_segment);
        let Ok(target) = parse(template, &["id"]).unwrap().expand(&request, &context, None) else {
            let beside = format!("t-{header}");
            prop_assert!(climbs(&id) || climbs(&beside));
            return Ok(());
        };
        // As an upstream reads it that decodes first.
        let decoded = percent_encoding::percent_decode_str(target.path()).decode_utf8().unwrap();
        prop_assert!(!climbs(&decoded), "{}", decoded);
        let url = Url::parse(&target.to_string()).unwrap();
        prop_assert_eq!(url.host_str(), Some("a.example"));
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        prop_assert_eq!(segments.len(), 4);
        prop_assert_eq!((segments[0], segments[3]), ("fixed", "end"));
        let decoded = percent_encoding::percent_decode_str(segments[1]).decode_utf8().unwrap();
        prop_assert_eq!(decoded, id);
        let pairs: Vec<_> = url.query_pairs().collect();
        prop_assert_eq!(pairs.len(), 2);
        prop_assert_eq!(&*pairs[1].1, "1");
    }

    #[test]
    fn the_upstream_reads_the_path_that_was_matched(raw in r"(/([a-c.;=é ?]|%2[eE5]|%3[bBfF]|%23){1,5}){1,4}") {
        let path = crate::gateway::path::normalise(&raw);
        let (Ok(path), Ok(request)) = (path, Request::get(raw.replace(['é', ' ', '?'], "_")).body(())) else { return Ok(()) };
        let base = parse("https://a.example/base/", &[]).unwrap().with_request_path().unwrap();
        let target = base.expand(&request.into_parts().0, &context("/(.*)", &path), None);
        let read = target.map(|target| crate::gateway::path::normalise(target.path()));
        prop_assert_eq!(read, Ok(Ok(format!("/base{path}"))));
    }
}
