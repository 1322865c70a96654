//! Accepts connections and serves HTTP/1 on them.
//!
//! Poem's own server also speaks HTTP/2 and has no deadline for headers, no limit for connections and no way to set
//! either (decision 7).

mod connection;
mod deadline;
mod file_limit;
mod stream;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use poem::Endpoint;
use rustix::net::sockopt;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::connection::ConnectionError;
pub(crate) use self::file_limit::max_connections;

/// The time for running requests to finish at a shutdown.
const GRACE: Duration = Duration::from_secs(10);
/// The pause after a failed accept. Without free file descriptors, retries would fail at once in a busy loop.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// What the kernel buffers of a response, in bytes. Without a limit it takes several megabytes for a client that does not
/// read.
const SEND_BUFFER: usize = 64 * 1024;

/// Listens on an address. Its connections inherit the limit.
///
/// # Errors
///
/// Returns the error of the operating system.
pub(crate) async fn listen(address: &str) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    sockopt::set_socket_send_buffer_size(&listener, SEND_BUFFER)?;
    Ok(listener)
}

/// What happened to connections since the start.
#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicU64,
    /// Closed at once, because there were too many.
    excess: AtomicU64,
    /// Requests that hyper refused, which the application never saw.
    refused: AtomicU64,
    timed_out: AtomicU64,
}

/// Serves `app` until `stop` completes. Then accepts no more connections, and gives running requests ten seconds.
///
/// A connection beyond `max_connections` is closed at once.
pub(crate) async fn serve<E: Endpoint + 'static>(
    listener: TcpListener,
    app: E,
    max_connections: usize,
    stop: impl Future<Output = ()>,
) {
    let (app, counts) = (Arc::new(app), Arc::new(Counts::default()));
    let (connections, stopping) = (TaskTracker::new(), CancellationToken::new());
    let permits = Arc::new(Semaphore::new(max_connections));
    let protocol = Arc::new(connection::protocol());
    let accept = async {
        loop {
            let Some((tcp, client)) = accept(&listener).await else { continue };
            let Ok(permit) = permits.clone().try_acquire_owned() else {
                counts.excess.fetch_add(1, Relaxed);
                tracing::debug!(%client, "connection closed: too many connections");
                continue;
            };
            counts.accepted.fetch_add(1, Relaxed);
            let (app, counts) = (app.clone(), counts.clone());
            let (protocol, stopping) = (protocol.clone(), stopping.clone());
            connections.spawn(async move {
                let _permit = permit;
                let served = connection::serve(&protocol, tcp, client, &*app, &stopping).await;
                if let Err(error) = served {
                    counts.note(client, &error);
                }
            });
        }
    };
    tokio::select! {
        () = accept => {}
        () = stop => {}
    }
    drop(listener);
    stopping.cancel();
    connections.close();
    if timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests aborted at the shutdown");
    }
    tracing::info!(?counts, "connections since the start");
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((tcp, client)) => {
            // Responses are written whole, so waiting for more bytes only delays them.
            let _ = tcp.set_nodelay(true);
            Some((tcp, client))
        }
        Err(error) if is_of_connection(&error) => None,
        Err(error) => {
            tracing::warn!(%error, "connection not accepted");
            sleep(AFTER_FAILURE).await;
            None
        }
    }
}

/// Returns whether only the new connection failed, so that the next one can be accepted at once.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

impl Counts {
    fn note(&self, client: SocketAddr, error: &ConnectionError) {
        if error.is_refusal() {
            self.refused.fetch_add(1, Relaxed);
            tracing::warn!(client = %client.ip(), %error, "request refused");
        } else if matches!(error, ConnectionError::TimedOut(_)) {
            self.timed_out.fetch_add(1, Relaxed);
            tracing::debug!(client = %client.ip(), %error, "connection closed");
        } else {
            tracing::debug!(client = %client.ip(), %error, "connection broken");
        }
    }
}
