//! Connections to upstreams, kept for the next request. None has a task of its own: whoever waits for an answer, and then
//! whoever reads its body, moves the connection along, so that nobody is woken only to wake somebody else. A connection
//! that is kept is looked at when it is wanted again, or has been kept for too long.

use std::{
    collections::HashMap,
    error::Error,
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderValue, Request, Response, StatusCode, Uri, header, uri},
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    client::conn::{
        TrySendError,
        http1::{self, SendRequest},
    },
};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

/// Shorter than upstreams keep idle connections open, so that few are reused that have just ended.
const KEPT_FOR: Duration = Duration::from_secs(20);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no connection.
    #[error("cannot connect")]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    /// The connection broke, or the request did.
    #[error("no answer")]
    Exchange(#[source] hyper::Error),
}

/// Connects, and keeps what is still of use. Clones share it.
#[derive(Clone)]
pub struct Connections {
    connector: HttpsConnector<HttpConnector>,
    kept: Arc<Kept>,
}

/// Whom a connection leads to.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Origin {
    scheme: uri::Scheme,
    authority: uri::Authority,
}

type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

struct Connection {
    sender: SendRequest<Body>,
    /// None once it has ended.
    driver: Option<Driver>,
}

/// Connections that nobody uses.
#[derive(Default)]
struct Kept(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    connections: HashMap<Origin, Vec<(Connection, Instant)>>,
    is_swept: bool,
}

impl Connections {
    /// None yet.
    pub fn new(connector: HttpsConnector<HttpConnector>) -> Self {
        Self { connector, kept: Arc::default() }
    }

    /// Sends a request, whose address is the upstream's, and returns the answer once its head is there.
    ///
    /// # Errors
    /// When there is no connection to be had, or it breaks.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, SendError> {
        let origin = address_to_origin(&mut request).ok_or_else(|| SendError::Connect("no absolute address".into()))?;
        while let Some(connection) = self.kept.take(&origin) {
            match self.exchange(connection, request, &origin).await {
                Ok(response) => return Ok(response),
                Err(mut error) => match error.take_message() {
                    // It ended meanwhile, and nothing of the request was sent.
                    Some(unsent) => request = unsent,
                    None => return Err(SendError::Exchange(error.into_error())),
                },
            }
        }
        let connection = self.connect(&origin).await?;
        self.exchange(connection, request, &origin).await.map_err(|error| SendError::Exchange(error.into_error()))
    }

    async fn connect(&self, origin: &Origin) -> Result<Connection, SendError> {
        let address =
            Uri::builder().scheme(origin.scheme.clone()).authority(origin.authority.clone()).path_and_query("/");
        let address = address.build().map_err(|error| SendError::Connect(error.into()))?;
        let stream = self.connector.clone().oneshot(address).await.map_err(SendError::Connect)?;
        let (sender, driver) = http1::handshake(stream).await.map_err(SendError::Exchange)?;
        Ok(Connection { sender, driver: Some(Box::pin(driver.with_upgrades())) })
    }

    async fn exchange(
        &self,
        mut connection: Connection,
        request: Request<Body>,
        origin: &Origin,
    ) -> Result<Response<Body>, TrySendError<Request<Body>>> {
        let mut answer = pin!(connection.sender.try_send_request(request));
        let response = poll_fn(|task| {
            drive(&mut connection.driver, task);
            answer.as_mut().poll(task)
        });
        let (parts, body) = response.await?.into_parts();
        if parts.status == StatusCode::SWITCHING_PROTOCOLS {
            // It belongs to both sides now, and tells them so when it is moved along.
            if let Some(driver) = connection.driver {
                tokio::spawn(driver);
            }
            return Ok(Response::from_parts(parts, Body::empty()));
        }
        let mut answering = Answering {
            body,
            broken: None,
            connection: Some(connection),
            origin: origin.clone(),
            kept: self.kept.clone(),
        };
        let body = if answering.body.is_end_stream() {
            answering.keep();
            Body::empty()
        } else {
            Body::new(answering)
        };
        Ok(Response::from_parts(parts, body))
    }
}

