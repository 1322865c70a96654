use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Request, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout_at},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

use crate::{TraceSettings, TracesError};

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
/// Maximum length of a response, in bytes. It is a number and a sentence.
const MAX_RESPONSE: usize = 64 * 1024;

/// An HTTP client for one collector, with a connection for each export.
pub(crate) struct CollectorClient {
    settings: TraceSettings,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Spans did not arrive. The message has no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("it cannot be reached: {0}")]
    Connect(io::Error),
    #[error("TLS failed: {0}")]
    Tls(io::Error),
    #[error("the connection broke: {0}")]
    Http(#[from] hyper::Error),
    #[error("it answered {status}")]
    Status { status: StatusCode, retry_after: Option<Duration> },
    #[error("it did not answer in time")]
    Late,
}

impl SendError {
    /// Returns whether the same request may succeed later (OTLP specification, "Failures").
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Http(_) => true,
            Self::Status { status, .. } => matches!(status.as_u16(), 429 | 502 | 503 | 504),
            Self::Tls(_) | Self::Late => false,
        }
    }

    /// Returns how long the collector wants to be left alone.
    pub(crate) fn retry_after(&self) -> Duration {
        match self {
            Self::Status { retry_after: Some(pause), .. } => *pause,
            _ => Duration::ZERO,
        }
    }
}

impl CollectorClient {
    /// Prepares a client. For https, reads the certificates that the system trusts.
    pub(crate) fn new(settings: &TraceSettings) -> Result<Self, TracesError> {
        let url = &settings.collector;
        let tls = if url.is_https() {
            let name = ServerName::try_from(url.host());
            Some((connector()?, name.map_err(|error| TracesError(error.to_string()))?))
        } else {
            None
        };
        Ok(Self { settings: settings.clone(), tls })
    }

    /// Sends an `ExportTraceServiceRequest`. Returns how many spans the collector refused.
    pub(crate) async fn send(&self, body: Bytes, deadline: Instant) -> Result<u64, SendError> {
        let sent = timeout_at(deadline, self.connect_and_send(body)).await;
        sent.unwrap_or(Err(SendError::Late))
    }

    async fn connect_and_send(&self, body: Bytes) -> Result<u64, SendError> {
        let url = &self.settings.collector;
        let tcp = TcpStream::connect((url.host(), url.port())).await.map_err(SendError::Connect)?;
        match &self.tls {
            Some((connector, name)) => {
                let tls = connector.connect(name.clone(), tcp).await.map_err(SendError::Tls)?;
                self.exchange(tls, body).await
            }
            None => self.exchange(tcp, body).await,
        }
    }

    async fn exchange<S>(&self, stream: S, body: Bytes) -> Result<u64, SendError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Dropping the set ends the connection.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let response = sender.send_request(self.request(body)).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(refused(response.into_body()).await);
        }
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|text| text.parse().ok()).map(Duration::from_secs);
        Err(SendError::Status { status, retry_after })
    }

    fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let url = &self.settings.collector;
        let length = HeaderValue::from(body.len());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        // A URL that was parsed is valid in both forms.
        *request.uri_mut() = url.path().parse().unwrap_or_default();
        let headers = request.headers_mut();
        *headers = self.settings.headers.to_map();
        headers.insert(CONTENT_TYPE, PROTOBUF);
        // hyper would leave out a length of 0.
        headers.insert(CONTENT_LENGTH, length);
        if let Ok(host) = HeaderValue::from_str(url.authority()) {
            headers.insert(HOST, host);
        }
        request
    }
}

/// Returns how many spans the collector refused, if its response can be read.
async fn refused(body: Incoming) -> u64 {
    let Ok(body) = Limited::new(body, MAX_RESPONSE).collect().await else { return 0 };
    let response = ExportTraceServiceResponse::decode(body.to_bytes()).unwrap_or_default();
    let refused = response.partial_success.map_or(0, |partial| partial.rejected_spans);
    u64::try_from(refused).unwrap_or(0)
}

fn connector() -> Result<TlsConnector, TracesError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(TracesError("the system has no trusted certificates".to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TracesError(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
