use std::{
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use hyper::body::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

const IDLE: u8 = 0;
const HEAD: u8 = 1;
const SERVING: u8 = 2;

/// What a connection waits for, with a number that grows with every request or, while a response is sent, with every
/// part of it. A deadline begins when the value changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// The client has not begun its next request.
    Idle(u32),
    /// The client has begun a request and not finished its headers.
    Head(u32),
    /// The application has not answered. It has deadlines of its own.
    Serving,
    /// The client does not read the response.
    Stalled(u32),
}

impl fmt::Display for Waiting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Idle(_) => "the connection was idle",
            Self::Head(_) => "the headers did not arrive in time",
            Self::Serving => "the application did not answer in time",
            Self::Stalled(_) => "the response was not read in time",
        })
    }
}

/// The state of a connection. Only the task of the connection uses it, so no ordering is needed.
#[derive(Debug, Default)]
pub(super) struct Progress {
    phase: AtomicU8,
    requests: AtomicU32,
    writes: AtomicU32,
    is_stalled: AtomicBool,
}

impl Progress {
    pub(super) fn waiting(&self) -> Waiting {
        let requests = self.requests.load(Relaxed);
        match self.phase.load(Relaxed) {
            _ if self.is_stalled.load(Relaxed) => Waiting::Stalled(self.writes.load(Relaxed)),
            IDLE => Waiting::Idle(requests),
            HEAD => Waiting::Head(requests),
            _ => Waiting::Serving,
        }
    }

    pub(super) fn request_began(&self) {
        self.phase.store(SERVING, Relaxed);
    }

    pub(super) fn request_ended(&self) {
        self.requests.fetch_add(1, Relaxed);
        self.phase.store(IDLE, Relaxed);
    }

    fn received(&self) {
        if self.phase.load(Relaxed) == IDLE {
            self.phase.store(HEAD, Relaxed);
        }
    }

    fn sent<T>(&self, result: Poll<T>) -> Poll<T> {
        self.is_stalled.store(result.is_pending(), Relaxed);
        if result.is_ready() {
            self.writes.fetch_add(1, Relaxed);
        }
        result
    }
}

/// A TCP connection that notes its [`Progress`].
pub(super) struct Stream {
    pub(super) tcp: TcpStream,
    pub(super) progress: Arc<Progress>,
    /// Received bytes to read again, before the others.
    pub(super) unread: Bytes,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, progress: Arc<Progress>) -> Self {
        Self { tcp, progress, unread: Bytes::new() }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let length = self.unread.len().min(buffer.remaining());
            buffer.put_slice(&self.unread.split_to(length));
            self.progress.received();
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.progress.received();
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(context, bytes);
        self.progress.sent(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(context, slices);
        self.progress.sent(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
