//! The inputs of a decision, read from the request once (`@clerk/backend`, `authenticateContext.ts`).

use std::{borrow::Cow, time::Duration};

use http::{HeaderMap, Method, header, request::Parts};
use url::{Origin, Url};

use super::{
    ClerkOptions,
    constants::{CLIENT_UAT, DEV_BROWSER, HANDSHAKE, HANDSHAKE_NONCE, REDIRECT_COUNT, REFRESH},
    cookie_family::CookieFamily,
    cookies::Cookies,
    sent_token::SentToken,
};

/// What is known about a request before anything is verified, and the time. Everything a decision depends on is in here.
pub struct AuthenticateContext<'a> {
    /// The request itself.
    pub parts: &'a Parts,
    /// When the request came, since the Unix epoch.
    pub now: Duration,
    /// Token of the `Authorization` header.
    pub header_token: Option<SentToken>,
    /// Token of the session cookie, suffixed or not.
    pub cookie_token: Option<SentToken>,
    /// `__client_uat`, in seconds; 0 if nobody is signed in.
    pub client_uat: u64,
    /// Whether the suffixed cookies were chosen.
    pub suffixed_cookies: bool,
    /// The dev browser, and whether the query names one.
    pub dev_browser: Option<String>,
    pub dev_browser_in_query: bool,
    /// `__refresh`, which only comes with the instance's suffix.
    pub refresh_token: Option<String>,
    pub handshake_nonce: Option<String>,
    pub handshake_token: Option<String>,
    /// Whether the handshake's payload came in the address, which it should leave again.
    pub handshake_in_query: bool,
    /// How often this browser was just redirected.
    pub redirect_count: u64,
    /// The request's URL as people see it: the pinned public origin, and the path as a path.
    pub url: Url,
    pub is_get: bool,
}

impl<'a> AuthenticateContext<'a> {
    /// Reads a request.
    pub fn read(parts: &'a Parts, options: &ClerkOptions, now: Duration) -> Self {
        let cookies = Cookies::read(&parts.headers);
        let url = public_url(parts, options);
        let cookie = |name: &str| cookies.get(name).map(str::to_owned);
        let family = CookieFamily::choose(&cookies, options, now);
        let (uat, dev_browser) = (family.name(CLIENT_UAT), family.name(DEV_BROWSER));
        let (nonce, payload) = (query(&url, HANDSHAKE_NONCE), query(&url, HANDSHAKE));
        Self {
            parts,
            now,
            header_token: header_token(&parts.headers).map(|token| SentToken::read(&token)),
            suffixed_cookies: family.suffixed,
            cookie_token: family.session,
            client_uat: cookies.get(&uat).map_or(0, whole_number),
            dev_browser_in_query: url.query_pairs().any(|(name, _)| name == DEV_BROWSER),
            dev_browser: query(&url, DEV_BROWSER).or_else(|| cookie(&dev_browser)),
            refresh_token: cookie(&options.publishable_key.cookie(REFRESH)),
            handshake_in_query: nonce.is_some() || payload.is_some(),
            handshake_nonce: nonce.or_else(|| cookie(HANDSHAKE_NONCE)),
            handshake_token: payload.or_else(|| cookie(HANDSHAKE)),
            redirect_count: cookies.get(REDIRECT_COUNT).map_or(0, whole_number),
            is_get: parts.method == Method::GET,
            url,
        }
    }

    /// The session token that the request brought, wherever it stood.
    pub fn session_token(&self) -> Option<&SentToken> {
        self.cookie_token.as_ref().or(self.header_token.as_ref())
    }

    /// The first value of a query parameter, unless it is empty.
    pub fn query(&self, name: &str) -> Option<String> {
        query(&self.url, name)
    }

    /// Whether a browser asks for a page, which can be redirected, rather than a script for data, which cannot.
    pub fn is_document(&self) -> bool {
        is_document(self.parts)
    }

    /// Whether a browser goes to a new page in its own window.
    pub fn is_navigation(&self) -> bool {
        self.is_get && text(&self.parts.headers, "sec-fetch-dest") == Some("document")
    }

    /// The page on another origin whose link led here.
    pub fn cross_origin_referer(&self) -> Option<Url> {
        let referer = text(&self.parts.headers, header::REFERER.as_str()).filter(|_| self.is_navigation())?;
        Url::parse(referer).ok().filter(|referer| referer.origin() != self.url.origin())
    }

    /// The page that sent the request, as its browser says.
    pub fn origin(&self) -> Option<Origin> {
        Url::parse(text(&self.parts.headers, header::ORIGIN.as_str())?).ok().map(|url| url.origin())
    }
}

/// Whether a browser asks for a page, rather than a script for data.
pub fn is_document(parts: &Parts) -> bool {
    let accepts_html =
        || text(&parts.headers, header::ACCEPT.as_str()).is_some_and(|accept| accept.starts_with("text/html"));
    let destination = text(&parts.headers, "sec-fetch-dest").filter(|destination| !destination.is_empty());
    parts.method == Method::GET
        && destination.map_or_else(accepts_html, |destination| matches!(destination, "document" | "iframe"))
}

/// The pinned origin with the request's path and query. A path such as `//evil.example` stays a path.
pub fn public_url(parts: &Parts, options: &ClerkOptions) -> Url {
    let mut url = options.public_url.clone();
    url.set_path(parts.uri.path());
    url.set_query(parts.uri.query());
    url
}

/// What is no number is 0; one that is too large is large all the same, or it would undo the loop protection.
fn whole_number(text: &str) -> u64 {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        0
    } else {
        text.parse().unwrap_or(u64::MAX)
    }
}

fn query(url: &Url, name: &str) -> Option<String> {
    let value = url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value);
    value.filter(|value| !value.is_empty()).map(Cow::into_owned)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Clerk's reading of `Authorization`: a lone word is the token, `Bearer` (in this spelling) is followed by it, and any
/// other scheme is none of Clerk's business.
fn header_token(headers: &HeaderMap) -> Option<String> {
    // Rubbish is a token, too: one that is refused, and that no cookie takes the place of.
    let value = String::from_utf8_lossy(headers.get(header::AUTHORIZATION)?.as_bytes());
    let mut words = value.split(' ');
    match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
        ("", "") => None,
        (scheme, "") => Some(scheme.to_owned()),
        ("Bearer", token) => Some(token.to_owned()),
        _ => None,
    }
}
