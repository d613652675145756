//! That signing out failed, for the page that the visitor is sent back to. Leptos says so in that page's address, which
//! any link can copy; so a cookie says it, too, which only this application can set.

use axum::http::{HeaderMap, header, request::Parts};
use leptos::server_fn::ServerFn;
use url::form_urlencoded;

use super::cookies::{cookies, keep};
use crate::rpc::SignOut;

const COOKIE: &str = "sign_out_failed";
/// Long enough for a slow way back.
const SECONDS: u32 = 15;

/// What to send along with the way back.
pub fn note(secure: bool) -> HeaderMap {
    keep(COOKIE, "1", SECONDS, secure).into_iter().map(|cookie| (header::SET_COOKIE, cookie)).collect()
}

/// Whether the page of this request has to say so.
pub fn is_to_be_told(parts: &Parts) -> bool {
    is_noted(&parts.headers) && parts.uri.query().is_some_and(names_sign_out)
}

fn is_noted(headers: &HeaderMap) -> bool {
    cookies(headers).any(|(name, _)| name == COOKIE)
}

fn names_sign_out(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "__path" && value == SignOut::url())
}
