//! `redirectHandler`: sends the client elsewhere, without asking any upstream.
//!
//! Options: `location` (required: a URL, or a path of the client's own origin), `status` (301, 302, 303, 307 or 308;
//! default 302).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde::Deserialize;

use super::{Answer, Handler, HandlerSite};
use crate::gateway::{
    context::Context,
    project::{LoadError, Options},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectOptions {
    location: String,
    status: Option<u16>,
}

struct Redirect {
    location: HeaderValue,
    status: StatusCode,
}

/// Makes the handler from its options.
pub fn build(options: &Options<'_>, _site: &HandlerSite<'_>) -> Result<Arc<dyn Handler>, LoadError> {
    let read: RedirectOptions = options.read()?;
    let location = HeaderValue::from_str(&read.location).ok().filter(|location| !location.is_empty());
    let location = location.ok_or_else(|| options.error("location", "a URL, or a path such as /docs"))?;
    let status = StatusCode::from_u16(read.status.unwrap_or(302)).ok();
    let status = status
        .filter(|status| matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308))
        .ok_or_else(|| options.error("status", "301, 302, 303, 307 or 308"))?;
    Ok(Arc::new(Redirect { location, status }))
}

impl Handler for Redirect {
    fn handle<'a>(&'a self, _request: Request, _context: &'a mut Context) -> Answer<'a> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::LOCATION, self.location.clone());
        Box::pin(std::future::ready(Ok(response)))
    }
}
