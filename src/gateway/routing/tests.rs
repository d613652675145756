//! Both path modes, and the index against a scan of every route.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::gateway::testing::route;

fn pattern(text: &str, mode: PathMode) -> PathPattern {
    PathPattern::parse(text, mode).unwrap_or_else(|expected| panic!("{text}: {expected}"))
}

/// The parameters of `path` as `name=value`, none if it does not fit.
fn params(text: &str, mode: PathMode, path: &str) -> Option<String> {
    let pattern = pattern(text, mode);
    let params = pattern.params(path);
    let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pattern.fits(path).then(|| pairs.join(" "))
}

#[test]
fn open_api_parameters_stand_anywhere_in_a_segment() {
    for (text, path, expected) in [
        ("/hello", "/hello", Some("")),
        ("/hello", "/hello/", None),
        ("/hello", "/Hello", None),
        ("/calc/sum({a})", "/calc/sum(12)", Some("a=12")),
        ("/users/{id}/posts", "/users/7/posts", Some("id=7")),
        ("/{a}-{b}", "/x-y-z", Some("a=x b=y-z")),
        ("/users/{id}", "/users/", None),
        ("/users/{id}", "/users/7/posts", None),
        ("/v1/items:batch", "/v1/items:batch", Some("")),
        ("/{id}:cancel", "/7:cancel", Some("id=7")),
        ("/{id}:cancel", "/7:cancelled", None),
        ("/caf%C3%A9", "/café", Some("")),
        ("/a.b", "/a-b", None),
        ("/files/{name}.{ext}", "/files/a.b", Some("name=a ext=b")),
        ("/{name}..", "/a..", Some("name=a")),
        ("/", "/", Some("")),
        ("/{a}", "/\n", Some("a=\n")),
    ] {
        assert_eq!(params(text, PathMode::OpenApi, path).as_deref(), expected, "{text} {path}");
    }
}

#[test]
fn url_patterns_are_those_that_zuplo_documents() {
    for (text, path, expected) in [
        ("/cars/:maker", "/cars/ford", Some("maker=ford")),
        ("/cars/:maker", "/cars/ford/", None),
        ("/cars/:maker{/}?", "/cars/ford/", Some("maker=ford")),
        ("/cars/:maker{/}?", "/cars/ford", Some("maker=ford")),
        ("/(.*)", "/", Some("0=")),
        ("/(.*)", "/a/b", Some("0=a/b")),
        ("/(.*)", "/a\nb", Some("0=a\nb")),
        ("/(a?b)", "/b", Some("0=b")),
        ("/(a?b)", "/c", None),
        ("/main/(a|b)", "/main/b", Some("0=b")),
        ("/main/(a|b)", "/main/ab", None),
        ("/main/(a|b)x", "/main/ax", Some("0=a")),
        (r"/icon-(\d+).png", "/icon-12.png", Some("0=12")),
        (r"/icon-(\d+).png", "/icon-12xpng", None),
        (r"/products/:id/icons/icon-:image(\d+).png", "/products/p/icons/icon-2.png", Some("id=p image=2")),
        ("/foo/bar:path(/.*)", "/foo/bar/apple/banana", Some("path=/apple/banana")),
        ("/files/:path*", "/files", Some("path=")),
        ("/files/:path*", "/files/a/b", Some("path=a/b")),
        ("/files/:path*", "/files/a/", None),
        ("/files/:path+", "/files", None),
        ("/files/:path+", "/files/a/b", Some("path=a/b")),
        ("/files/:path?", "/files/a", Some("path=a")),
        ("/files/:path?", "/files/a/b", None),
        ("/files/:path?.d", "/files.d", Some("path=")),
        ("/files/*", "/files/a/b", Some("0=a/b")),
        ("/:a.json", "/x.json", Some("a=x")),
        ("/:name.:ext", "/a.b", Some("name=a ext=b")),
        ("/(a|b).:ext", "/a.b", Some("0=a ext=b")),
        ("/((x)(y)|z)/:b", "/xy/1", Some("0=xy b=1")),
    ] {
        assert_eq!(params(text, PathMode::UrlPattern, path).as_deref(), expected, "{text} {path}");
    }
}

#[test]
fn what_follows_an_absent_group_belongs_to_the_segment_before_it() {
    let patterns = ["/files/:path?.d", "/files/x"].map(|text| route(Method::GET, pattern(text, PathMode::UrlPattern)));
    let table = RouteTable::new(patterns.into());
    for path in ["/files.d", "/files/a.d"] {
        assert_eq!(table.find(&Method::GET, path).unwrap().pattern.as_str(), "/files/:path?.d", "{path}");
    }
}

#[test]
fn patterns_that_mean_nothing_are_refused() {
    for text in [
        "hello", "/{", "/}", "/{}", "/{a}{b}", "/{a/b}", "/{a{b}}", "/{a}/{a}", "/a%2Fb", "/..", "/{a}%00", "/a/./{b}",
        "/%ff",
    ] {
        assert!(PathPattern::parse(text, PathMode::OpenApi).is_err(), "{text}");
    }
    for text in [
        "/(?:a)",
        "/(^a)",
        "/(a$)",
        "/(a",
        "/a)",
        "/()",
        "/:",
        "/{a}",
        "/{/}?/a",
        "/a?",
        "/x:a*",
        r"/(\1)",
        "/:a/:a",
        "/..",
        "/a/%2e/b",
        "/..{/}?",
        "/(a)/../b",
        "/:a%2F",
        "/(a{1000}{1000}{1000})",
    ] {
        assert!(PathPattern::parse(text, PathMode::UrlPattern).is_err(), "{text}");
    }
}

