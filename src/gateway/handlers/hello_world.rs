//! The handler a new Zuplo project starts with. A value that is not a response becomes JSON, so the body is a JSON
//! string, quotes included. Zuplo's own says "What zup?"; ours says what the article's page shows.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, header},
};

use super::{Answer, Handler};
use crate::gateway::context::Context;

/// Answers `"Hello World"`.
pub struct HelloWorld;

impl Handler for HelloWorld {
    fn handle<'a>(&'a self, _request: Request, context: &'a mut Context) -> Answer<'a> {
        Box::pin(async {
            let user = context.user.as_ref().map(|user| user.sub.as_str());
            tracing::debug!(gateway.request_id = %context.arrival.request_id, user.id = user, "hello");
            let mut response = Response::new(Body::from("\"Hello World\""));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok(response)
        })
    }
}
