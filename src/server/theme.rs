//! Whether pages are light or dark: the visitor's system decides, unless the visitor did. The choice is a cookie.
//!
//! Every page names `/theme.css`, which browsers read before they paint anything. So no page needs to know the choice, no
//! script has to run, and nothing flashes.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use url::Url;

use super::{
    Services,
    cookies::{cookies, keep},
};
use crate::model::Theme;

/// Where every page finds its theme.
pub const THEME_STYLESHEET: &str = "/theme.css";

const COOKIE: &str = "theme";
const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The stylesheet, and where the switch sends its form.
pub fn router(services: &Arc<Services>) -> Router {
    Router::new()
        .route(THEME_STYLESHEET, get(stylesheet))
        .route("/theme", post(choose))
        .with_state(Arc::clone(services))
}

/// What the visitor chose.
pub fn chosen(headers: &HeaderMap) -> Theme {
    cookies(headers).find(|(name, _)| *name == COOKIE).and_then(|(_, value)| Theme::named(value)).unwrap_or_default()
}

/// Every colour of `style/` is a pair; this says which half counts on screens. Paper is light.
async fn stylesheet(headers: HeaderMap) -> impl IntoResponse {
    let scheme = match chosen(&headers) {
        Theme::System => "light dark",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, format!("@media screen{{:root{{color-scheme:{scheme}}}}}"))
}

#[derive(Debug, Deserialize)]
struct Choice {
    theme: String,
}

/// Keeps the choice and returns to the page it was made on. What is no theme changes nothing.
async fn choose(State(services): State<Arc<Services>>, headers: HeaderMap, Form(choice): Form<Choice>) -> Response {
    let mut response = Redirect::to(page_of(&headers, &services.public_url).as_deref().unwrap_or("/")).into_response();
    if let Some(theme) = Theme::named(&choice.theme)
        && let Some(cookie) = keep(COOKIE, theme.name(), seconds(theme), services.public_url.scheme() == "https")
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// How long a choice is kept. The system's own theme is what counts where none is.
fn seconds(theme: Theme) -> u32 {
    if theme == Theme::System { 0 } else { YEAR_SECONDS }
}

/// The page of ours that a form stood on, as a path, if that is known.
pub fn page_of(headers: &HeaderMap, public_url: &Url) -> Option<String> {
    let page = Url::parse(headers.get(header::REFERER)?.to_str().ok()?).ok()?;
    let is_ours = page.origin() == public_url.origin() && !page.path().starts_with("//");
    is_ours.then(|| page[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_cookie_says_what_was_chosen() {
        for (value, theme) in [
            ("theme=dark", Theme::Dark),
            ("__session=x; theme=light", Theme::Light),
            ("theme=purple", Theme::System),
            ("my_theme=dark", Theme::System),
        ] {
            assert_eq!(chosen(&headers(header::COOKIE, value)), theme, "{value}");
        }
        assert_eq!(chosen(&HeaderMap::new()), Theme::System);
    }

    #[test]
    fn the_system_theme_needs_no_cookie() {
        assert_eq!([Theme::System, Theme::Light, Theme::Dark].map(seconds), [0, 31_536_000, 31_536_000]);
    }

    #[test]
    fn one_returns_to_pages_of_ours_only() {
        let public_url = Url::parse("http://localhost:3000").unwrap();
        for (referer, path) in [
            ("http://localhost:3000/account?a=b#c", Some("/account?a=b")),
            ("http://localhost:3000", Some("/")),
            ("https://localhost:3000/account", None),
            ("http://evil.example/account", None),
            ("http://localhost:3000//evil.example", None),
            ("nonsense", None),
        ] {
            assert_eq!(page_of(&headers(header::REFERER, referer), &public_url).as_deref(), path, "{referer}");
        }
        assert_eq!(page_of(&HeaderMap::new(), &public_url), None);
    }
}