fn table(paths: &[(&str, PathMode)]) -> RouteTable {
    RouteTable::new(paths.iter().map(|(path, mode)| route(Method::GET, pattern(path, *mode))).collect())
}

const fn api(path: &str) -> (&str, PathMode) {
    (path, PathMode::OpenApi)
}

const fn url(path: &str) -> (&str, PathMode) {
    (path, PathMode::UrlPattern)
}

fn found<'t>(table: &'t RouteTable, path: &str) -> Option<&'t str> {
    table.find(&Method::GET, path).map(|route| route.pattern.as_str())
}

#[test]
fn the_first_route_that_fits_wins() {
    let table = table(&[api("/users/me"), api("/users/{id}"), api("/users/you"), url("/users/(.*)"), url("/(.*)")]);
    assert_eq!(found(&table, "/users/me"), Some("/users/me"));
    assert_eq!(found(&table, "/users/you"), Some("/users/{id}"));
    assert_eq!(found(&table, "/users/a/b"), Some("/users/(.*)"));
    assert_eq!(found(&table, "/else"), Some("/(.*)"));
    assert_eq!(found(&table, "*"), None);
    assert!(table.find(&Method::POST, "/users/me").is_none());
}

#[test]
fn routes_that_are_never_met_are_named() {
    let table = table(&[
        api("/users/{id}"),
        api("/users/me"),
        api("/users/{name}/posts"),
        url("/files/(.*)"),
        url("/files/:path*"),
        api("/files/a/{b}.json"),
        api("/files"),
        api("/other"),
    ]);
    let shadowed: Vec<(&str, &str)> =
        table.shadowed().iter().map(|(route, by)| (route.pattern.as_str(), by.pattern.as_str())).collect();
    assert!(!pattern("/a/{b}", PathMode::OpenApi).covers(&pattern("/a/", PathMode::OpenApi)), "nothing is no value");
    assert_eq!(shadowed, [("/users/me", "/users/{id}"), ("/files/a/{b}.json", "/files/(.*)")]);
}

#[test]
fn every_method_of_a_path_is_found() {
    let path = pattern("/a", PathMode::OpenApi);
    let table = RouteTable::new(vec![
        route(Method::PUT, path.clone()),
        route(Method::GET, path.clone()),
        route(Method::GET, path),
    ]);
    let methods: Vec<&Method> = table.find_all_methods("/a").iter().map(|route| &route.info.method).collect();
    assert_eq!(methods, [Method::PUT, Method::GET]);
}

#[test]
fn ten_thousand_routes_are_not_all_looked_at() {
    let paths: Vec<String> = (0..10_000).map(|number| format!("/v1/things{number}/{{id}}")).collect();
    let table = table(&paths.iter().map(|path| api(path)).collect::<Vec<_>>());
    let proposed = table.index.all(&Method::GET, "/v1/things9999/7");
    assert_eq!(proposed, [9_999]);
    assert_eq!(found(&table, "/v1/things9999/7"), Some("/v1/things9999/{id}"));
}

fn any_pattern() -> impl Strategy<Value = PathPattern> {
    let api =
        proptest::collection::vec(prop_oneof!["[ab]{1,2}", Just("{p}".to_owned()), "[ab]\\{p\\}", "\\{p\\}[ab]"], 0..4)
            .prop_map(|segments| (numbered(&segments), PathMode::OpenApi));
    let url = proptest::collection::vec(
        prop_oneof![
            "[ab]{1,2}",
            Just(":p".to_owned()),
            Just("(a|b)".to_owned()),
            Just("(.*)".to_owned()),
            Just(":p*".to_owned()),
            Just(":p?a".to_owned())
        ],
        0..4,
    )
    .prop_map(|segments| (numbered(&segments), PathMode::UrlPattern));
    prop_oneof![api, url].prop_map(|(text, mode)| pattern(&text, mode))
}

/// Every parameter has a name of its own.
fn numbered(segments: &[String]) -> String {
    let rename = |(at, segment): (usize, &String)| format!("/{}", segment.replace('p', &format!("p{at}")));
    let path: String = segments.iter().enumerate().map(rename).collect();
    if path.is_empty() { "/".to_owned() } else { path }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_index_finds_what_a_scan_finds(
        patterns in proptest::collection::vec(any_pattern(), 1..25),
        paths in proptest::collection::vec("(/[abc]{0,2}){1,4}", 1..20),
    ) {
        let table = RouteTable::new(patterns.into_iter().map(|pattern| route(Method::GET, pattern)).collect());
        for path in paths {
            let scanned = table.iter().position(|route| route.pattern.fits(&path));
            let indexed = table.find(&Method::GET, &path).map(|route| Arc::as_ptr(&route.info));
            prop_assert_eq!(indexed, scanned.map(|at| Arc::as_ptr(&table.routes[at].info)), "{}", path);
        }
    }

    #[test]
    fn a_shadowed_route_is_really_never_met(
        patterns in proptest::collection::vec(any_pattern(), 1..12),
        path in "(/[abc]{0,2}){1,4}",
    ) {
        let table = RouteTable::new(patterns.into_iter().map(|pattern| route(Method::GET, pattern)).collect());
        let met = table.find(&Method::GET, &path).map(|route| Arc::as_ptr(&route.info));
        for (shadowed, _) in table.shadowed() {
            prop_assert_ne!(met, Some(Arc::as_ptr(&shadowed.info)), "{}", path);
        }
    }
}
