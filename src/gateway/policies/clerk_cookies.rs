//! Clerk's cookies: each of them is a credential, or says something of one. `removeAuthorizationHeader` keeps them from
//! upstreams, too: a browser sends the session token as `__session` to whoever shares the origin.

use axum::http::{HeaderMap, HeaderValue, header};

/// The cookies' names; those of one instance among several have a suffix behind an underscore.
const NAMES: [&str; 6] = ["__session", "__client", "__client_uat", "__refresh", "__clerk_db_jwt", "__clerk_handshake"];

/// Removes them, and leaves every other cookie as the client wrote it.
pub fn remove(headers: &mut HeaderMap) {
    let cookies: Vec<HeaderValue> = headers.get_all(header::COOKIE).iter().filter_map(without_clerks).collect();
    headers.remove(header::COOKIE);
    for value in cookies {
        headers.append(header::COOKIE, value);
    }
}

fn without_clerks(value: &HeaderValue) -> Option<HeaderValue> {
    let pairs = value.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let kept: Vec<&[u8]> = pairs.filter(|pair| !pair.is_empty() && !is_clerks(pair)).collect();
    // What stood in a header may stand in one again.
    HeaderValue::from_bytes(&kept.join(&b"; "[..])).ok().filter(|value| !value.is_empty())
}

fn is_clerks(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    NAMES.iter().any(|own| {
        name.strip_prefix(own.as_bytes()).is_some_and(|suffix| suffix.is_empty() || suffix.starts_with(b"_"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(cookies: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, cookie.parse().unwrap());
        }
        remove(&mut headers);
        let left = headers.get_all(header::COOKIE).iter();
        left.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn only_clerks_cookies_go() {
        for (cookies, expected) in [
            (&["__session=a.b.c; theme=dark;__session_Ab1-=x ; lang=de"][..], &["theme=dark; lang=de"][..]),
            (&["__client=1; __client_uat=2; __client_uat_x=3; __refresh_x=4"], &[]),
            (&["__clerk_db_jwt=1; __clerk_db_jwt_x=2; __clerk_handshake_nonce=3"], &[]),
            (&["a=__session=1", "__session"], &["a=__session=1"]),
            (
                &["__sessions=1; __clientele=2; session=3; =__session"],
                &["__sessions=1; __clientele=2; session=3; =__session"],
            ),
            (&["a", "a=\"b c\";  b = 1"], &["a", "a=\"b c\"; b = 1"]),
        ] {
            assert_eq!(left(cookies), expected, "{cookies:?}");
        }
    }
}
