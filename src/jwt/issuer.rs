//! What may be an issuer: an `https` URL, or an `http` one that leads to this machine.

use url::{Host, Url};

/// The text names no issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an https URL, such as https://verb-noun-00.clerk.accounts.dev (http on loopback only)")]
pub struct IssuerError;

/// Reads an issuer. A slash at the end is dropped, because Clerk's issuers have none; everything else stays to the
/// letter, because that is how issuers are compared.
///
/// # Errors
/// [`IssuerError`], whose text says what was expected.
pub fn parse_issuer(text: &str) -> Result<String, IssuerError> {
    let text = text.trim_end_matches('/');
    let url = Url::parse(text).map_err(|_| IssuerError)?;
    let nobody = url.username().is_empty() && url.password().is_none();
    let plain = nobody && url.query().is_none() && url.fragment().is_none();
    let trusted = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    if plain && trusted { Ok(text.to_owned()) } else { Err(IssuerError) }
}

/// Whether a URL leads to this machine, whatever the name service says.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for text in ["https://x.clerk.accounts.dev", "http://localhost:4000", "http://127.0.0.1:1", "http://[::1]:1"] {
            assert_eq!(parse_issuer(text), Ok(text.to_owned()));
            assert_eq!(parse_issuer(&format!("{text}/")), Ok(text.to_owned()));
        }
        for text in [
            "http://clerk.example.com",
            "http://localhost.example.com",
            "clerk.example.com",
            "ftp://localhost",
            "https://",
            "https://x.dev?a",
            "https://x.dev#a",
            "https://u@x.dev",
            "https://:p@x.dev",
        ] {
            assert_eq!(parse_issuer(text), Err(IssuerError), "{text}");
        }
    }
}
