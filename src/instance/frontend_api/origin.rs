//! Which pages may ask: those of the application and of others on this machine. Everybody else is refused, whatever they
//! ask, and is not told what there is.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::Url;

use crate::instance::{InstanceState, clerk_error::ClerkError, redirect};

const REFUSED: ClerkError =
    ClerkError::new(StatusCode::FORBIDDEN, "origin_invalid", "Pages of this origin may not use this instance.");

/// Refuses the pages of other sites, and lets those of this machine read what they asked for (CORS).
///
/// A page of another port is a page of the same site to a browser, so its cookies come along; that is how an application
/// on another port uses this instance.
pub async fn refuse_other_sites(State(state): State<Arc<InstanceState>>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        let foreign = !request.method().is_safe() && is_cross_site(request.headers());
        return if foreign { REFUSED.into_response() } else { next.run(request).await };
    };
    if allowed(&state, &origin).is_none() {
        tracing::warn!("refused a request from another site");
        return REFUSED.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// The origin of the page that asks, which a token is for: `Origin`; where browsers leave it out, `Referer`; else the
/// application's own.
pub fn of_page(state: &InstanceState, headers: &HeaderMap) -> String {
    let named = |name: HeaderName| headers.get(name).and_then(|value| allowed(state, value));
    let page = named(header::ORIGIN).or_else(|| named(header::REFERER));
    page.map_or_else(|| state.public_origin(), |url| url.origin().ascii_serialization())
}

fn allowed(state: &InstanceState, value: &HeaderValue) -> Option<Url> {
    let url = Url::parse(value.to_str().ok()?).ok()?;
    redirect::may_return(&url, &state.settings.public_url).then_some(url)
}

/// Browsers that send no `Origin` say at least this.
fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site")
}
