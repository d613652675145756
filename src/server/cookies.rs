//! The application's own cookies. Clerk's are `clerk`'s business.

use axum::http::{HeaderMap, HeaderValue, header};

/// The names and values of a request's cookies, in the browser's order.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// What `Set-Cookie` says to keep `name` for some seconds, out of reach of scripts; none to forget it. Names and values
/// are tokens in the sense of HTTP.
pub fn keep(name: &str, value: &str, seconds: u32, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_come_from_every_header_in_order() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "__session=eyJ; theme=dark;odd".parse().unwrap());
        headers.append(header::COOKIE, "__client_uat=7=7".parse().unwrap());
        let read: Vec<(&str, &str)> = cookies(&headers).collect();
        assert_eq!(read, [("__session", "eyJ"), ("theme", "dark"), ("__client_uat", "7=7")]);
    }

    #[test]
    fn scripts_and_other_sites_have_no_part_in_them() {
        let kept = |secure| keep("theme", "dark", 60, secure).unwrap();
        assert_eq!(kept(false), "theme=dark; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        assert_eq!(kept(true), "theme=dark; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    }
}
