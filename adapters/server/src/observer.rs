use coach_http::{Answered, Observer};

use crate::{logging::ACCESS, metrics::RequestMetrics};

/// Logs each request in a line of its own, and counts it if somebody reads the metrics.
pub(crate) struct RequestObserver {
    pub(crate) metrics: Option<RequestMetrics>,
}

impl Observer for RequestObserver {
    fn answered(&self, answered: &Answered) {
        let Answered { method, route, status, duration } = *answered;
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(target: ACCESS, method, route, status, duration_us, "answered");
        if let Some(metrics) = &self.metrics {
            metrics.count(answered);
        }
    }
}
