use std::{error::Error, num::NonZeroUsize, pin::Pin, task::Poll, thread};

use crossbeam_channel::{Receiver, Sender, unbounded};
use diesel_async::sync_connection_wrapper::SpawnBlocking;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot::{self, error::TryRecvError};

type Job = Box<dyn FnOnce() + Send>;

/// Threads that read for all connections. A connection with a thread of its own would wake it for every statement and
/// be woken by its answer; threads that take whatever statement is next find one waiting when there is much to do, and
/// nobody sleeps. The queue is as short as the pool: a connection has one statement under way.
#[derive(Clone)]
pub(super) struct ReaderThreads {
    queue: Sender<Job>,
}

impl ReaderThreads {
    pub(super) fn start(threads: NonZeroUsize) -> std::io::Result<Self> {
        let (queue, jobs) = unbounded::<Job>();
        for number in 0..threads.get() {
            let jobs: Receiver<Job> = jobs.clone();
            let run = move || jobs.iter().for_each(|job| job());
            thread::Builder::new().name(format!("sqlite-{number}")).spawn(run)?;
        }
        Ok(Self { queue })
    }
}

impl SpawnBlocking for ReaderThreads {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync>>> {
        let (reply, answer) = oneshot::channel();
        let job = move || {
            let _ = reply.send(task());
        };
        // Without a thread to take it, the job is dropped, and the answer is an error.
        let _ = self.queue.send(Box::new(job));
        Box::pin(Answer(answer))
    }

    /// Only for a connection that is made without naming its threads.
    fn get_runtime() -> Self {
        Self::start(NonZeroUsize::MIN).unwrap_or_else(|_| Self { queue: unbounded().0 })
    }
}

/// The answer of a job. A connection must not go back to its pool while a statement is under way on it, so whoever stops
/// waiting waits for that one statement; a read takes microseconds.
struct Answer<R>(oneshot::Receiver<R>);

impl<R> Future for Answer<R> {
    type Output = Result<R, Box<dyn Error + Send + Sync>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(Into::into)
    }
}

impl<R> Drop for Answer<R> {
    fn drop(&mut self) {
        while !self.0.is_terminated() && matches!(self.0.try_recv(), Err(TryRecvError::Empty)) {
            thread::yield_now();
        }
    }
}
