use coach_http::{Answered, Asked, Observer, Surrounding};
use coach_opentelemetry::{RequestStart, Traces};

use crate::{logging::ACCESS, metrics::RequestMetrics, traces::InTrace};

/// Logs each request in a line of its own, counts it if somebody reads the metrics, and traces it if there is a collector.
pub(crate) struct RequestObserver {
    pub(crate) metrics: Option<RequestMetrics>,
    pub(crate) traces: Option<Traces>,
    /// The scheme that browsers see.
    pub(crate) scheme: &'static str,
}

impl Observer for RequestObserver {
    fn asked(&self, asked: &Asked<'_>) -> Option<Box<dyn Surrounding>> {
        let traces = self.traces.as_ref()?;
        let Asked { method, route, path, headers, context } = *asked;
        let (client, request_id, scheme) = (context.client(), context.id(), self.scheme);
        let request = RequestStart { method, route, path, scheme, client, request_id, headers };
        Some(Box::new(InTrace(traces.begin(&request)?)))
    }

    fn answered(&self, answered: &Answered) {
        let Answered { method, route, status, duration } = *answered;
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(target: ACCESS, method, route, status, duration_us, "answered");
        if let Some(metrics) = &self.metrics {
            metrics.count(answered);
        }
        if self.traces.is_some() {
            coach_opentelemetry::answered(status);
        }
    }
}
