//! Accepts connections and serves HTTP/1 on them.
//!
//! Poem's own server also speaks HTTP/2 and has no deadline for headers, no limit for connections and no way to set
//! either (decision 7).

mod connection;
mod deadline;
mod file_limit;
mod stream;
mod workers;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::FutureExt;
use poem::Endpoint;
use rustix::net::sockopt;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

use self::connection::ConnectionError;
pub(crate) use self::{
    file_limit::{allowed_connections, max_connections},
    workers::Workers,
};

/// The time for running requests to finish at a shutdown.
const GRACE: Duration = Duration::from_secs(10);
/// How long idle connections stay open at a shutdown. A proxy may send a request on one at any time, and if the connection
/// was closed meanwhile, it cannot know whether the request was served.
const LINGER: Duration = Duration::from_secs(1);
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
pub(crate) struct Counts {
    pub(crate) accepted: AtomicU64,
    /// Accepted connections that have ended.
    pub(crate) ended: AtomicU64,
    /// Closed at once, because there were too many.
    pub(crate) excess: AtomicU64,
    /// Requests that hyper refused, which the application never saw.
    pub(crate) refused: AtomicU64,
    pub(crate) timed_out: AtomicU64,
}

/// Serves `app` until `stop` completes. Then accepts no more connections, ends each connection with its next response, and
/// gives running requests ten seconds.
///
/// A connection beyond `max_connections` is closed at once.
pub(crate) async fn serve<E: Endpoint + 'static>(
    listener: TcpListener,
    workers: &Workers,
    app: E,
    max_connections: usize,
    counts: Arc<Counts>,
    stop: impl Future<Output = ()>,
) {
    let app = Arc::new(app);
    let permits = Arc::new(Semaphore::new(max_connections));
    let protocol = Arc::new(connection::protocol());
    let begin = |(tcp, client): (TcpStream, SocketAddr)| {
        let Ok(permit) = permits.clone().try_acquire_owned() else {
            counts.excess.fetch_add(1, Relaxed);
            tracing::debug!(%client, "connection closed: too many connections");
            return;
        };
        counts.accepted.fetch_add(1, Relaxed);
        let (app, counts) = (app.clone(), counts.clone());
        let protocol = protocol.clone();
        let tcp = tcp.into_std();
        workers.spawn(|shutdown| async move {
            let _permit = permit;
            let served = async {
                // Registers the socket with the runtime of the worker.
                let tcp = TcpStream::from_std(tcp?)?;
                connection::serve(&protocol, tcp, client, &*app, &shutdown).await
            };
            let served = served.await;
            counts.ended.fetch_add(1, Relaxed);
            if let Err(error) = served {
                counts.note(client, &error);
            }
        });
    };
    let accept_all = async {
        loop {
            if let Some(connection) = accept(&listener).await {
                begin(connection);
            }
        }
    };
    tokio::select! {
        () = accept_all => {}
        () = stop => {}
    }
    workers.begin_shutdown();
    // The kernel has accepted these connections already, and would reset them.
    while let Some(Some(waiting)) = accept(&listener).now_or_never() {
        begin(waiting);
    }
    drop(listener);
    let _ = timeout(LINGER, workers.finished()).await;
    workers.close_idle();
    if timeout(GRACE - LINGER, workers.finished()).await.is_err() {
        tracing::warn!(connections = workers.connections(), "requests aborted at the shutdown");
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
