use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use argon2::Block;
use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// Hashing threads behind a bounded queue.
pub(crate) struct HashThreads {
    queue: Sender<Job>,
}

/// The reason why a job was not done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The queue is full.
    Full,
    /// The job panicked.
    Lost,
}

impl HashThreads {
    pub(crate) fn start(threads: NonZeroUsize, queue: usize) -> std::io::Result<Self> {
        // Running jobs are not in the queue, but a job passes through it even if a thread is idle, so it needs room for
        // one.
        let (sender, receiver) = bounded::<Job>(queue.max(1));
        for number in 0..threads.get() {
            let receiver = receiver.clone();
            thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&receiver))?;
        }
        Ok(Self { queue: sender })
    }

    /// Runs `job` on one of the threads. A job whose caller has gone before it begins is skipped.
    pub(crate) async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> R + Send + 'static,
    ) -> Result<R, Rejected> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            if !reply.is_closed() {
                let _ = reply.send(job(memory));
            }
        });
        self.queue.try_send(job).map_err(|_| Rejected::Full)?;
        answer.await.map_err(|_| Rejected::Lost)
    }
}

/// Runs jobs until the sender is dropped. The thread keeps its memory, because a new allocation for each hash would make
/// hashing a fifth slower and fragment the heap.
fn work(queue: &Receiver<Job>) {
    let mut memory = Vec::new();
    for job in queue {
        // The thread must survive a job that panics.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    };

    use tokio::task::{JoinHandle, block_in_place};

    use super::*;

    fn one_thread(queue: usize) -> Arc<HashThreads> {
        Arc::new(HashThreads::start(NonZeroUsize::MIN, queue).unwrap())
    }

    /// Occupies the only thread until the barrier is passed.
    fn occupy(threads: &Arc<HashThreads>) -> (Arc<Barrier>, JoinHandle<Result<(), Rejected>>) {
        let (started, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let job = tokio::spawn({
            let (threads, started, release) = (threads.clone(), started.clone(), release.clone());
            async move {
                let wait = move |_: &mut Vec<Block>| {
                    started.wait();
                    release.wait();
                };
                threads.run(wait).await
            }
        });
        block_in_place(|| started.wait());
        (release, job)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn full_queue_refuses_immediately_and_recovers() {
        let threads = one_thread(1);
        let (release, occupying) = occupy(&threads);
        let waiting = tokio::spawn({
            let threads = threads.clone();
            async move { threads.run(|_| 1).await }
        });
        while !threads.queue.is_full() {
            tokio::task::yield_now().await;
        }
        assert_eq!(threads.run(|_| 2).await, Err(Rejected::Full));
        block_in_place(|| release.wait());
        assert_eq!(occupying.await.unwrap(), Ok(()));
        assert_eq!(waiting.await.unwrap(), Ok(1));
        assert_eq!(threads.run(|_| 3).await, Ok(3));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn job_whose_caller_is_gone_is_skipped() {
        let threads = one_thread(2);
        let (release, occupying) = occupy(&threads);
        let ran = Arc::new(AtomicBool::new(false));
        let abandoned = tokio::spawn({
            let (threads, ran) = (threads.clone(), ran.clone());
            async move { threads.run(move |_| ran.store(true, Ordering::SeqCst)).await }
        });
        while threads.queue.is_empty() {
            tokio::task::yield_now().await;
        }
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        block_in_place(|| release.wait());
        occupying.await.unwrap().unwrap();
        assert_eq!(threads.run(|_| "next").await, Ok("next"));
        assert!(!ran.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn thread_survives_a_panic() {
        let threads = one_thread(1);
        assert_eq!(threads.run(|_| panic!("on purpose")).await, Err::<(), _>(Rejected::Lost));
        assert_eq!(threads.run(|_| 1).await, Ok(1));
    }
}
