//! The inputs of a decision, read from the request once (`@clerk/backend`, `authenticateContext.ts`).

use http::{HeaderMap, Method, header, request::Parts};
use url::Url;

use super::{
    ClerkOptions, PublishableKey,
    constants::{CLIENT_UAT, DEV_BROWSER, HANDSHAKE, HANDSHAKE_NONCE, REDIRECT_COUNT, REFRESH, SESSION},
    cookies::Cookies,
};
use crate::jwt::{Claims, UnverifiedToken};

/// What is known about a request before anything is verified.
#[derive(Debug)]
pub struct AuthenticateContext {
    /// Token of the `Authorization` header.
    pub header_token: Option<String>,
    /// Token of the session cookie, suffixed or not.
    pub cookie_token: Option<String>,
    /// `__client_uat`, in seconds; 0 if nobody is signed in.
    pub client_uat: u64,
    /// Whether the suffixed cookies were chosen.
    pub suffixed_cookies: bool,
    /// The dev browser, and whether it came in the query.
    pub dev_browser: Option<String>,
    pub dev_browser_in_query: bool,
    pub has_refresh_cookie: bool,
    pub handshake_nonce: Option<String>,
    pub handshake_token: Option<String>,
    /// Whether the handshake's payload came in the address, which it should leave again.
    pub handshake_in_query: bool,
    /// How often this browser was just redirected.
    pub redirect_count: u32,
    /// The request's URL as people see it: the pinned public origin, and the path as a path.
    pub url: Url,
    pub is_get: bool,
    sec_fetch_dest: Option<String>,
    accepts_html: bool,
    referer: Option<Url>,
}

impl AuthenticateContext {
    /// Reads a request.
    pub fn read(parts: &Parts, options: &ClerkOptions) -> Self {
        let headers = &parts.headers;
        let cookies = Cookies::read(headers);
        let url = public_url(parts, options);
        let query =
            |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        let cookie = |name: &str| cookies.get(name).map(str::to_owned);
        let chosen = ChosenCookies::choose(&cookies, &options.publishable_key);
        let dev_browser = query(DEV_BROWSER);
        Self {
            header_token: header_token(headers),
            cookie_token: cookie(&chosen.name(SESSION)),
            client_uat: cookies.get(&chosen.name(CLIENT_UAT)).and_then(|uat| uat.parse().ok()).unwrap_or(0),
            suffixed_cookies: chosen.suffixed,
            dev_browser_in_query: dev_browser.is_some(),
            dev_browser: dev_browser.or_else(|| cookie(&chosen.name(DEV_BROWSER))),
            has_refresh_cookie: cookies.get(&options.publishable_key.cookie(REFRESH)).is_some(),
            handshake_in_query: query(HANDSHAKE_NONCE).is_some() || query(HANDSHAKE).is_some(),
            handshake_nonce: query(HANDSHAKE_NONCE).or_else(|| cookie(HANDSHAKE_NONCE)),
            handshake_token: query(HANDSHAKE).or_else(|| cookie(HANDSHAKE)),
            redirect_count: cookies.get(REDIRECT_COUNT).and_then(|count| count.parse().ok()).unwrap_or(0),
            is_get: parts.method == Method::GET,
            sec_fetch_dest: text(headers, "sec-fetch-dest"),
            accepts_html: text(headers, header::ACCEPT.as_str()).is_some_and(|accept| accept.starts_with("text/html")),
            referer: text(headers, header::REFERER.as_str()).and_then(|referer| Url::parse(&referer).ok()),
            url,
        }
    }

    /// Whether a browser asks for a page, which can be redirected, rather than a script for data, which cannot.
    pub fn is_document(&self) -> bool {
        let dest = self.sec_fetch_dest.as_deref();
        self.is_get && dest.map_or(self.accepts_html, |dest| matches!(dest, "document" | "iframe"))
    }

    /// The page on another origin whose link led here.
    pub fn cross_origin_referer(&self) -> Option<&Url> {
        let navigated = self.is_get && self.sec_fetch_dest.as_deref() == Some("document");
        self.referer.as_ref().filter(|referer| navigated && referer.origin() != self.url.origin())
    }
}

/// The pinned origin with the request's path and query. A path such as `//evil.example` stays a path.
pub fn public_url(parts: &Parts, options: &ClerkOptions) -> Url {
    let mut url = options.public_url.clone();
    url.set_path(parts.uri.path());
    url.set_query(parts.uri.query());
    url
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Clerk's reading of `Authorization`: a lone word is the token, `Bearer` (in this spelling) is followed by it, and any
/// other scheme is none of Clerk's business.
fn header_token(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, header::AUTHORIZATION.as_str()).filter(|value| !value.is_empty())?;
    match value.split_once(' ') {
        None => Some(value),
        Some((scheme, "")) => Some(scheme.to_owned()),
        Some(("Bearer", token)) => Some(token.to_owned()),
        Some(_) => None,
    }
}

/// Which of the two cookie families counts: with or without the instance's suffix.
struct ChosenCookies<'a> {
    key: &'a PublishableKey,
    suffixed: bool,
}

impl<'a> ChosenCookies<'a> {
    fn name(&self, base: &str) -> String {
        if self.suffixed { self.key.cookie(base) } else { base.to_owned() }
    }

    fn choose(cookies: &Cookies, key: &'a PublishableKey) -> Self {
        Self { key, suffixed: use_suffixed(cookies, key) }
    }
}

/// Clerk's table, in its order (contract A.3). The claims are read unverified: they only choose between two cookies,
/// and whichever is chosen is verified. One row is left out, because it needs the time: a development instance whose
/// suffixed session has expired and which is signed out in the other family.
fn use_suffixed(cookies: &Cookies, key: &PublishableKey) -> bool {
    let (session, suffixed_session) = (cookies.get(SESSION), cookies.get(&key.cookie(SESSION)));
    let (uat, suffixed_uat) = (cookies.get(CLIENT_UAT), cookies.get(&key.cookie(CLIENT_UAT)));
    if let Some(session) = session {
        match unverified(session).as_ref().and_then(|claims| claims.text("iss")) {
            None => return false,
            Some(issuer) if without_scheme(issuer) != key.host() => return true,
            Some(_) => {}
        }
    }
    if suffixed_uat.is_none() && suffixed_session.is_none() {
        return false;
    }
    let signed_out = Some("0");
    if uat != signed_out && suffixed_uat != signed_out && issued_at(session) > issued_at(suffixed_session) {
        return false;
    }
    if suffixed_uat == signed_out && uat != signed_out {
        return false;
    }
    suffixed_uat.is_some()
}

fn unverified(token: &str) -> Option<Claims> {
    UnverifiedToken::parse(token).ok().map(|token| token.unverified_claims)
}

fn issued_at(token: Option<&str>) -> f64 {
    token.and_then(unverified).and_then(|claims| claims.seconds("iat")).unwrap_or_default()
}

fn without_scheme(issuer: &str) -> &str {
    issuer.split_once("://").map_or(issuer, |(_, host)| host)
}
