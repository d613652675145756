//! Answers that are kept to be given again, in memory that is bounded in bytes: what is asked for least goes first.
//!
//! A body is kept while it streams to the first client, which waits for nothing. It counts only once it is whole: what is
//! too large, breaks off, or is not read to its end is not kept.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use hyper::body::{Frame, SizeHint};
use moka::sync::Cache;

/// For all answers together.
const ROOM_BYTES: u64 = 64 * 1024 * 1024;
/// For one body.
pub const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// What an answer without headers and body takes, about.
const OVERHEAD_BYTES: usize = 512;

/// What an answer is an answer to: a hash of all that makes a difference.
pub type Key = [u8; 32];

/// Answers by what they answer.
pub struct Answers(Cache<Key, Arc<Kept>>);

/// An answer, whole.
struct Kept {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    at: Duration,
    lifetime: Duration,
}

impl Default for Answers {
    fn default() -> Self {
        Self::with_room_for(ROOM_BYTES)
    }
}

impl Answers {
    fn with_room_for(bytes: u64) -> Self {
        Self(Cache::builder().max_capacity(bytes).weigher(|_, kept: &Arc<Kept>| kept.weight()).build())
    }

    /// The answer, if it is kept and still good at `now`.
    pub fn get(&self, key: &Key, now: Duration) -> Option<Response<Body>> {
        let kept = self.0.get(key)?;
        // In both directions: a clock that was set back does not make an answer last longer.
        if kept.at.abs_diff(now) >= kept.lifetime {
            self.0.invalidate(key);
            return None;
        }
        Some(kept.answer(now))
    }

    /// Keeps `response` under `key` once its body has been read, and returns it to be sent.
    pub fn keep(
        self: &Arc<Self>,
        key: Key,
        response: Response<Body>,
        now: Duration,
        lifetime: Duration,
    ) -> Response<Body> {
        let (parts, body) = response.into_parts();
        if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
            return Response::from_parts(parts, body);
        }
        let headers = parts.headers.clone();
        let kept = Kept { status: parts.status, headers, body: Bytes::new(), at: now, lifetime };
        let mut recorder =
            Recorder { body, recording: Some(Recording { answers: Arc::clone(self), key, kept, bytes: Vec::new() }) };
        // Nobody reads a body that is empty.
        recorder.finish_if_ended();
        Response::from_parts(parts, Body::new(recorder))
    }
}

impl Kept {
    fn weight(&self) -> u32 {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        u32::try_from(OVERHEAD_BYTES + headers + self.body.len()).unwrap_or(u32::MAX)
    }

    /// The answer, with how old it is (RFC 9111, section 5.1).
    fn answer(&self, now: Duration) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        let before: u64 =
            self.headers.get(header::AGE).and_then(|age| age.to_str().ok()?.parse().ok()).unwrap_or_default();
        let age = before.saturating_add(now.saturating_sub(self.at).as_secs());
        response.headers_mut().insert(header::AGE, HeaderValue::from(age));
        response
    }
}

/// A body that is kept while it is read.
struct Recorder {
    body: Body,
    /// None once it is kept, or cannot be.
    recording: Option<Recording>,
}

struct Recording {
    answers: Arc<Answers>,
    key: Key,
    kept: Kept,
    bytes: Vec<u8>,
}

impl Recorder {
    fn take(&mut self, frame: &Frame<Bytes>) {
        match (&mut self.recording, frame.data_ref()) {
            (Some(recording), Some(data)) if recording.bytes.len() + data.len() <= MAX_BODY_BYTES => {
                recording.bytes.extend_from_slice(data);
            }
            // Too large, or trailers, which are not kept.
            _ => self.recording = None,
        }
    }

    fn finish(&mut self) {
        if let Some(Recording { answers, key, kept, bytes }) = self.recording.take() {
            answers.0.insert(key, Arc::new(Kept { body: bytes.into(), ..kept }));
        }
    }

    /// The server asks for no more frames where it knows that there are none.
    fn finish_if_ended(&mut self) {
        if self.body.is_end_stream() {
            self.finish();
        }
    }
}

