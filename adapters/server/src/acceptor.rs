use std::{io, pin::Pin, time::Duration};

use poem::{
    http::uri::Scheme,
    listener::Acceptor,
    web::{LocalAddr, RemoteAddr},
};
use tokio_io_timeout::TimeoutStream;

/// Silent connections are closed after this time, because each one holds a file descriptor.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// The pause after a failed accept. Without free file descriptors, retries would fail at once in a busy loop.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Accepts connections and closes silent ones.
pub(crate) struct PatientAcceptor<A>(pub(crate) A);

impl<A: Acceptor> Acceptor for PatientAcceptor<A> {
    type Io = Pin<Box<TimeoutStream<A::Io>>>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.0.local_addr()
    }

    async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        match self.0.accept().await {
            Ok((io, local, remote, scheme)) => {
                let mut stream = TimeoutStream::new(io);
                stream.set_read_timeout(Some(READ_TIMEOUT));
                Ok((Box::pin(stream), local, remote, scheme))
            }
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(AFTER_FAILURE).await;
                Err(error)
            }
        }
    }
}
