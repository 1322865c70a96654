use std::{num::NonZeroUsize, thread};

use coach_core::ports::RepositoryError;
use crossbeam_channel::{Sender, unbounded};
use diesel::{ConnectionResult, QueryResult, SqliteConnection};
use tokio::sync::oneshot;

use super::connection::establish_blocking;
use crate::error::from_diesel;

type Job = Box<dyn FnOnce(ConnectionResult<&mut SqliteConnection>) + Send>;

/// Threads that read, each with a connection of its own.
///
/// A read takes microseconds, far less than it takes to wake a thread for it and to be woken by its answer. Threads that
/// take whatever read is next find one waiting when there is much to do, and nobody sleeps; and a read that happens in one
/// piece on its thread leaves nothing half done when its caller goes away.
pub(super) struct Readers {
    queue: Sender<Job>,
}

impl Readers {
    /// Starts the threads. They end when this is dropped.
    pub(super) fn start(path: &str, threads: NonZeroUsize) -> std::io::Result<Self> {
        let (queue, jobs) = unbounded::<Job>();
        for number in 0..threads.get() {
            let (path, jobs) = (path.to_owned(), jobs.clone());
            let work = move || {
                let mut open = None;
                for job in jobs {
                    if open.is_none() {
                        match establish_blocking(&path) {
                            Ok(connection) => open = Some(connection),
                            Err(error) => {
                                job(Err(error));
                                continue;
                            }
                        }
                    }
                    if let Some(connection) = &mut open {
                        job(Ok(connection));
                    }
                }
            };
            thread::Builder::new().name(format!("sqlite-{number}")).spawn(work)?;
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
            let result = match connection {
                Ok(connection) => read(connection).map_err(from_diesel),
                Err(error) => Err(RepositoryError::Unavailable(error.into())),
            };
            let _ = reply.send(result);
        };
        // If no thread is left to take the job, it is dropped, and the answer with it.
        let _ = self.queue.send(Box::new(job));
        answer.await.unwrap_or_else(|error| Err(RepositoryError::Failed(error.into())))
    }
}
