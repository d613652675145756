//! Taking connections, and stopping without dropping a request.

use std::{convert::Infallible, error::Error, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulConnection, GracefulShutdown},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal,
    time::{sleep, timeout},
};
use tower::Service;

/// Whoever does not finish a request's head in this time is not served: a slow head holds a connection for nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests under way get this long to end once the program is told to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// Accepting fails when file descriptors run out; trying again at once would only burn the processor.
const AFTER_ACCEPT_FAILURE: Duration = Duration::from_millis(200);

/// What answers requests. It is always ready, and never fails.
pub trait Answers:
    Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> + Clone + Send + 'static
{
}

impl<S> Answers for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> + Clone + Send + 'static
{
}

/// Serves until `shutdown` resolves, then until the requests under way are answered.
pub async fn serve(listener: TcpListener, service: impl Answers, shutdown: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            accepted = accept(&listener) => {
                let connection = graceful.watch(connection(accepted, service.clone()));
                tokio::spawn(async move { log_end(connection.await) });
            }
            () = &mut shutdown => break,
        }
    }
    tracing::info!("stopping");
    // A page under way may still have to call the embedded gateway, so connections are taken until the last one is done.
    let late = async {
        loop {
            let connection = connection(accept(&listener).await, service.clone());
            tokio::spawn(async move { log_end(connection.await) });
        }
    };
    tokio::select! {
        drained = timeout(DRAIN, graceful.shutdown()) => if drained.is_err() {
            tracing::warn!("some requests did not end in time and are dropped");
        },
        () = late => {}
    }
}

type Failure = Box<dyn Error + Send + Sync>;

/// Requests on it know where they come from, and may become web sockets.
fn connection(
    (stream, peer): (TcpStream, SocketAddr),
    service: impl Answers,
) -> impl GracefulConnection<Error = Failure> + Send {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        service.clone().call(request)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned()
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole; waiting for more to send would only delay them.
                let _unimportant = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                sleep(AFTER_ACCEPT_FAILURE).await;
            }
        }
    }
}

fn log_end(outcome: Result<(), Failure>) {
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Resolves when the program is told to stop: SIGINT (Ctrl-C) or SIGTERM.
pub async fn shutdown_signal() {
    let interrupt = async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut stream) => {
                stream.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}
