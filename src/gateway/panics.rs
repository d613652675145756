//! A panic in a policy, a handler or a hook ends one request, not the connection: it is told to the log, and the client
//! gets the gateway's own refusal.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use super::{context::Arrival, problem::Problem};

/// What was said in a panic.
pub struct Panicked(String);

/// Runs what `make` returns, up to a panic.
///
/// What panicked is never used again, but what it had borrowed is: whoever lends something must bear with half a change.
pub async fn caught<F: Future>(make: impl FnOnce() -> F) -> Result<F::Output, Panicked> {
    let made = catch_unwind(AssertUnwindSafe(make)).map_err(Panicked::new)?;
    let mut future = pin!(made);
    std::future::poll_fn(|task| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(task))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panic) => Poll::Ready(Err(Panicked::new(panic))),
    })
    .await
}

impl Panicked {
    #[expect(clippy::needless_pass_by_value, reason = "what a panic leaves behind is used up here")]
    fn new(panic: Box<dyn Any + Send>) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Self(text.unwrap_or("of unknown type").to_owned())
    }

    /// Tells the log, and what the client is told; `by` is who panicked.
    pub fn refuse(&self, by: &str, arrival: &Arrival) -> Problem {
        let text = self.0.as_str();
        tracing::error!(gateway.request_id = %arrival.request_id, by, panic = text, "a part of the project panicked");
        Problem::internal("panic")
    }
}
