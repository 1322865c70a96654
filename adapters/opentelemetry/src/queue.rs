use std::{
    sync::{
        Arc,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor},
};

/// What happened to spans since the start.
#[derive(Debug, Default)]
pub struct TraceCounts {
    /// Spans that the collector took.
    pub exported: AtomicU64,
    /// Spans that the collector did not take in time, or refused.
    pub failed: AtomicU64,
    /// Spans that were dropped because the queue was full.
    pub dropped: AtomicU64,
    /// Spans that wait for an export now.
    pub waiting: AtomicUsize,
}

/// Bounds the queue of the SDK's processor. The SDK has the same bound, but does not say how much it dropped.
#[derive(Debug)]
pub(crate) struct BoundedQueue {
    inner: BatchSpanProcessor,
    room: usize,
    counts: Arc<TraceCounts>,
}

impl BoundedQueue {
    /// Wraps a processor with room for at least as many spans. Its exporter takes them off `counts.waiting`.
    pub(crate) fn new(inner: BatchSpanProcessor, room: usize, counts: Arc<TraceCounts>) -> Self {
        Self { inner, room, counts }
    }
}

impl SpanProcessor for BoundedQueue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.counts.waiting.fetch_add(1, SeqCst) < self.room {
            self.inner.on_end(span);
        } else {
            self.counts.waiting.fetch_sub(1, SeqCst);
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
