//! What the tests share.

mod app;
mod fake_gateway;
mod issuer;

#[path = "../../testing.rs"]
pub mod testing;

use std::time::{SystemTime, UNIX_EPOCH};

pub use app::{App, Page};
pub use fake_gateway::{Behaviour, FakeGateway};
pub use issuer::Issuer;

/// The time of day, in seconds. The program under test reads the same clock.
#[expect(clippy::disallowed_methods, reason = "tokens are made for the program's own clock")]
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
