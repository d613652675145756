//! Whose turn it is while a request is sent on: a client that sends its body slowly is not a slow upstream.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::{sync::watch, time::timeout};

/// Who keeps the other waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// More of the body is to come.
    Client,
    /// The upstream has not yet taken what is there, or has not yet answered.
    Upstream,
}

/// How long each may take for one step.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the next part of the body.
    pub client: Duration,
    /// For taking a part of the body, and for the head of the answer once it has all of it.
    pub upstream: Duration,
}

/// The body of a request, which says whose turn it is.
struct Watched {
    body: Body,
    turn: watch::Sender<Turn>,
}

/// The same body, and whose turn it is.
pub fn watched(body: Body) -> (Body, watch::Receiver<Turn>) {
    let (turn, turns) = watch::channel(Turn::Upstream);
    (Body::new(Watched { body, turn }), turns)
}

/// Resolves once somebody took too long for a step, and says who.
pub async fn too_slow(mut turns: watch::Receiver<Turn>, patience: Patience) -> Turn {
    loop {
        let turn = *turns.borrow_and_update();
        let limit = match turn {
            Turn::Client => patience.client,
            Turn::Upstream => patience.upstream,
        };
        match timeout(limit, turns.changed()).await {
            Ok(Ok(())) => {}
            // Nobody asks the body for more: it is sent, or it is not wanted.
            Ok(Err(_)) => {
                tokio::time::sleep(patience.upstream).await;
                return Turn::Upstream;
            }
            Err(_) => return turn,
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(task);
        match &polled {
            Poll::Pending => {
                self.turn.send_if_modified(|turn| std::mem::replace(turn, Turn::Client) != Turn::Client);
            }
            // Each part is a step of its own.
            Poll::Ready(_) => {
                self.turn.send_replace(Turn::Upstream);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(600);

    /// A body of which nothing comes.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn who_is_waited_for_is_too_slow() {
        let impatient = |with: Turn| match with {
            Turn::Client => Patience { client: SHORT, upstream: LONG },
            Turn::Upstream => Patience { client: LONG, upstream: SHORT },
        };
        let (_not_asked_for, turns) = watched(Body::new(Silent));
        assert_eq!(too_slow(turns, impatient(Turn::Upstream)).await, Turn::Upstream);
        let (body, turns) = watched(Body::new(Silent));
        let slow = tokio::select! {
            slow = too_slow(turns, impatient(Turn::Client)) => slow,
            _ = to_bytes(body, 99) => panic!("there is nothing"),
        };
        assert_eq!(slow, Turn::Client);
        let (body, turns) = watched(Body::from("abc"));
        assert_eq!(to_bytes(body, 99).await.unwrap(), "abc");
        assert_eq!(too_slow(turns, impatient(Turn::Upstream)).await, Turn::Upstream, "it has all of it");
    }
}
