use std::{convert::Infallible, io, sync::Arc, time::Duration};

use hyper::{
    Method, Request, Response, StatusCode, header, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use prometheus_client::{encoding::text::encode, registry::Registry};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

/// Maximum number of connections. Further ones wait in the kernel.
const MAX_CONNECTIONS: usize = 8;
/// The time for a connection, which has one request.
const DEADLINE: Duration = Duration::from_secs(10);
/// The pause after a failed accept.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

const PATH: &str = "/metrics";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A listener that only answers `GET /metrics`.
pub(crate) struct MetricsListener(TcpListener);

impl MetricsListener {
    /// Listens on an address.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub(crate) async fn bind(address: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        tracing::info!("metrics at http://{}{PATH}", listener.local_addr()?);
        Ok(Self(listener))
    }

    /// Serves the figures. Never completes.
    pub(crate) async fn serve(self, registry: Registry) {
        let (registry, permits) = (Arc::new(registry), Arc::new(Semaphore::new(MAX_CONNECTIONS)));
        loop {
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            let Ok((tcp, _)) = self.0.accept().await else {
                sleep(AFTER_FAILURE).await;
                continue;
            };
            let registry = registry.clone();
            tokio::spawn(async move {
                let _permit = permit;
                let _ = timeout(DEADLINE, serve_one(tcp, &registry)).await;
            });
        }
    }
}

async fn serve_one(tcp: TcpStream, registry: &Registry) {
    let service = service_fn(async |request| Ok::<_, Infallible>(respond(&request, registry)));
    let connection =
        http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(tcp), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection for metrics broken");
    }
}

fn respond<B>(request: &Request<B>, registry: &Registry) -> Response<String> {
    let mut response = Response::new(String::new());
    if request.uri().path() != PATH {
        *response.status_mut() = StatusCode::NOT_FOUND;
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
    } else if encode(response.body_mut(), registry).is_err() {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    } else {
        let content_type = header::HeaderValue::from_static(OPEN_METRICS);
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}
