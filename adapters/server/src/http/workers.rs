use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread::{self, JoinHandle, available_parallelism},
};

use tokio::runtime::{Builder, Handle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Threads that serve connections, one for each core (decision 23). Each has a runtime of its own, so a connection stays on
/// its thread. Dropping this aborts the remaining tasks and ends the threads.
pub(crate) struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    connections: TaskTracker,
    shutdown: Shutdown,
    /// Ends the thread.
    end: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// Tells the connections of a worker about a shutdown. Each worker has its own, because connections check it with every
/// request.
#[derive(Debug, Clone, Default)]
pub(super) struct Shutdown {
    /// Each response is now the last of its connection and says so.
    pub(super) last_responses: Arc<AtomicBool>,
    /// Idle connections close.
    pub(super) close: CancellationToken,
}

impl Workers {
    /// Returns the number of cores that the process may use.
    pub(super) fn count() -> usize {
        available_parallelism().map_or(1, usize::from)
    }

    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system.
    pub(crate) fn start() -> io::Result<Self> {
        (0..Self::count()).map(Worker::start).collect::<io::Result<_>>().map(Self)
    }

    /// Serves a connection on the thread that has the fewest.
    pub(super) fn spawn<C>(&self, connection: impl FnOnce(Shutdown) -> C)
    where
        C: Future<Output = ()> + Send + 'static,
    {
        if let Some(worker) = self.0.iter().min_by_key(|worker| worker.connections.len()) {
            let connection = connection(worker.shutdown.clone());
            worker.connections.spawn_on(connection, &worker.runtime);
        }
    }

    /// Returns the number of connections that are being served.
    pub(super) fn connections(&self) -> usize {
        self.0.iter().map(|worker| worker.connections.len()).sum()
    }

    /// Makes the next response of each connection its last.
    pub(super) fn begin_shutdown(&self) {
        for worker in &self.0 {
            worker.shutdown.last_responses.store(true, Relaxed);
        }
    }

    /// Closes idle connections.
    pub(super) fn close_idle(&self) {
        for worker in &self.0 {
            worker.shutdown.close.cancel();
        }
    }

    /// Waits until every connection has ended.
    pub(super) async fn finished(&self) {
        for worker in &self.0 {
            worker.connections.close();
            worker.connections.wait().await;
        }
    }
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let end = CancellationToken::new();
        let (report, started) = mpsc::sync_channel(1);
        let serve = {
            let end = end.clone();
            move || match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => {
                    let _ = report.send(Ok(runtime.handle().clone()));
                    runtime.block_on(end.cancelled());
                    // Blocking work is not awaited.
                    runtime.shutdown_background();
                }
                Err(error) => {
                    let _ = report.send(Err(error));
                }
            }
        };
        let thread = thread::Builder::new().name(format!("http-{number}")).spawn(serve)?;
        let runtime = started.recv().map_err(io::Error::other)??;
        let (connections, shutdown) = (TaskTracker::new(), Shutdown::default());
        Ok(Self { runtime, connections, shutdown, end, thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, future::pending, thread};

    use tokio::sync::mpsc;

    use super::Workers;

    #[tokio::test]
    async fn every_thread_serves_as_many_connections() {
        let workers = Workers::start().unwrap();
        let (report, mut threads) = mpsc::unbounded_channel();
        for _ in 0..3 * Workers::count() {
            let report = report.clone();
            workers.spawn(|_| async move {
                report.send(thread::current().id()).unwrap();
                pending().await
            });
        }
        let mut served = HashMap::new();
        for _ in 0..3 * Workers::count() {
            *served.entry(threads.recv().await.unwrap()).or_default() += 1;
        }
        assert_eq!(served.into_values().collect::<Vec<i32>>(), vec![3; Workers::count()]);
    }

    #[tokio::test]
    async fn the_end_of_the_threads_ends_what_runs_on_them() {
        let workers = Workers::start().unwrap();
        let (held, mut ended) = mpsc::channel::<()>(1);
        workers.spawn(|_| async move {
            let _held = held;
            pending().await
        });
        assert_eq!(workers.connections(), 1);
        drop(workers);
        assert_eq!(ended.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    }
}
