//! What the tests share.

mod app;
mod browser;
mod embedded_api;
mod fake_backend;
mod fake_gateway;
mod identity_provider;
mod issuer;
mod project;
mod raw;
mod stream;
mod upstream;

#[path = "../../testing.rs"]
pub mod testing;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use app::{App, Page};
pub use browser::{Browser, backend, ok, refusal, refused};
pub use embedded_api::{ADA, Api, GRACE, cookie, part, picture, sign_in, sign_up, with_file};
pub use fake_backend::{Answer, FakeBackend, Received, SECRET_KEY, backend_client, hangs_up, quick_retries};
pub use fake_gateway::{Behaviour, FakeGateway};
pub use identity_provider::{ACME, CODE, FakeProvider, LOCAL_ID, answer_of_acme, choose, parameter};
pub use issuer::Issuer;
pub use project::project;
pub use raw::{Raw, canned, recorder};
pub use stream::chunks;
pub use upstream::Upstream;

/// Waits until something holds that the program does in its own time.
pub async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("{what} did not happen"));
}

/// The time of day, in seconds. The program under test reads the same clock.
#[expect(clippy::disallowed_methods, reason = "tokens are made for the program's own clock")]
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
