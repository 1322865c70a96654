#![doc = include_str!("../README.md")]

mod client;
mod exporter;
mod parent;
mod password;
mod ports;
mod queue;
mod request;
mod settings;
#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_sdk::{
    Resource,
    resource::TelemetryResourceDetector,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider},
};
use tokio::{task::spawn_blocking, time::Instant};
use tokio_util::sync::CancellationToken;

use self::{client::CollectorClient, exporter::Exporter, queue::BoundedQueue};
pub use self::{
    ports::Traced,
    queue::TraceCounts,
    request::{RequestStart, RequestTrace, answered, trace_id},
    settings::{CollectorHeaders, CollectorUrl, Sampling, TraceSettings, pairs},
};

/// Maximum number of spans in one export, the default of the OpenTelemetry specification.
const BATCH: usize = 512;
/// How long the last spans may take at the end of the process.
const GRACE: Duration = Duration::from_secs(3);

/// Makes spans and exports them. Copies share the queue.
#[derive(Debug, Clone)]
pub struct Traces {
    tracer: SdkTracer,
    provider: SdkTracerProvider,
    counts: Arc<TraceCounts>,
    stop: CancellationToken,
}

/// Traces cannot be exported. The message is a part of a sentence, without secrets.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TracesError(String);

impl Traces {
    /// Starts the thread that encodes spans. The current Tokio runtime sends them.
    ///
    /// # Errors
    ///
    /// Fails if the collector has an https URL and the system trusts no certificate.
    ///
    /// # Panics
    ///
    /// Panics outside of a Tokio runtime.
    pub fn start(settings: &TraceSettings) -> Result<Self, TracesError> {
        let client = CollectorClient::new(settings)?;
        let (counts, stop) = (Arc::<TraceCounts>::default(), CancellationToken::new());
        let exporter = Exporter::new(client, settings.timeout, counts.clone(), stop.clone());
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(settings.queue)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(settings.interval)
            .build();
        let batches = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let attributes = settings.resource.iter().cloned();
        let attributes = attributes.map(|(key, value)| KeyValue::new(key, value));
        let resource = Resource::builder_empty()
            .with_detector(Box::new(TelemetryResourceDetector))
            .with_attributes(attributes)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BoundedQueue::new(batches, settings.queue, counts.clone()))
            .with_sampler(settings.sampling.sampler())
            .with_resource(resource)
            .build();
        let tracer = provider.tracer(env!("CARGO_PKG_NAME"));
        Ok(Self { tracer, provider, counts, stop })
    }

    /// Returns what happened to spans, which stays current.
    #[must_use]
    pub fn counts(&self) -> Arc<TraceCounts> {
        self.counts.clone()
    }

    /// Exports the spans that wait, for at most three seconds, and stops.
    pub async fn finish(self) {
        self.stop.cancel();
        let shutdown = spawn_blocking(move || self.provider.shutdown_with_timeout(GRACE));
        if !matches!(shutdown.await, Ok(Ok(()))) {
            let waiting = self.counts.waiting.load(Relaxed);
            tracing::warn!(waiting, "the collector did not take the last spans in time");
        }
    }
}

/// Sends an empty batch to the collector, which shows whether it would take spans.
///
/// # Errors
///
/// Says why it does not.
pub async fn probe(settings: &TraceSettings) -> Result<(), TracesError> {
    let client = CollectorClient::new(settings)?;
    let deadline = Instant::now() + settings.timeout.min(GRACE);
    let sent = client.send(Bytes::new(), deadline).await;
    sent.map(|_| ()).map_err(|error| TracesError(error.to_string()))
}
