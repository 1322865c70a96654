use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Poll, ready},
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
use tokio::{io::ReadBuf, net::TcpStream};
use tokio_util::sync::WaitForCancellationFuture;

use super::{
    deadline::Deadline,
    stream::{Progress, Stream, Waiting},
    workers::Shutdown,
};

/// Between two requests, and before the first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Until an idle connection rests. Long enough to cost a busy connection nothing, and short enough that only a few idle
/// ones still have buffers.
const REST_AFTER: Duration = Duration::from_millis(200);

/// The request line and the headers of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// What a connection buffers of a request, in bytes.
const MAX_BUFFER: usize = 64 * 1024;

/// Why a connection ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionError {
    /// The client did not send or receive anything in time.
    #[error("{0}")]
    TimedOut(Waiting),
    /// The request could not be parsed, or the connection broke.
    #[error(transparent)]
    Http(#[from] hyper::Error),
    /// The socket could not be moved to the runtime of its worker.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl ConnectionError {
    /// Returns whether hyper refused the request, with status 400, 414 or 431.
    ///
    /// Such a response has no problem body and no request id. hyper writes it by itself before there is a request, and offers
    /// no hook. When this error arrives, the response is already on the socket: another one would answer no request. To
    /// replace hyper's bytes in [`Stream`], the server would have to tell them from those of the application, which depends
    /// on the inside of hyper. The log and the metrics count these responses instead.
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
/// An idle connection rests as a socket and a timer. hyper keeps two buffers of 8 KiB, so it gets the socket only when the
/// client sends something.
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
    let service = service_fn(|request: hyper::Request<Incoming>| {
        progress.request_began();
        let request = Request::from((request, local.clone(), remote.clone(), Scheme::HTTP));
        let progress = &progress;
        // Boxed, because the connection has room for the future, which is two kilobytes.
        Box::pin(async move {
            let mut response = app.get_response(request).await;
            progress.request_ended();
            if shutdown.last_responses.load(Relaxed) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response.into())
        })
    });
    let mut stop = pin!(shutdown.close.cancelled());
    let mut deadline = Deadline::new(&progress, IDLE_TIMEOUT);
    let mut stream = Stream::new(tcp, progress.clone());
    while rest(&stream, stop.as_mut(), &mut deadline).await? {
        // Boxed, so that it takes no room while the connection rests.
        let mut connection = Box::new(protocol.serve_connection(TokioIo::new(stream), service));
        let (mut stops, mut idle) = (false, REST_AFTER);
        let rests = poll_fn(|context| {
            let mut rests = false;
            loop {
                if let Poll::Ready(ended) = connection.poll_without_shutdown(context) {
                    return Poll::Ready(ended.map(|()| rests).map_err(ConnectionError::from));
                }
                rests = false;
                if !stops && stop.as_mut().poll(context).is_ready() {
                    stops = true;
                } else {
                    match ready!(deadline.poll(&progress, idle, context)) {
                        Waiting::Idle(_) if idle == REST_AFTER => rests = true,
                        late => return Poll::Ready(Err(ConnectionError::TimedOut(late))),
                    }
                    // If hyper does not end now, a part of the response is still to come. The connection ends after it.
                    idle = IDLE_TIMEOUT;
                }
                Pin::new(&mut *connection).graceful_shutdown();
            }
        });
        if !rests.await? {
            break;
        }
        let parts = connection.into_parts();
        stream = parts.io.into_inner();
        stream.unread = parts.read_buf;
    }
    Ok(())
}

/// Waits until the client sends something. Returns `false` if the client closes the connection or the server stops first.
async fn rest(
    stream: &Stream,
    mut stop: Pin<&mut WaitForCancellationFuture<'_>>,
    deadline: &mut Deadline,
) -> Result<bool, ConnectionError> {
    if !stream.unread.is_empty() {
        return Ok(true);
    }
    poll_fn(|context| {
        // Tokio takes a new connection for readable, so only a read tells.
        if let Poll::Ready(received) = stream.tcp.poll_peek(context, &mut ReadBuf::new(&mut [0])) {
            return Poll::Ready(Ok(received.map_or(true, |length| length > 0)));
        }
        if stop.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(false));
        }
        let late = ready!(deadline.poll(&stream.progress, IDLE_TIMEOUT, context));
        Poll::Ready(Err(ConnectionError::TimedOut(late)))
    })
    .await
}

#[cfg(test)]
mod tests;
