//! One form of a path, for matching and for everything behind it. A path that is authorised in one form and used in
//! another is a way around the policies, so ambiguous paths are refused.

use percent_encoding::percent_decode_str;

/// The path has more than one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmbiguousPath;

/// Decodes a raw request path.
pub fn normalise(raw: &str) -> Result<String, AmbiguousPath> {
    if !raw.starts_with('/') {
        return Err(AmbiguousPath);
    }
    let lower = raw.to_ascii_lowercase();
    if ["%2f", "%5c", "%00"].iter().any(|encoded| lower.contains(encoded)) || raw.contains('\\') {
        return Err(AmbiguousPath);
    }
    if lower.split('%').skip(1).any(|rest| !rest.get(..2).is_some_and(is_hex)) {
        return Err(AmbiguousPath);
    }
    let path = percent_decode_str(raw).decode_utf8().map_err(|_| AmbiguousPath)?.into_owned();
    // The first segment, before the leading slash, is empty; so may be the last, behind a trailing one.
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let empty_inside = segments.iter().rev().skip(1).any(|segment| segment.is_empty());
    if empty_inside || segments.iter().any(|segment| is_dot_segment(segment)) {
        return Err(AmbiguousPath);
    }
    Ok(path)
}

/// Whether a segment means this folder or the one above. Some upstreams drop what stands behind a `;` before they look.
pub fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.split(';').next(), Some("." | ".."))
}

fn is_hex(digits: &str) -> bool {
    digits.chars().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decodes_once() {
        assert_eq!(normalise("/caf%C3%A9/%2541"), Ok("/café/%41".to_owned()));
        assert_eq!(normalise("/hello/"), Ok("/hello/".to_owned()));
        assert_eq!(normalise("/a;v=1/..b;x"), Ok("/a;v=1/..b;x".to_owned()));
    }

    #[test]
    fn refuses_paths_with_two_readings() {
        for raw in [
            "/a/../b",
            "/a/%2e%2e/b",
            "/a/..;/b",
            "/a/..;x=1/b",
            "/a/..%3B/b",
            "/a/%2e;",
            "/a%2Fb",
            "/a%5cb",
            "//a",
            "/a//b",
            "/a\\b",
            "/%zz",
            "/%4",
            "/a%00",
            "/%ff",
            "../a",
            "a",
            "",
        ] {
            assert_eq!(normalise(raw), Err(AmbiguousPath), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_has_one_reading(raw in r"(/([a-c.;=~é\\]|%2[eEfF5]|%5[cC]|%3[bB]|%00|%[c-f][0-9a-f]|%){0,5}){1,4}") {
            let Ok(path) = normalise(&raw) else { return Ok(()) };
            prop_assert!(!path.contains(['\\', '\0']) && !path.contains("//"), "{}", path);
            prop_assert!(!path.split('/').any(is_dot_segment), "{}", path);
            let segments: Vec<String> =
                path.split('/').map(|segment| utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string()).collect();
            prop_assert_eq!(normalise(&segments.join("/")), Ok(path), "however it is encoded");
        }
    }
}