impl HttpBody for Recorder {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(None) => this.finish(),
            Poll::Ready(Some(Ok(frame))) => {
                this.take(frame);
                this.finish_if_ended();
            }
            Poll::Ready(Some(Err(_))) => this.recording = None,
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
    use http_body_util::BodyExt;

    use super::*;

    const NOW: Duration = Duration::from_secs(100);
    const MINUTE: Duration = Duration::from_secs(60);

    fn whole(text: impl Into<Body>) -> Response<Body> {
        Response::builder().status(203).header("x-kept", "1").header("age", "5").body(text.into()).unwrap()
    }

    /// Sends an answer to its end, and looks whether it is given again.
    async fn kept(response: Response<Body>) -> Option<Response<Body>> {
        let answers = Arc::new(Answers::default());
        let sent = answers.keep([1; 32], response, NOW, MINUTE);
        let _whole_or_not = sent.into_body().collect().await;
        answers.get(&[1; 32], NOW)
    }

    #[tokio::test]
    async fn an_answer_is_given_again_until_its_time_is_over() {
        let answers = Arc::new(Answers::default());
        let sent = answers.keep([1; 32], whole("hello"), NOW, MINUTE);
        assert!(answers.get(&[1; 32], NOW).is_none(), "not before it is whole");
        assert_eq!(to_bytes(sent.into_body(), 99).await.unwrap(), "hello");
        let again = answers.get(&[1; 32], NOW + MINUTE / 2).unwrap();
        assert_eq!(
            (again.status().as_u16(), &again.headers()["x-kept"], &again.headers()["age"]),
            (203, &"1".parse().unwrap(), &"35".parse().unwrap())
        );
        assert_eq!(to_bytes(again.into_body(), 99).await.unwrap(), "hello");
        assert!(answers.get(&[2; 32], NOW).is_none());
        assert!(answers.get(&[1; 32], NOW + MINUTE).is_none());
        assert!(answers.get(&[1; 32], NOW).is_none(), "what is over is gone");
    }

    #[tokio::test]
    async fn a_body_counts_once_it_is_whole() {
        assert!(kept(whole("")).await.is_some());
        assert!(kept(whole(vec![0; MAX_BODY_BYTES])).await.is_some());
        assert!(kept(whole(vec![0; MAX_BODY_BYTES + 1])).await.is_none());
        let frames = |frames: Vec<Result<Frame<Bytes>, axum::Error>>| Body::new(Frames(frames.into()));
        let data = |bytes: usize| Ok(Frame::data(Bytes::from(vec![0; bytes])));
        assert!(kept(whole(frames(vec![data(1), data(2)]))).await.is_some());
        assert!(kept(whole(frames(vec![data(MAX_BODY_BYTES), data(1)]))).await.is_none());
        assert!(kept(whole(frames(vec![data(1), Err(axum::Error::new("broke off"))]))).await.is_none());
        assert!(kept(whole(frames(vec![data(1), Ok(Frame::trailers(HeaderMap::new()))]))).await.is_none());
        let answers = Arc::new(Answers::default());
        let mut unread = answers.keep([1; 32], whole(frames(vec![data(1), data(2)])), NOW, MINUTE).into_body();
        unread.frame().await.unwrap().unwrap();
        drop(unread);
        assert!(answers.get(&[1; 32], NOW).is_none(), "a client that leaves keeps nothing");
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let answers = Arc::new(Answers::with_room_for(100_000));
        for number in 0..100 {
            let sent = answers.keep([number; 32], whole(vec![0; 10_000]), NOW, MINUTE);
            to_bytes(sent.into_body(), usize::MAX).await.unwrap();
        }
        answers.0.run_pending_tasks();
        assert!(answers.0.weighted_size() <= 100_000, "{}", answers.0.weighted_size());
        assert!(answers.0.entry_count() > 0);
    }

    /// Frames that come one after the other, with an end that is not known before.
    struct Frames(std::collections::VecDeque<Result<Frame<Bytes>, axum::Error>>);

    impl HttpBody for Frames {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Ready(self.get_mut().0.pop_front())
        }
    }
}
