//! An answer that goes on no longer than its caller's token.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// A body that breaks off: its end would say that it was whole.
pub struct Expiring {
    body: Body,
    until: Pin<Box<Sleep>>,
}

impl Expiring {
    /// The same body for `lifetime`.
    pub fn new(body: Body, lifetime: Duration) -> Self {
        Self { body, until: Box::pin(sleep(lifetime)) }
    }
}

impl HttpBody for Expiring {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.until.as_mut().poll(task).is_ready() {
            let expired = io::Error::new(io::ErrorKind::TimedOut, "the caller's token has ended");
            return Poll::Ready(Some(Err(axum::Error::new(expired))));
        }
        Pin::new(&mut self.body).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
