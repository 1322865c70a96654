use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::Ordering::{Relaxed, SeqCst},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{
        common::tonic::ResourceAttributesWithSchema,
        trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use prost::Message;
use tokio::{
    runtime::Handle,
    time::{self, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    TraceCounts,
    client::{CollectorClient, SendError},
};

/// The pause before the first retry. Each later pause is twice as long, until the time for the export is over.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The pause between two lines about lost spans.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Sends batches to the collector. The thread of the SDK's processor encodes them and waits. The runtime of the server sends
/// them.
pub(crate) struct Exporter {
    client: Arc<CollectorClient>,
    timeout: Duration,
    runtime: Handle,
    resource: ResourceAttributesWithSchema,
    counts: Arc<TraceCounts>,
    stop: CancellationToken,
    reported: Mutex<Reported>,
}

#[derive(Default)]
struct Reported {
    at: Option<Instant>,
    lost: u64,
}

impl Exporter {
    /// Sends on the current runtime. After `stop`, a failed export is not retried.
    pub(crate) fn new(
        client: CollectorClient,
        timeout: Duration,
        counts: Arc<TraceCounts>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            client: Arc::new(client),
            timeout,
            runtime: Handle::current(),
            resource: ResourceAttributesWithSchema::default(),
            counts,
            stop,
            reported: Mutex::default(),
        }
    }

    /// Logs how many spans were lost, if there are more, at most once a minute.
    fn report(&self, error: Option<&SendError>) {
        let failed = self.counts.failed.load(Relaxed);
        let dropped = self.counts.dropped.load(Relaxed);
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = reported.at.is_some_and(|at| at.elapsed() < REPORT_INTERVAL);
        if is_recent || failed + dropped <= reported.lost {
            return;
        }
        *reported = Reported { at: Some(Instant::now()), lost: failed + dropped };
        let error = error.map(tracing::field::display);
        tracing::warn!(
            failed,
            dropped,
            error,
            "spans lost since the start: the collector did not take them"
        );
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        self.counts.waiting.fetch_sub(batch.len(), SeqCst);
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let body = Bytes::from(ExportTraceServiceRequest { resource_spans }.encode_to_vec());
        let (client, stop, late) = (self.client.clone(), self.stop.clone(), self.timeout);
        let sent = self.runtime.spawn(async move { send(&client, body, late, &stop).await }).await;
        // An error of the task means that the runtime has ended, and with it the process.
        let Ok(sent) = sent else { return Ok(()) };
        let refused = sent.as_ref().map_or(spans, |refused| spans.min(*refused));
        self.counts.exported.fetch_add(spans - refused, Relaxed);
        self.counts.failed.fetch_add(refused, Relaxed);
        self.report(sent.as_ref().err());
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("counts", &self.counts).finish_non_exhaustive()
    }
}

/// Sends a batch, and retries until the time is over. Returns how many spans the collector refused.
async fn send(
    client: &CollectorClient,
    body: Bytes,
    time: Duration,
    stop: &CancellationToken,
) -> Result<u64, SendError> {
    let deadline = time::Instant::now() + time;
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match client.send(body.clone(), deadline).await {
            Ok(refused) => return Ok(refused),
            Err(error) => error,
        };
        let wait = pause.max(error.retry_after());
        // The collector chooses the pause, so a sum of it and a time could overflow.
        let left = deadline.saturating_duration_since(time::Instant::now());
        if !error.is_transient() || wait >= left {
            return Err(error);
        }
        if timeout(wait, stop.cancelled()).await.is_ok() {
            return Err(error);
        }
        pause *= 2;
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::{CollectorHeaders, CollectorUrl, Sampling, TraceSettings};

    fn client_of(endpoint: &str) -> CollectorClient {
        let settings = TraceSettings {
            collector: CollectorUrl::below(endpoint).unwrap(),
            headers: CollectorHeaders::parse("").unwrap(),
            timeout: Duration::from_secs(10),
            sampling: Sampling::parse("always_on", None).unwrap(),
            resource: Vec::new(),
            queue: 1,
            interval: Duration::from_secs(5),
        };
        CollectorClient::new(&settings).unwrap()
    }

    #[tokio::test]
    async fn collector_that_wants_to_be_left_alone_for_ever_fails_the_export() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = client_of(&format!("http://{}", listener.local_addr().unwrap()));
        let collector = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            let answer = "HTTP/1.1 503 x\r\nContent-Length: 0\r\nRetry-After:";
            stream.write_all(format!("{answer} {}\r\n\r\n", u64::MAX).as_bytes()).await.unwrap();
        };
        let (never, time) = (CancellationToken::new(), Duration::from_secs(10));
        let (sent, ()) = tokio::join!(send(&client, Bytes::new(), time, &never), collector);
        assert!(matches!(sent, Err(SendError::Status { .. })), "{sent:?}");
    }
}
