//! Reading cookies as Clerk's SDK does: split first, percent-decode afterwards (decoding first would let an encoded `;`
//! forge a cookie); of two cookies with one name the first counts.

use http::{HeaderMap, header::COOKIE};
use percent_encoding::percent_decode_str;

/// The cookies of a request.
#[derive(Debug, Default)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Reads every `Cookie` header.
    pub fn read(headers: &HeaderMap) -> Self {
        let pairs = headers
            .get_all(COOKIE)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
            .map(|(name, value)| (name.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned()))
            .collect();
        Self(pairs)
    }

    /// The value of the first cookie called `name`, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(header: &'static str) -> Cookies {
        Cookies::read(&HeaderMap::from_iter([(COOKIE, header.parse().unwrap())]))
    }

    #[test]
    fn an_encoded_semicolon_forges_nothing() {
        let cookies = cookies("a=1%3B%20__session=forged; b=2");
        assert_eq!(cookies.get("__session"), None);
        assert_eq!(cookies.get("a"), Some("1; __session=forged"));
    }

    #[test]
    fn a_cookie_of_another_application_hides_none() {
        let header = http::HeaderValue::from_bytes(b"theirs=\xe9; name=\xc3\xa9; __session=ours").unwrap();
        let cookies = Cookies::read(&HeaderMap::from_iter([(COOKIE, header)]));
        assert_eq!(cookies.get("__session"), Some("ours"));
    }

    #[test]
    fn the_first_of_two_counts() {
        assert_eq!(cookies("__session=one; __session=two").get("__session"), Some("one"));
    }
}
