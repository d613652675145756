//! The phases of one request, in order.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Response},
};
use uuid::Uuid;

use super::{context::Context, path::normalise, problem::Problem, route_table::RouteTable};
use crate::jwt::Clock;

/// Zuplo's name for the request id.
const REQUEST_ID: HeaderName = HeaderName::from_static("zp-rid");

/// A loaded project that answers requests.
pub struct Gateway {
    routes: RouteTable,
    clock: Clock,
}

impl Gateway {
    pub const fn new(routes: RouteTable, clock: Clock) -> Self {
        Self { routes, clock }
    }

    /// Answers a request.
    pub async fn serve(&self, request: Request) -> Response<Body> {
        let mut context = Context {
            request_id: Uuid::new_v4(),
            now: (self.clock)(),
            instance: request.uri().path().to_owned(),
            user: None,
        };
        let outcome = self.run_phases(request, &mut context).await;
        let mut response = outcome.unwrap_or_else(|problem| problem.into_response(&context));
        if let Ok(id) = HeaderValue::from_str(&context.request_id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    async fn run_phases(&self, request: Request, context: &mut Context) -> Result<Response<Body>, Problem> {
        let path = normalise(request.uri().path()).map_err(|_| {
            Problem::bad_request(
                "The path has more than one reading: send it without encoded slashes, empty segments or dot segments.",
            )
        })?;
        let route = self.routes.find(request.method(), &path).ok_or_else(Problem::not_found)?;
        let mut request = request;
        for (name, policy) in &route.policies {
            request = policy.apply(request, context).await.inspect_err(|problem| {
                tracing::info!(gateway.request_id = %context.request_id, policy = name, reason = problem.reason(), "refused by a gateway policy");
            })?;
        }
        route.handler.handle(request, context).await
    }
}
