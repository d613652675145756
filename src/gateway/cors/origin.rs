//! Which origins an entry of `corsPolicies` allows.

use url::Url;

/// One entry of `allowedOrigins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginRule {
    /// `*`
    Any,
    /// This origin, in lower case.
    Exact(String),
    /// `https://*.example.com`: exactly one label in the place of the star.
    OneLabel { before: String, after: String },
}

impl OriginRule {
    /// Reads an entry; none if no browser ever sends such an origin.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let text = text.to_ascii_lowercase();
        let is_origin = |text: &str| {
            !text.contains('*') && Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
        };
        match text.split_once("://*.") {
            None => is_origin(&text).then_some(Self::Exact(text)),
            Some((scheme, domain)) => is_origin(&format!("{scheme}://x.{domain}"))
                .then(|| Self::OneLabel { before: format!("{scheme}://"), after: format!(".{domain}") }),
        }
    }

    /// Whether an origin, in lower case, is allowed.
    pub fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(own) => own == origin,
            Self::OneLabel { before, after } => origin
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|label| !label.is_empty() && !label.contains(['.', ':', '/'])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        let rule = OriginRule::parse("https://*.Example.com:8443").unwrap();
        assert!(rule.allows("https://a.example.com:8443"));
        for origin in [
            "https://example.com:8443",
            "https://.example.com:8443",
            "https://a.b.example.com:8443",
            "https://a.example.com",
            "http://a.example.com:8443",
            "https://evil.com/.example.com:8443",
        ] {
            assert!(!rule.allows(origin), "{origin}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for text in
            ["https://a.example/", "https://a.example/path", "a.example", "https://*", "https://a.*.example", ""]
        {
            assert_eq!(OriginRule::parse(text), None, "{text}");
        }
        assert_eq!(OriginRule::parse("HTTPS://A.example"), Some(OriginRule::Exact("https://a.example".to_owned())));
    }
}
