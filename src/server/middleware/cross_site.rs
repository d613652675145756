//! Requests that change something must come from our own pages. Leptos leaves this to the application; a same-site
//! cookie alone does not cover sibling origins.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::server::{
    Services,
    error_page::{Site, error_page, reads_pages},
};

/// Refuses unsafe methods that a browser sends for another site.
pub async fn refuse_cross_site(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let origin = services.public_url.origin().ascii_serialization();
    if request.method().is_safe() || is_own(request.headers(), &origin) {
        return next.run(request).await;
    }
    tracing::warn!("refused a request from another site");
    if !reads_pages(request.headers()) {
        return (StatusCode::FORBIDDEN, "Requests of other sites are refused here.").into_response();
    }
    let text = "This form was sent from another site. Open the page here and send it again.";
    error_page(
        StatusCode::FORBIDDEN,
        "This request came from elsewhere",
        text,
        Site::of(&services, request.extensions()),
    )
}

/// `Sec-Fetch-Site` where the browser sends it, else `Origin`. What sends neither is no browser, and brings no cookies
/// that it did not mean to.
fn is_own(headers: &HeaderMap, own_origin: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    headers.get(header::ORIGIN).is_none_or(|origin| origin.as_bytes() == own_origin.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &'static str, value: &'static str) -> bool {
        is_own(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]), "http://localhost:3000")
    }

    #[test]
    fn only_our_own_pages_pass() {
        assert!(own("sec-fetch-site", "same-origin"));
        assert!(own("origin", "http://localhost:3000"));
        assert!(own("accept", "*/*"));
        for site in ["cross-site", "same-site", ""] {
            assert!(!own("sec-fetch-site", site), "{site}");
        }
        for origin in ["null", "http://localhost:3001", "https://localhost:3000", "http://localhost:3000.evil.example"]
        {
            assert!(!own("origin", origin), "{origin}");
        }
    }
}
