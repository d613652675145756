//! Web sockets, once both sides agreed: bytes both ways until one side is done, nothing comes for too long, the caller's
//! time is up, or the gateway stops.

use std::{io, sync::Arc, time::Duration};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use uuid::Uuid;

const BUFFER_BYTES: usize = 8 * 1024;
/// How long a side may take to hear that it is over.
const GOODBYE: Duration = Duration::from_secs(1);

/// Every open tunnel of a gateway. Clones are the same; without any, the tunnels end.
#[derive(Clone)]
pub struct Tunnels(Arc<watch::Sender<bool>>);

/// How long a tunnel may last.
#[derive(Debug, Clone, Copy)]
pub struct Lifetime {
    /// Without a byte from either side.
    pub idle: Duration,
    /// In all; none: no limit.
    pub whole: Option<Duration>,
}

/// Why a tunnel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Broken,
    Idle,
    Expired,
    Stopped,
}

impl Default for Tunnels {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Tunnels {
    /// Opens a tunnel between the two ends of the request called `id`.
    pub fn open(&self, client: OnUpgrade, upstream: OnUpgrade, lifetime: Lifetime, id: Uuid) {
        let mut stopped = self.0.subscribe();
        tokio::spawn(async move {
            let agreed = tokio::select! {
                agreed = async { tokio::try_join!(client, upstream) } => agreed.ok(),
                // An error says that the gateway is gone.
                _ = stopped.wait_for(|stopped| *stopped) => None,
            };
            let Some((client, upstream)) = agreed else {
                tracing::debug!(gateway.request_id = %id, "a web socket ended before it began");
                return;
            };
            let end = join(TokioIo::new(client), TokioIo::new(upstream), lifetime, stopped).await;
            tracing::info!(gateway.request_id = %id, ?end, "a web socket ended");
        });
    }

    /// Ends every tunnel, now and later ones, and waits until those that are open have ended.
    pub async fn end(&self) {
        self.0.send_replace(true);
        self.0.closed().await;
    }
}

/// Copies until there is a reason not to, then ends both sides.
async fn join<C, U>(client: C, upstream: U, lifetime: Lifetime, mut stopped: watch::Receiver<bool>) -> End
where
    C: AsyncRead + AsyncWrite,
    U: AsyncRead + AsyncWrite,
{
    let (mut from_client, mut to_client) = split(client);
    let (mut from_upstream, mut to_upstream) = split(upstream);
    let active = Notify::new();
    let both = async {
        let there = pump(&mut from_client, &mut to_upstream, &active);
        let back = pump(&mut from_upstream, &mut to_client, &active);
        tokio::try_join!(there, back)
    };
    let end = tokio::select! {
        copied = both => if copied.is_ok() { End::Done } else { End::Broken },
        () = idle(&active, lifetime.idle) => End::Idle,
        () = expiry(lifetime.whole) => End::Expired,
        _ = stopped.wait_for(|stopped| *stopped) => End::Stopped,
    };
    // Whoever is gone already need not be told.
    let _told = timeout(GOODBYE, async { tokio::join!(to_client.shutdown(), to_upstream.shutdown()) }).await;
    end
}

/// Copies one way, and hands the end on.
async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    active: &Notify,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = from.read(&mut buffer).await?;
        active.notify_one();
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
        to.flush().await?;
        active.notify_one();
    }
}

/// Resolves once nothing moved for `limit`.
async fn idle(active: &Notify, limit: Duration) {
    while timeout(limit, active.notified()).await.is_ok() {}
}

/// Resolves once the caller's time is up.
pub async fn expiry(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::*;

    const LONG: Lifetime = Lifetime { idle: Duration::from_secs(600), whole: None };

    /// The far ends of a tunnel, and how it ends.
    fn tunnel(tunnels: &Tunnels, lifetime: Lifetime) -> (DuplexStream, DuplexStream, tokio::task::JoinHandle<End>) {
        let ((client, near), (upstream, far)) = (duplex(64), duplex(64));
        (client, upstream, tokio::spawn(join(near, far, lifetime, tunnels.0.subscribe())))
    }

    async fn rest(side: &mut DuplexStream) -> String {
        let mut text = String::new();
        side.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn what_one_side_ends_ends_after_the_last_byte() {
        let tunnels = Tunnels::default();
        let (mut client, mut upstream, ended) = tunnel(&tunnels, LONG);
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(rest(&mut upstream).await, "question");
        upstream.write_all(b"answer").await.unwrap();
        upstream.shutdown().await.unwrap();
        assert_eq!(rest(&mut client).await, "answer");
        assert_eq!(ended.await.unwrap(), End::Done);
    }

    #[tokio::test]
    async fn a_side_that_is_gone_ends_the_other() {
        let tunnels = Tunnels::default();
        let (mut client, upstream, ended) = tunnel(&tunnels, LONG);
        drop(upstream);
        client.write_all(b"question").await.unwrap();
        assert_eq!(rest(&mut client).await, "");
        assert_eq!(ended.await.unwrap(), End::Broken);
    }

    #[tokio::test]
    async fn silence_and_time_end_both_sides() {
        let short = Duration::from_millis(20);
        for (lifetime, expected) in
            [(Lifetime { idle: short, ..LONG }, End::Idle), (Lifetime { whole: Some(short), ..LONG }, End::Expired)]
        {
            let tunnels = Tunnels::default();
            let (mut client, mut upstream, ended) = tunnel(&tunnels, lifetime);
            assert_eq!((rest(&mut client).await, rest(&mut upstream).await), (String::new(), String::new()));
            assert_eq!(ended.await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_stop_ends_every_tunnel_and_waits_for_it() {
        let tunnels = Tunnels::default();
        let (mut client, _upstream, ended) = tunnel(&tunnels, LONG);
        tunnels.end().await;
        assert!(ended.is_finished());
        assert_eq!((rest(&mut client).await.as_str(), ended.await.unwrap()), ("", End::Stopped));
        let (_client, _upstream, ended) = tunnel(&tunnels, LONG);
        assert_eq!(ended.await.unwrap(), End::Stopped, "one that is opened late");
        let gone = Tunnels::default();
        let (_client, _upstream, ended) = tunnel(&gone, LONG);
        drop(gone);
        assert_eq!(ended.await.unwrap(), End::Stopped, "a gateway that is gone");
    }
}
