//! Threads that hash, and the queue before them.

#[cfg(test)]
mod tests;

use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

use crate::hash::Memory;

/// How long a job may wait for a thread. With the default queue and one thread for each core, jobs that wait longer take
/// longer than bcrypt with its usual cost of 12.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(10);

/// Niceness of the threads, from 0 to 19. Linux gives a thread with niceness 3 about half of the time of a normal thread that
/// wants the same core, and all of an idle core.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 3;

/// Work for a thread.
struct Job {
    queued: Instant,
    work: Box<dyn FnOnce(&mut Memory) + Send>,
}

/// What the threads did since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HashStatistics {
    /// Passwords that wait for a thread now.
    pub waiting: usize,
    /// Passwords that a thread took.
    pub jobs: u64,
    /// Passwords that were refused because the queue was full or the wait too long.
    pub refused: u64,
    /// How long passwords waited for a thread, together.
    pub waited: Duration,
    /// How long threads worked on passwords, together.
    pub worked: Duration,
}

/// How long one password took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashTimes {
    /// The time until a thread took it, or until it was refused.
    pub waited: Duration,
    /// The time that the thread worked on it. `None` if it was refused.
    pub worked: Option<Duration>,
}

/// Learns of every password that waited, in the task that waited for it. It must not block.
pub type HashObserver = Arc<dyn Fn(HashTimes) + Send + Sync>;

/// The counts of [`HashStatistics`], with times in nanoseconds.
#[derive(Debug, Default)]
struct Counts {
    jobs: AtomicU64,
    refused: AtomicU64,
    waited: AtomicU64,
    worked: AtomicU64,
}

/// Hashing threads of low priority behind a bounded queue.
pub(crate) struct HashThreads {
    queue: Sender<Job>,
    /// Places for callers that have a job or will have one soon: one for each thread and for each place in the queue.
    places: Arc<Semaphore>,
    capacity: usize,
    threads: NonZeroUsize,
    pace: Arc<Pace>,
    counts: Arc<Counts>,
    observer: Option<HashObserver>,
}

/// The reason why a job was not done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The queue is full, or the job waited for [`MAX_WAIT`].
    Busy {
        /// An estimate of the time until the jobs of all places are done.
        retry_after: Duration,
    },
    /// The job panicked.
    Lost,
}

impl HashThreads {
    /// Starts the threads. Each calls `memory` once.
    pub(crate) fn start(
        threads: NonZeroUsize,
        queue: usize,
        memory: impl Fn() -> Memory + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        // Running jobs are not in the queue, but a job passes through it even if a thread is idle.
        let capacity = threads.get() + queue;
        let (sender, receiver) = bounded::<Job>(capacity);
        let places = Arc::new(Semaphore::new(capacity));
        let (pace, counts) = (Arc::new(Pace::default()), Arc::new(Counts::default()));
        for number in 0..threads.get() {
            let (receiver, pace, memory) = (receiver.clone(), pace.clone(), memory.clone());
            let counts = counts.clone();
            thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&receiver, &pace, &counts, memory()))?;
        }
        Ok(Self { queue: sender, places, capacity, threads, pace, counts, observer: None })
    }

    pub(crate) fn observed_by(self, observer: HashObserver) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Takes a place, or fails while all are taken.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, Rejected> {
        self.places.clone().try_acquire_owned().map_err(|_| self.busy())
    }

    /// Runs `job` on one of the threads. A job whose caller has gone before it begins is skipped.
    pub(crate) async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Memory) -> R + Send + 'static,
    ) -> Result<R, Rejected> {
        let (begin, begun) = oneshot::channel();
        let (reply, answer) = oneshot::channel();
        let work = Box::new(move |memory: &mut Memory| {
            let begun = Instant::now();
            if begin.send(()).is_ok() {
                let result = job(memory);
                let _ = reply.send((result, begun, Instant::now()));
            }
        });
        let queued = Instant::now();
        self.queue.try_send(Job { queued, work }).map_err(|_| self.busy())?;
        if timeout(MAX_WAIT, begun).await.is_err() {
            self.observe(queued.elapsed(), None);
            return Err(self.busy());
        }
        let (result, begun, ended) = answer.await.map_err(|_| Rejected::Lost)?;
        self.observe(begun - queued, Some(ended - begun));
        Ok(result)
    }

    fn observe(&self, waited: Duration, worked: Option<Duration>) {
        if let Some(observer) = &self.observer {
            observer(HashTimes { waited, worked });
        }
    }

    /// Returns what the threads did since the start.
    pub(crate) fn statistics(&self) -> HashStatistics {
        let Counts { jobs, refused, waited, worked } = &*self.counts;
        HashStatistics {
            waiting: self.queue.len(),
            jobs: jobs.load(Ordering::Relaxed),
            refused: refused.load(Ordering::Relaxed),
            waited: Duration::from_nanos(waited.load(Ordering::Relaxed)),
            worked: Duration::from_nanos(worked.load(Ordering::Relaxed)),
        }
    }

    fn busy(&self) -> Rejected {
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        let free = self.places.available_permits();
        let taken = self.capacity.saturating_sub(free).max(self.queue.len());
        Rejected::Busy { retry_after: self.pace.estimate(taken, self.threads) }
    }
}

/// The recent mean duration of a job, in nanoseconds. 0 before the first job.
#[derive(Debug, Default)]
struct Pace(AtomicU64);

impl Pace {
    /// Counts a job. The mean is exponential: a job has an eighth of the weight.
    fn count(&self, duration: Duration) {
        let duration = nanoseconds(duration);
        let mean = |mean: u64| match mean {
            0 => duration,
            mean => mean - mean / 8 + duration / 8,
        };
        self.0.update(Ordering::Relaxed, Ordering::Relaxed, mean);
    }

    /// Returns the time until the threads have done these jobs.
    fn estimate(&self, jobs: usize, threads: NonZeroUsize) -> Duration {
        let mean = Duration::from_nanos(self.0.load(Ordering::Relaxed));
        let rounds = jobs.div_ceil(threads.get());
        mean.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
    }
}

/// Runs jobs until the sender is dropped.
fn work(queue: &Receiver<Job>, pace: &Pace, counts: &Counts, mut memory: Memory) {
    lower_priority();
    for Job { queued, work } in queue {
        let started = Instant::now();
        counts.jobs.fetch_add(1, Ordering::Relaxed);
        counts.waited.fetch_add(nanoseconds(started - queued), Ordering::Relaxed);
        // The thread must survive a job that panics.
        let _ = catch_unwind(AssertUnwindSafe(|| work(&mut memory)));
        let worked = started.elapsed();
        counts.worked.fetch_add(nanoseconds(worked), Ordering::Relaxed);
        pace.count(worked);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Lowers the priority of the calling thread, so that hashing does not slow down other requests. Only Linux has a niceness
/// for each thread.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(%error, "the priority of a hashing thread could not be lowered");
    }
}
