//! Threads that work on the database.

use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::{
    ConnectionResult, QueryResult, SqliteConnection,
    connection::{AnsiTransactionManager, TransactionManager},
    result::Error as DieselError,
};
use tokio::sync::oneshot;

use super::connection::establish;
use crate::{PoolStatus, error::unavailable};

/// Maximum number of waiting calls. A read takes about 10 µs, so the last one waits about 10 ms.
const MAX_WAITING: usize = 1024;

type Job<C> = Box<dyn FnOnce(ConnectionResult<&mut C>) + Send>;

/// A connection that a thread keeps.
pub(super) trait ThreadConnection: Sized + 'static {
    fn open(path: &str) -> ConnectionResult<Self>;

    /// Returns whether a transaction was left open.
    fn is_broken(&mut self) -> bool;
}

impl ThreadConnection for SqliteConnection {
    fn open(path: &str) -> ConnectionResult<Self> {
        establish(path)
    }

    fn is_broken(&mut self) -> bool {
        AnsiTransactionManager::is_broken_transaction_manager(self)
    }
}

/// Threads that work on the database, each with its own connection.
///
/// A statement takes microseconds, less than waking a thread. With one queue for all threads, a thread under load finds
/// the next work already waiting and does not sleep. Work runs to completion even if its caller is cancelled.
pub(super) struct Threads<C> {
    queue: Sender<Job<C>>,
    usage: Arc<Usage>,
}

/// How many threads have a connection, and how many of them work.
#[derive(Default)]
struct Usage {
    open: AtomicUsize,
    busy: AtomicUsize,
}

impl<C: ThreadConnection> Threads<C> {
    /// Starts the threads, which end when this is dropped.
    pub(super) fn start(name: &str, path: &str, threads: NonZeroUsize) -> std::io::Result<Self> {
        let (queue, jobs) = bounded::<Job<C>>(MAX_WAITING);
        let usage = Arc::new(Usage::default());
        for number in 0..threads.get() {
            let (path, jobs, usage) = (path.to_owned(), jobs.clone(), usage.clone());
            let name = format!("{name}-{number}");
            thread::Builder::new().name(name).spawn(move || serve(&path, &jobs, &usage))?;
        }
        Ok(Self { queue, usage })
    }

    /// Runs `work` on one of the threads. Skips it if the caller was cancelled before.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut C) -> QueryResult<T> + Send + 'static,
    ) -> QueryResult<T> {
        let (reply, answer) = oneshot::channel();
        let job = move |connection: ConnectionResult<&mut C>| {
            if reply.is_closed() {
                return;
            }
            let result = match connection {
                Ok(connection) => work(connection),
                Err(error) => Err(unavailable(error)),
            };
            let _ = reply.send(result);
        };
        self.queue
            .try_send(Box::new(job))
            .map_err(|_| unavailable("too many calls wait for the database"))?;
        // Work that panics drops its sender.
        answer.await.unwrap_or_else(|error| Err(DieselError::QueryBuilderError(error.into())))
    }

    pub(super) fn status(&self) -> PoolStatus {
        let (open, busy) = (self.usage.open.load(Relaxed), self.usage.busy.load(Relaxed));
        PoolStatus { open, idle: open.saturating_sub(busy), waiting: self.queue.len() }
    }
}

/// Runs work until the queue is closed. Replaces the connection after work that panicked or left a transaction open.
fn serve<C: ThreadConnection>(path: &str, jobs: &Receiver<Job<C>>, usage: &Usage) {
    let mut open = None;
    for job in jobs {
        usage.busy.fetch_add(1, Relaxed);
        match open.take().map_or_else(|| opened(path, usage), Ok) {
            Ok(mut connection) => {
                let work = AssertUnwindSafe(|| job(Ok(&mut connection)));
                if catch_unwind(work).is_ok() && !connection.is_broken() {
                    open = Some(connection);
                } else {
                    usage.open.fetch_sub(1, Relaxed);
                }
            }
            Err(error) => job(Err(error)),
        }
        usage.busy.fetch_sub(1, Relaxed);
    }
}

fn opened<C: ThreadConnection>(path: &str, usage: &Usage) -> ConnectionResult<C> {
    let connection = C::open(path)?;
    usage.open.fetch_add(1, Relaxed);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use diesel::result::DatabaseErrorKind;

    use super::*;

    fn one_thread() -> (tempfile::TempDir, Threads<SqliteConnection>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let threads = Threads::start("test", path.to_str().unwrap(), NonZeroUsize::MIN).unwrap();
        (directory, threads)
    }

    #[tokio::test]
    async fn read_that_panics_costs_neither_the_thread_nor_later_reads() {
        let (_directory, threads) = one_thread();
        for _ in 0..3 {
            let panicked = threads.run::<()>(|_| panic!("a bug")).await;
            assert!(matches!(panicked, Err(DieselError::QueryBuilderError(_))), "{panicked:?}");
            assert_eq!(threads.run(|_| Ok(7)).await.unwrap(), 7);
        }
    }

    #[tokio::test]
    async fn reads_beyond_the_limit_are_refused_and_cancelled_reads_are_skipped() {
        let (_directory, threads) = one_thread();
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let (started, running) = oneshot::channel();
        let blocking = threads.run(move |_| {
            let _ = started.send(());
            let _ = blocked.recv();
            Ok(())
        });
        let mut blocking = Box::pin(blocking);
        tokio::select! {
            _ = &mut blocking => panic!("it blocks"),
            running = running => running.unwrap(),
        }
        let (ran, count) = std::sync::mpsc::channel::<()>();
        let mut waiting = Vec::new();
        for _ in 0..MAX_WAITING {
            let ran = ran.clone();
            let mut read = Box::pin(threads.run(move |_| {
                let _ = ran.send(());
                Ok(())
            }));
            assert!(read.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            waiting.push(read);
        }
        let refused = threads.run(|_| Ok(())).await;
        assert!(
            matches!(
                refused,
                Err(DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _))
            ),
            "{refused:?}"
        );
        let kept = waiting.pop().unwrap();
        drop(waiting);
        release.send(()).unwrap();
        blocking.await.unwrap();
        kept.await.unwrap();
        drop(ran);
        assert_eq!(count.iter().count(), 1);
    }
}