/// Writes the address of a request as the upstream wants it (RFC 9112, section 3.2), and returns whom it is for.
fn address_to_origin(request: &mut Request<Body>) -> Option<Origin> {
    let parts = std::mem::take(request.uri_mut()).into_parts();
    let origin = Origin { scheme: parts.scheme?, authority: parts.authority? };
    *request.uri_mut() = parts.path_and_query.map(Uri::from).unwrap_or_default();
    let host = origin.host().parse::<HeaderValue>().ok()?;
    request.headers_mut().insert(header::HOST, host);
    Some(origin)
}

impl Origin {
    /// Without credentials, and without the port that the scheme implies.
    fn host(&self) -> String {
        let usual = if self.scheme == uri::Scheme::HTTPS { 443 } else { 80 };
        match self.authority.port_u16().filter(|port| *port != usual) {
            Some(port) => format!("{}:{port}", self.authority.host()),
            None => self.authority.host().to_owned(),
        }
    }
}

fn drive(driver: &mut Option<Driver>, task: &mut Context<'_>) {
    // How it ended is told to whoever waits for an answer or its body.
    if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(task).is_ready()) {
        *driver = None;
    }
}

impl Connection {
    fn is_ready(&mut self) -> bool {
        drive(&mut self.driver, &mut Context::from_waker(Waker::noop()));
        self.driver.is_some() && self.sender.is_ready()
    }
}

/// The body of an answer, which moves its connection along, and keeps it in the end.
struct Answering {
    body: Incoming,
    /// How it broke off, once all that came before has been taken.
    broken: Option<hyper::Error>,
    connection: Option<Connection>,
    origin: Origin,
    kept: Arc<Kept>,
}

impl Answering {
    /// One whose request is still under way, or that the upstream ends, is dropped.
    fn keep(&mut self) {
        if let Some(mut connection) = self.connection.take()
            && connection.is_ready()
        {
            self.kept.put(self.origin.clone(), connection);
        }
    }

    fn poll_body(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // The connection reads no more than was asked for.
        let polled = Pin::new(&mut self.body).poll_frame(task);
        let (Some(connection), true) = (&mut self.connection, polled.is_pending()) else { return polled };
        drive(&mut connection.driver, task);
        Pin::new(&mut self.body).poll_frame(task)
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let polled = self.poll_body(task);
        if let Poll::Ready(Some(Err(error))) = polled {
            // The server forgets what it has not sent yet when a body breaks off: first it is to send that.
            self.broken = Some(error);
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        let is_over = matches!(polled, Poll::Ready(None)) || self.body.is_end_stream();
        if polled.is_ready() && is_over {
            self.keep();
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

impl Kept {
    /// One that leads there and has not ended, as far as can be known.
    fn take(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.shelf().connections.get_mut(origin)?.pop()?;
            if since.elapsed() < KEPT_FOR && connection.is_ready() {
                return Some(connection);
            }
        }
    }

    fn put(self: &Arc<Self>, origin: Origin, connection: Connection) {
        let mut shelf = self.shelf();
        shelf.connections.entry(origin).or_default().push((connection, Instant::now()));
        if !std::mem::replace(&mut shelf.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what was kept for too long, and says whether anything is left.
    fn drop_old(&self) -> bool {
        let mut shelf = self.shelf();
        shelf.connections.retain(|_, connections| {
            connections.retain(|(_, since)| since.elapsed() < KEPT_FOR);
            !connections.is_empty()
        });
        shelf.is_swept = !shelf.connections.is_empty();
        shelf.is_swept
    }
}

async fn sweep(kept: Weak<Kept>) {
    loop {
        sleep(KEPT_FOR).await;
        if !kept.upgrade().is_some_and(|kept| kept.drop_old()) {
            return;
        }
    }
}
