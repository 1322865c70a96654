use std::{
    fmt,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use chrono::{DateTime, Utc};
use coach_argon2::Argon2PasswordHasher;
use coach_diesel::PoolWatch;
use coach_opentelemetry::TraceCounts;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge, info::Info},
};

use super::process::Process;
use crate::{audit::AuditCounts, http::Counts, logging::DroppedLines};

/// What is counted elsewhere and read when somebody asks.
pub(crate) struct Sources {
    pub(crate) connections: Arc<Counts>,
    pub(crate) hasher: Arc<Argon2PasswordHasher>,
    pub(crate) pool: PoolWatch,
    pub(crate) audit: Arc<AuditCounts>,
    pub(crate) dropped_log_lines: DroppedLines,
    pub(crate) traces: Option<Arc<TraceCounts>>,
    pub(crate) started: DateTime<Utc>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

impl Collector for Sources {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut figures = Figures(encoder);
        self.encode_connections(&mut figures)?;
        self.encode_hashing(&mut figures)?;
        self.encode_database(&mut figures)?;
        self.encode_records(&mut figures)?;
        if let Some(traces) = &self.traces {
            encode_spans(traces, &mut figures)?;
        }
        self.encode_process(&mut figures)
    }
}

impl Sources {
    fn encode_connections(&self, figures: &mut Figures<'_>) -> fmt::Result {
        let Counts { accepted, ended, excess, refused, timed_out } = &*self.connections;
        let (accepted, ended) = (accepted.load(Relaxed), ended.load(Relaxed));
        figures.gauge(
            "connections_open",
            "Open connections",
            accepted.saturating_sub(ended) as f64,
        )?;
        figures.counter("connections_accepted", "Accepted connections", accepted as f64)?;
        let excess = excess.load(Relaxed) as f64;
        figures.counter("connections_excess", "Connections closed at once: too many", excess)?;
        let refused = refused.load(Relaxed) as f64;
        figures.counter("connections_refused", "Requests that are not valid HTTP", refused)?;
        let timed_out = timed_out.load(Relaxed) as f64;
        figures.counter("connections_timed_out", "Connections closed at a deadline", timed_out)
    }

    fn encode_hashing(&self, figures: &mut Figures<'_>) -> fmt::Result {
        let hashing = self.hasher.statistics();
        figures.gauge(
            "hash_queue_length",
            "Passwords that wait for a thread",
            hashing.waiting as f64,
        )?;
        figures.counter("hashes", "Hashed or verified passwords", hashing.jobs as f64)?;
        let refused = hashing.refused as f64;
        figures.counter(
            "hashes_refused",
            "Passwords refused because the queue was full",
            refused,
        )?;
        let waited = hashing.waited.as_secs_f64();
        figures.counter("hash_wait_seconds", "Time that passwords waited for a thread", waited)?;
        let worked = hashing.worked.as_secs_f64();
        figures.counter("hash_seconds", "Time that threads worked on passwords", worked)
    }

    fn encode_database(&self, figures: &mut Figures<'_>) -> fmt::Result {
        let pool = self.pool.status();
        figures.gauge(
            "database_connections_open",
            "Open connections of the pool",
            pool.open as f64,
        )?;
        figures.gauge(
            "database_connections_idle",
            "Unused connections of the pool",
            pool.idle as f64,
        )?;
        figures.gauge(
            "database_pool_waiting",
            "Calls that wait for a connection",
            pool.waiting as f64,
        )
    }

    fn encode_records(&self, figures: &mut Figures<'_>) -> fmt::Result {
        let stored = self.audit.stored.load(Relaxed) as f64;
        figures.counter("audit_events_stored", "Events stored in the audit trail", stored)?;
        let dropped = self.audit.dropped.load(Relaxed) as f64;
        figures.counter("audit_events_dropped", "Events missing in the audit trail", dropped)?;
        let waiting = self.audit.waiting() as f64;
        figures.gauge("audit_events_waiting", "Events not yet in the audit trail", waiting)?;
        let dropped = self.dropped_log_lines.count() as f64;
        figures.counter("log_lines_dropped", "Log lines dropped because nobody read them", dropped)
    }

    fn encode_process(&self, figures: &mut Figures<'_>) -> fmt::Result {
        let Process { memory, open_files, max_files } = Process::read();
        let started = Some(self.started.timestamp_micros() as f64 / 1e6);
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Resident memory", memory),
            ("process_open_fds", "Open file descriptors", open_files),
            ("process_max_fds", "Limit of open file descriptors", max_files),
            ("process_start_time_seconds", "Start of the process, in seconds since 1970", started),
        ] {
            if let Some(value) = value {
                figures.gauge(name, help, value)?;
            }
        }
        figures.info("build", "The version of the program", ("version", env!("CARGO_PKG_VERSION")))
    }
}

fn encode_spans(counts: &TraceCounts, figures: &mut Figures<'_>) -> fmt::Result {
    let TraceCounts { exported, failed, dropped, waiting } = counts;
    let exported = exported.load(Relaxed) as f64;
    figures.counter("trace_spans_exported", "Spans that the collector took", exported)?;
    let failed = failed.load(Relaxed) as f64;
    figures.counter("trace_spans_failed", "Spans that the collector did not take", failed)?;
    let dropped = dropped.load(Relaxed) as f64;
    figures.counter("trace_spans_dropped", "Spans dropped because the queue was full", dropped)?;
    let waiting = waiting.load(Relaxed) as f64;
    figures.gauge("trace_spans_waiting", "Spans that wait for an export", waiting)
}

struct Figures<'a>(DescriptorEncoder<'a>);

impl Figures<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.encode(name, help, &ConstGauge::new(value))
    }

    /// Writes a counter. Its name gets the suffix `_total`.
    fn counter(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.encode(name, help, &ConstCounter::new(value))
    }

    fn info(&mut self, name: &str, help: &str, label: (&str, &str)) -> fmt::Result {
        self.encode(name, help, &Info::new([(label.0.to_owned(), label.1.to_owned())]))
    }

    fn encode(&mut self, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
        let encoder = self.0.encode_descriptor(name, help, None, metric.metric_type())?;
        metric.encode(encoder)
    }
}
