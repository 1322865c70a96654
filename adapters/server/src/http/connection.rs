use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use poem::{
    Addr, Endpoint, Request,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

use super::{
    Shutdown,
    stream::{Progress, Stream, Waiting},
};

/// From the first byte of a request to the end of its headers.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two requests, and before the first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// While a client does not read any part of the response.
const STALLED_TIMEOUT: Duration = Duration::from_secs(30);

/// The request line and the headers of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// What a connection buffers of a request, in bytes.
const MAX_BUFFER: usize = 64 * 1024;

/// Why a connection ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionError {
    /// The client did not send or receive anything in time.
    #[error("{0}")]
    TimedOut(&'static str),
    /// The request could not be parsed, or the connection broke.
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

impl ConnectionError {
    /// Returns whether hyper refused the request, with status 400, 414 or 431.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_parse())
    }
}

/// Returns the settings of every connection: HTTP/1.1 and HTTP/1.0, without upgrades.
pub(super) fn protocol() -> http1::Builder {
    let mut protocol = http1::Builder::new();
    // `serve` has the deadlines, which needs one timer a connection and none a request.
    protocol
        .header_read_timeout(None)
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_BUFFER)
        .writev(false);
    protocol
}

/// Serves the requests of one connection until it ends. At a shutdown, finishes the current request first.
///
/// # Errors
///
/// See [`ConnectionError`].
pub(super) async fn serve<E: Endpoint>(
    protocol: &http1::Builder,
    tcp: TcpStream,
    client: SocketAddr,
    app: &E,
    shutdown: &Shutdown,
) -> Result<(), ConnectionError> {
    let local = LocalAddr(Addr::SocketAddr(tcp.local_addr().unwrap_or(client)));
    let remote = RemoteAddr(Addr::SocketAddr(client));
    let progress = Arc::new(Progress::default());
    let stream = Stream { tcp, progress: progress.clone() };
    let service = service_fn(|request: hyper::Request<Incoming>| {
        progress.request_began();
        let request = Request::from((request, local.clone(), remote.clone(), Scheme::HTTP));
        let progress = &progress;
        // Boxed, because an idle connection keeps the room for the future, which is two kilobytes.
        Box::pin(async move {
            let mut response = app.get_response(request).await;
            progress.request_ended();
            if shutdown.last_responses.is_cancelled() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response.into())
        })
    });
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), service));
    let mut stopping = pin!(shutdown.close.cancelled());
    let mut is_stopping = false;
    let mut deadline = pin!(Deadline::new(&progress));
    poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            return Poll::Ready(ended.map_err(ConnectionError::from));
        }
        if !is_stopping && stopping.as_mut().poll(context).is_ready() {
            is_stopping = true;
            connection.as_mut().graceful_shutdown();
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                return Poll::Ready(ended.map_err(ConnectionError::from));
            }
        }
        deadline.as_mut().poll(&progress, context).map(Err)
    })
    .await
}

/// The deadline of what a connection waits for now.
struct Deadline {
    waiting: Waiting,
    since: Instant,
    /// Set to the deadline or before it. The timer is not moved with every request.
    timer: Pin<Box<Sleep>>,
}

impl Deadline {
    fn new(progress: &Progress) -> Self {
        let timer = Box::pin(sleep(IDLE_TIMEOUT));
        Self { waiting: progress.waiting(), since: Instant::now(), timer }
    }

    /// Completes at the deadline. Must be called whenever the connection waits.
    fn poll(&mut self, progress: &Progress, context: &mut Context<'_>) -> Poll<ConnectionError> {
        let waiting = progress.waiting();
        if waiting != self.waiting {
            self.waiting = waiting;
            self.since = Instant::now();
        }
        let (limit, what) = match waiting {
            Waiting::Idle(_) => (IDLE_TIMEOUT, "the connection was idle"),
            Waiting::Head(_) => (HEAD_TIMEOUT, "the headers did not arrive in time"),
            Waiting::Stalled(_) => (STALLED_TIMEOUT, "the response was not read in time"),
            Waiting::Serving => return Poll::Pending,
        };
        let deadline = self.since + limit;
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(ConnectionError::TimedOut(what));
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
