//! Clerk's `__session` cookie as a bearer token, where a project says so. Browsers send cookies along with requests that
//! other sites make, so the cookie counts only for requests that come from the gateway's own origin: browsers say so in
//! `Sec-Fetch-Site` or `Origin`. A GET or HEAD that has neither counts, too: browsers send some of them so, over plain HTTP
//! for one, and no other site can read the answer. Any other method without either is a script's, or an old browser's on
//! behalf of who knows whom: a script that means it sends `Origin`, or the token in its header.

use axum::http::{HeaderMap, HeaderName, Method, header};

use super::bearer::NoToken;

const SESSION: &str = "__session";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The token of a request that may bring it in a header, in the cookie, or in both if they say the same.
pub fn header_or_cookie<'h>(
    header: Result<&'h str, NoToken>,
    method: &Method,
    headers: &'h HeaderMap,
) -> Result<&'h str, NoToken> {
    let mut cookies = if is_same_origin(method, headers) { session_cookies(headers) } else { Vec::new() };
    cookies.dedup();
    match (header, &cookies[..]) {
        (header, []) => header,
        (Err(NoToken::Missing), [cookie]) => Ok(*cookie),
        (Ok(token), [cookie]) if token == *cookie => Ok(token),
        (Err(NoToken::Malformed), _) => header,
        _ => Err(NoToken::Contradictory),
    }
}

fn session_cookies(headers: &HeaderMap) -> Vec<&str> {
    cookies(headers).filter_map(session_of).filter(|token| !token.is_empty()).collect()
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).map(str::trim)
}

fn session_of(cookie: &str) -> Option<&str> {
    let (name, value) = cookie.split_once('=')?;
    (name == SESSION).then_some(value)
}

/// As the browser says it, else by `Origin`, else by a method that changes nothing.
fn is_same_origin(method: &Method, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(FETCH_SITE) {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return method.is_safe() };
    let host = headers.get(FORWARDED_HOST).or_else(|| headers.get(header::HOST));
    let origin = origin.to_str().unwrap_or_default();
    let origin_host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    origin_host.is_some_and(|own| host.is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(own.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::testing::request;

    fn token(header: Result<&'static str, NoToken>, headers: &[(&str, &str)]) -> Result<String, NoToken> {
        header_or_cookie(header, &Method::GET, request(headers).headers()).map(str::to_owned)
    }

    #[test]
    fn a_request_that_may_change_something_says_where_it_comes_from() {
        for (method, more, counts) in [
            (Method::GET, None, true),
            (Method::HEAD, None, true),
            (Method::POST, None, false),
            (Method::PUT, None, false),
            (Method::PATCH, None, false),
            (Method::DELETE, None, false),
            (Method::POST, Some(("sec-fetch-site", "same-origin")), true),
            (Method::POST, Some(("origin", "https://api.example")), true),
            (Method::POST, Some(("origin", "https://evil.example")), false),
            (Method::POST, Some(("referer", "https://api.example/")), false),
        ] {
            let headers = [("cookie", "__session=one"), ("host", "api.example")];
            let request = request(&[&headers[..], &more.into_iter().collect::<Vec<_>>()].concat());
            let token = |header| header_or_cookie(header, &method, request.headers());
            let expected = if counts { Ok("one") } else { Err(NoToken::Missing) };
            assert_eq!(token(Err(NoToken::Missing)), expected, "{method} {more:?}");
            assert_eq!(token(Ok("two")).is_ok(), !counts, "beside a header: {method} {more:?}");
        }
    }

    #[test]
    fn the_cookie_counts_where_there_is_no_header() {
        let cookie = ("cookie", "a=1; __session=one; b=2");
        assert_eq!(token(Err(NoToken::Missing), &[cookie]), Ok("one".to_owned()));
        assert_eq!(token(Err(NoToken::Missing), &[("cookie", "__session=; __session_x=y")]), Err(NoToken::Missing));
        assert_eq!(token(Err(NoToken::Malformed), &[cookie]), Err(NoToken::Malformed));
        assert_eq!(token(Ok("one"), &[cookie]), Ok("one".to_owned()));
        assert_eq!(token(Ok("two"), &[cookie]), Err(NoToken::Contradictory));
        let twice = ("cookie", "__session=one; __session=two");
        assert_eq!(token(Err(NoToken::Missing), &[twice]), Err(NoToken::Contradictory));
    }

    #[test]
    fn the_cookie_counts_for_the_gateways_own_origin_only() {
        for (name, value, counts) in [
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "none", true),
            ("sec-fetch-site", "same-site", false),
            ("sec-fetch-site", "cross-site", false),
            ("origin", "https://api.example", true),
            ("origin", "https://evil.example", false),
            ("origin", "null", false),
            ("accept", "*/*", true),
        ] {
            let headers = [("cookie", "__session=one"), ("host", "api.example"), (name, value)];
            assert_eq!(token(Err(NoToken::Missing), &headers).is_ok(), counts, "{name}: {value}");
        }
    }
}
