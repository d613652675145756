//! A URL's query parameters, changed as the browsers' `URLSearchParams` changes them.

use url::Url;

/// Says `value` of `name`: where the name first stood, or at the end. Further mentions go.
pub fn set(url: &mut Url, name: &str, value: &str) {
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut said = false;
    pairs.retain_mut(|(known, old)| {
        let again = said && known == name;
        if known == name {
            value.clone_into(old);
            said = true;
        }
        !again
    });
    if !said {
        pairs.push((name.to_owned(), value.to_owned()));
    }
    url.query_pairs_mut().clear().extend_pairs(pairs);
}

/// The URL without any mention of `names`.
pub fn without(url: &Url, names: &[&str]) -> Url {
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| !names.contains(&name.as_str())).collect();
    let mut url = url.clone();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_said_once_and_where_it_stood() {
        for (before, after) in [("/", "/?a=1"), ("/?b=2", "/?b=2&a=1"), ("/?a=x&b=2&a=y", "/?a=1&b=2")] {
            let mut url = Url::parse(&format!("http://x.example{before}")).unwrap();
            set(&mut url, "a", "1");
            assert_eq!(url.as_str(), format!("http://x.example{after}"), "{before}");
        }
    }

    #[test]
    fn every_mention_goes() {
        let url = Url::parse("http://x.example/?a=1&b=2&%61=3").unwrap();
        assert_eq!(without(&url, &["a"]).as_str(), "http://x.example/?b=2");
        assert_eq!(without(&url, &["a", "b"]).as_str(), "http://x.example/");
    }
}
