//! A body that a test writes piece by piece.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use tokio::sync::mpsc;

/// The writing end.
pub type Chunks = mpsc::UnboundedSender<&'static str>;

/// The body.
pub struct Receiving(mpsc::UnboundedReceiver<&'static str>);

impl HttpBody for Receiving {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|text| Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}

/// A body, and what writes it; dropping that ends it.
pub fn chunks() -> (Chunks, Receiving) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Receiving(receiver))
}
