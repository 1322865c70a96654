use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use coach_core::ports::RepositoryError;
use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::{ConnectionResult, QueryResult, SqliteConnection};
use tokio::sync::oneshot;

use super::connection::establish_blocking;
use crate::error::FromDiesel;

/// Maximum number of waiting reads. A read takes about 10 µs, so the last one waits about 10 ms.
const MAX_WAITING: usize = 1024;

type Job = Box<dyn FnOnce(ConnectionResult<&mut SqliteConnection>) + Send>;

/// Threads that read, each with its own connection.
///
/// A read takes microseconds, less than waking a thread. With one queue for all threads, a thread under load finds the
/// next read already waiting and does not sleep. A read runs to completion even if its caller is cancelled.
pub(super) struct Readers {
    queue: Sender<Job>,
}

impl Readers {
    /// Starts the threads, which end when this is dropped.
    pub(super) fn start(path: &str, threads: NonZeroUsize) -> std::io::Result<Self> {
        let (queue, jobs) = bounded::<Job>(MAX_WAITING);
        for number in 0..threads.get() {
            let (path, jobs) = (path.to_owned(), jobs.clone());
            let name = format!("sqlite-{number}");
            thread::Builder::new().name(name).spawn(move || serve(&path, &jobs))?;
        }
        Ok(Self { queue })
    }

    /// Runs `read` on one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        let (reply, answer) = oneshot::channel();
        let job = move |connection: ConnectionResult<&mut SqliteConnection>| {
            // The caller may have been cancelled while the read waited.
            if reply.is_closed() {
                return;
            }
            let result = match connection {
                Ok(connection) => read(connection).map_err(FromDiesel::from_diesel),
                Err(error) => Err(RepositoryError::Unavailable(error.into())),
            };
            let _ = reply.send(result);
        };
        self.queue
            .try_send(Box::new(job))
            .map_err(|_| RepositoryError::Unavailable("too many reads are waiting".into()))?;
        // A read that panics drops its sender.
        answer.await.unwrap_or_else(|error| Err(RepositoryError::Failed(error.into())))
    }
}

/// Runs reads until the queue is closed. Replaces the connection after a read that panicked.
fn serve(path: &str, jobs: &Receiver<Job>) {
    let mut open = None;
    for job in jobs {
        let connection = match open.take() {
            Some(connection) => Ok(connection),
            None => establish_blocking(path),
        };
        match connection {
            Ok(mut connection) => {
                let read = AssertUnwindSafe(|| job(Ok(&mut connection)));
                if catch_unwind(read).is_ok() {
                    open = Some(connection);
                }
            }
            Err(error) => job(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn read_that_panics_costs_neither_the_thread_nor_later_reads() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let readers = Readers::start(path.to_str().unwrap(), NonZeroUsize::MIN).unwrap();
        for _ in 0..3 {
            let panicked = readers.run::<()>(|_| panic!("a bug")).await;
            assert!(matches!(panicked, Err(RepositoryError::Failed(_))), "{panicked:?}");
            assert_eq!(readers.run(|_| Ok(7)).await.unwrap(), 7);
        }
    }

    #[tokio::test]
    async fn reads_beyond_the_limit_are_refused_and_cancelled_reads_are_skipped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let readers = Readers::start(path.to_str().unwrap(), NonZeroUsize::MIN).unwrap();
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let (started, running) = oneshot::channel();
        let blocking = readers.run(move |_| {
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
            let mut read = Box::pin(readers.run(move |_| {
                let _ = ran.send(());
                Ok(())
            }));
            assert!(read.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            waiting.push(read);
        }
        let refused = readers.run(|_| Ok(())).await;
        assert!(matches!(refused, Err(RepositoryError::Unavailable(_))), "{refused:?}");
        let kept = waiting.pop().unwrap();
        drop(waiting);
        release.send(()).unwrap();
        blocking.await.unwrap();
        kept.await.unwrap();
        drop(ran);
        assert_eq!(count.iter().count(), 1);
    }
}
