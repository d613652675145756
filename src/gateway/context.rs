//! What the phases of one request share: Zuplo's `request.user` and `context`.

use std::time::Duration;

use uuid::Uuid;

/// The caller, as an authentication policy found them.
#[derive(Debug, Clone)]
pub struct User {
    /// Names the caller.
    pub sub: String,
}

/// One request on its way through the phases.
#[derive(Debug)]
pub struct Context {
    /// Stands in the answer (`zp-rid`), in problem documents and in the log.
    pub request_id: Uuid,
    /// When the request arrived.
    pub now: Duration,
    /// The path within the project, as the client wrote it.
    pub instance: String,
    /// The caller, once a policy knows them.
    pub user: Option<User>,
}
