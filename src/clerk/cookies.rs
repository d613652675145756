//! Reading cookies as Clerk's SDK does: split first, percent-decode afterwards (decoding first would let an encoded `;`
//! forge a cookie); of two cookies with one name the first counts.

use std::borrow::Cow;

use http::{HeaderMap, header::COOKIE};
use percent_encoding::percent_decode_str;

/// The cookies of a request.
#[derive(Default)]
pub struct Cookies<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Cookies<'a> {
    /// Reads every `Cookie` header.
    pub fn read(headers: &'a HeaderMap) -> Self {
        let pairs = headers
            .get_all(COOKIE)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
            .map(|(name, value)| (name, decoded(value)))
            .collect();
        Self(pairs)
    }

    /// The value of the first cookie called `name`, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref());
        value.filter(|value| !value.is_empty())
    }
}

/// The value without its percent-encoding; as it stands where that is malformed, or hides no UTF-8.
fn decoded(value: &str) -> Cow<'_, str> {
    let is_escape =
        |rest: &str| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if !value.contains('%') || !value.split('%').skip(1).all(is_escape) {
        return Cow::Borrowed(value);
    }
    percent_decode_str(value).decode_utf8().unwrap_or(Cow::Borrowed(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(header: &'static str, name: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(COOKIE, header.parse().unwrap())]);
        Cookies::read(&headers).get(name).map(str::to_owned)
    }

    #[test]
    fn an_encoded_semicolon_forges_nothing() {
        let header = "a=1%3B%20__session=forged; b=2";
        assert_eq!(cookie(header, "__session"), None);
        assert_eq!(cookie(header, "a").as_deref(), Some("1; __session=forged"));
    }

    #[test]
    fn a_cookie_of_another_application_hides_none() {
        let header = http::HeaderValue::from_bytes(b"theirs=\xe9; name=\xc3\xa9; __session=ours").unwrap();
        let headers = HeaderMap::from_iter([(COOKIE, header)]);
        assert_eq!(Cookies::read(&headers).get("__session"), Some("ours"));
    }

    #[test]
    fn the_first_of_two_counts() {
        assert_eq!(cookie("__session=one; __session=two", "__session").as_deref(), Some("one"));
    }
}
