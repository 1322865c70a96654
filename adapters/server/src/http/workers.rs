use std::{
    io,
    thread::{self, JoinHandle, available_parallelism},
};

use tokio::runtime::{Builder, Handle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Threads that serve connections, one for each core (decision 23). Each has a runtime of its own, so a connection stays on
/// its thread. Dropping this ends the threads and all that still runs on them.
pub(crate) struct Workers {
    workers: Vec<Worker>,
    stop: CancellationToken,
}

struct Worker {
    runtime: Handle,
    connections: TaskTracker,
    thread: Option<JoinHandle<()>>,
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
        let mut started = Self { workers: Vec::new(), stop: CancellationToken::new() };
        for number in 0..Self::count() {
            started.workers.push(Worker::start(number, started.stop.clone())?);
        }
        Ok(started)
    }

    /// Serves a connection on the thread that has the fewest.
    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        if let Some(worker) = self.workers.iter().min_by_key(|worker| worker.connections.len()) {
            worker.connections.spawn_on(connection, &worker.runtime);
        }
    }

    /// Returns the number of connections that are being served.
    pub(super) fn connections(&self) -> usize {
        self.workers.iter().map(|worker| worker.connections.len()).sum()
    }

    /// Waits until every connection has ended.
    pub(super) async fn finished(&self) {
        for worker in &self.workers {
            worker.connections.close();
            worker.connections.wait().await;
        }
    }
}

impl Worker {
    fn start(number: usize, stop: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let serve = move || {
            runtime.block_on(stop.cancelled());
            // Blocking work is not awaited.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name(format!("http-{number}")).spawn(serve)?;
        Ok(Self { runtime: handle, connections: TaskTracker::new(), thread: Some(thread) })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.cancel();
        for thread in self.workers.iter_mut().filter_map(|worker| worker.thread.take()) {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, future::pending};

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn every_thread_serves_as_many_connections() {
        let workers = Workers::start().unwrap();
        let (report, mut threads) = mpsc::unbounded_channel();
        for _ in 0..3 * Workers::count() {
            let report = report.clone();
            workers.spawn(async move {
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
        workers.spawn(async move {
            let _held = held;
            pending().await
        });
        assert_eq!(workers.connections(), 1);
        drop(workers);
        assert_eq!(ended.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    }
}
