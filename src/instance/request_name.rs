//! The name of the request that a page is made for. Whoever serves the instance gives it along; pages about failures
//! say it. They are made deep inside, also by extractors, which is why it travels with the task.

use axum::{extract::Request, middleware::Next, response::Response};
use tokio::task_local;
use uuid::Uuid;

/// Names a request in the log of whoever serves the instance; an extension of the request.
#[derive(Debug, Clone, Copy)]
pub struct RequestName(pub Uuid);

task_local! {
    static CURRENT: RequestName;
}

/// Keeps the name while the request is answered.
pub async fn keep_request_name(request: Request, next: Next) -> Response {
    match request.extensions().get::<RequestName>().copied() {
        Some(name) => CURRENT.scope(name, next.run(request)).await,
        None => next.run(request).await,
    }
}

/// The name of the request under way, if it has one.
pub fn request_name() -> Option<Uuid> {
    CURRENT.try_with(|name| name.0).ok()
}
