//! Figures for Prometheus, in the OpenMetrics text format, on a listener of their own.

mod listener;
mod process;
mod sources;

use coach_core::domain::AuthEvent;
use coach_http::Answered;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

pub(crate) use self::{listener::MetricsListener, sources::Sources};

/// The upper bounds of the latency histogram, in seconds. Most requests take less than a millisecond, and one that hashes a
/// password about 20 ms or, while others wait, up to 10 s.
const LATENCIES: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// The label of all paths that are not in the table of routes.
const NO_ROUTE: &str = "none";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabel {
    event: &'static str,
}

/// Counts requests. Copies share their counts.
#[derive(Debug, Clone)]
pub(crate) struct RequestMetrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabel, Histogram, fn() -> Histogram>,
}

impl RequestMetrics {
    pub(crate) fn new() -> Self {
        let histogram = || Histogram::new(LATENCIES);
        Self { requests: Family::default(), durations: Family::new_with_constructor(histogram) }
    }

    pub(crate) fn count(&self, answered: &Answered) {
        let Answered { method, route, status, duration } = *answered;
        let route = route.unwrap_or(NO_ROUTE);
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
        self.durations.get_or_create(&RouteLabel { route }).observe(duration.as_secs_f64());
    }
}

/// Counts security events by name. Copies share their counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventMetrics(Family<EventLabel, Counter>);

impl EventMetrics {
    pub(crate) fn count(&self, event: &AuthEvent) {
        self.0.get_or_create(&EventLabel { event: event.name() }).inc();
    }
}

/// Returns the registry of everything that is measured.
pub(crate) fn registry(requests: RequestMetrics, sources: Sources) -> Registry {
    let mut registry = Registry::default();
    registry.register(
        "http_requests",
        "Answered requests by method, route and status",
        requests.requests,
    );
    registry.register(
        "http_request_duration_seconds",
        "Time from the headers of a request to its response",
        requests.durations,
    );
    let events = sources.audit.events.clone();
    registry.register("auth_events", "Security events by name", events.0);
    registry.register_collector(Box::new(sources));
    registry
}
