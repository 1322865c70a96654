//! Records security events in the log and in the audit trail.
//!
//! A use case hands an event over and goes on. The events wait in a bounded queue, and a task stores them in batches,
//! because each commit to SQLite waits for the disk and makes remembered sessions outdated (decision 17).

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use coach_core::{
    domain::{AuthEvent, EventOrigin, NewAuditEntry, OperatorName},
    ports::{AuditLog, AuditTrail, Clock, RepositoryError},
};
use coach_http::RequestContext;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{logging, metrics::EventMetrics, operating_system::SystemClock};

/// Maximum number of events that wait, of about 150 bytes each. Further ones are dropped and counted.
const MAX_WAITING: usize = 10_000;
const BATCH: usize = 500;
/// How long an event waits for others. A crash loses at most the events of this time from the trail.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long the last events may take at the end of the process.
const GRACE: Duration = Duration::from_secs(5);
/// The pause between two lines about the same outage.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// What happened to events since the start.
#[derive(Debug, Default)]
pub(crate) struct AuditCounts {
    pub(crate) recorded: AtomicU64,
    pub(crate) stored: AtomicU64,
    /// Not stored, because the queue was full or the database refused them.
    pub(crate) dropped: AtomicU64,
    /// Every event, also those that the trail does not keep.
    pub(crate) events: EventMetrics,
}

impl AuditCounts {
    /// Returns the number of events that are not stored yet.
    pub(crate) fn waiting(&self) -> u64 {
        let done = self.stored.load(Relaxed) + self.dropped.load(Relaxed);
        self.recorded.load(Relaxed).saturating_sub(done)
    }
}

/// Some events were not stored. They are in the log.
#[derive(Debug, thiserror::Error)]
#[error("{0} events are missing in the audit trail, but not in the log")]
pub struct EventsLost(u64);

/// Logs every event and queues those that the trail keeps.
pub(crate) struct Recorder {
    queue: Sender<NewAuditEntry>,
    operator: Option<OperatorName>,
    counts: Arc<AuditCounts>,
}

/// The task that stores the queued events.
pub(crate) struct AuditWriter {
    task: JoinHandle<()>,
    stop: CancellationToken,
    counts: Arc<AuditCounts>,
}

/// Starts the task on the current runtime. `operator` runs the command of this process, if it is one.
pub(crate) fn start(
    trail: Arc<dyn AuditTrail>,
    operator: Option<OperatorName>,
) -> (Recorder, AuditWriter) {
    let (queue, waiting) = channel(MAX_WAITING);
    let (counts, stop) = (Arc::new(AuditCounts::default()), CancellationToken::new());
    let work = Work { trail, waiting, counts: counts.clone(), reported: None };
    let task = tokio::spawn(work.run(stop.clone()));
    (Recorder { queue, operator, counts: counts.clone() }, AuditWriter { task, stop, counts })
}

impl AuditLog for Recorder {
    fn record(&self, event: AuthEvent) {
        logging::log_event(event);
        self.counts.events.count(&event);
        if !event.is_kept() {
            return;
        }
        let ip = RequestContext::with_current(RequestContext::client).flatten();
        let origin = EventOrigin { ip, operator: self.operator.clone() };
        self.counts.recorded.fetch_add(1, Relaxed);
        if self.queue.try_send(NewAuditEntry { at: SystemClock.now(), event, origin }).is_err() {
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }
}

impl AuditWriter {
    /// Returns the counts, which stay current.
    pub(crate) fn counts(&self) -> Arc<AuditCounts> {
        self.counts.clone()
    }

    /// Stores the events that wait. Later events are dropped.
    ///
    /// # Errors
    ///
    /// [`EventsLost`] if events were dropped since the start.
    pub(crate) async fn finish(mut self) -> Result<(), EventsLost> {
        self.stop.cancel();
        if timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
        match self.counts.waiting() + self.counts.dropped.load(Relaxed) {
            0 => Ok(()),
            lost => Err(EventsLost(lost)),
        }
    }
}

struct Work {
    trail: Arc<dyn AuditTrail>,
    waiting: Receiver<NewAuditEntry>,
    counts: Arc<AuditCounts>,
    /// When the outage was last reported, while there is one.
    reported: Option<Instant>,
}

impl Work {
    /// Stores events until the queue is closed and empty.
    async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                () = gather(&mut self.waiting, &mut batch) => {}
                () = stop.cancelled(), if !self.waiting.is_closed() => self.waiting.close(),
            }
            match batch.is_empty() {
                true if self.waiting.is_closed() && self.waiting.is_empty() => return,
                true => {}
                false => self.store(mem::replace(&mut batch, Vec::with_capacity(BATCH))).await,
            }
        }
    }

    /// Stores a batch, and tries again while the database is not available. Meanwhile the queue fills up.
    async fn store(&mut self, batch: Vec<NewAuditEntry>) {
        let count = batch.len() as u64;
        loop {
            match self.trail.append(&batch).await {
                Ok(()) => {
                    self.counts.stored.fetch_add(count, Relaxed);
                    if self.reported.take().is_some() {
                        let dropped = self.counts.dropped.load(Relaxed);
                        tracing::info!(dropped, "audit events are stored again");
                    }
                    return;
                }
                Err(RepositoryError::Unavailable(error)) => {
                    self.report(&error);
                    sleep(INTERVAL).await;
                }
                Err(RepositoryError::Failed(error)) => {
                    self.counts.dropped.fetch_add(count, Relaxed);
                    tracing::error!(%error, count, "audit events dropped: they cannot be stored");
                    return;
                }
            }
        }
    }

    fn report(&mut self, error: &dyn std::fmt::Display) {
        if self.reported.is_some_and(|time| time.elapsed() < REPORT_INTERVAL) {
            return;
        }
        self.reported = Some(Instant::now());
        let (waiting, dropped) = (self.counts.waiting(), self.counts.dropped.load(Relaxed));
        tracing::warn!(%error, waiting, dropped, "audit events cannot be stored yet");
    }
}

/// Waits for an event and then gathers further ones, for [`INTERVAL`] or until the batch is full or the queue is closed. Can
/// be cancelled without losing events.
async fn gather(waiting: &mut Receiver<NewAuditEntry>, batch: &mut Vec<NewAuditEntry>) {
    if batch.is_empty() && waiting.recv_many(batch, BATCH).await == 0 {
        return;
    }
    let more = async {
        while batch.len() < BATCH && waiting.recv_many(batch, BATCH - batch.len()).await > 0 {}
    };
    let _ = timeout(INTERVAL, more).await;
}

#[cfg(test)]
mod tests;
