//! The only place that reads the time of day. Everything else is handed it.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::jwt::Clock;

/// The machine's clock. A clock before 1970 counts as 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn system_clock() -> Clock {
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
