use std::sync::{
    Arc, Barrier,
    atomic::{AtomicBool, Ordering},
};

use futures_util::FutureExt as _;
use tokio::task::{JoinHandle, block_in_place};

use super::*;

fn one_thread(queue: usize) -> Arc<HashThreads> {
    Arc::new(HashThreads::start(NonZeroUsize::MIN, queue, Memory::default).unwrap())
}

/// Occupies the only thread until the barrier is passed.
fn occupy(threads: &Arc<HashThreads>) -> (Arc<Barrier>, JoinHandle<Result<(), Rejected>>) {
    let (started, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let job = tokio::spawn({
        let (threads, started, release) = (threads.clone(), started.clone(), release.clone());
        async move {
            let wait = move |_: &mut Memory| {
                started.wait();
                release.wait();
            };
            threads.run(wait).await
        }
    });
    block_in_place(|| started.wait());
    (release, job)
}

/// ASVS 15.1.3, 15.2.2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_queue_refuses_immediately_and_recovers() {
    let threads = one_thread(1);
    let (release, occupying) = occupy(&threads);
    let waiting = [1, 2].map(|number| {
        let threads = threads.clone();
        tokio::spawn(async move { threads.run(move |_| number).await })
    });
    while !threads.queue.is_full() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(threads.run(|_| 3).await, Err(Rejected::Busy { .. })));
    block_in_place(|| release.wait());
    assert_eq!(occupying.await.unwrap(), Ok(()));
    for (number, waiting) in (1..).zip(waiting) {
        assert_eq!(waiting.await.unwrap(), Ok(number));
    }
    assert_eq!(threads.run(|_| 3).await, Ok(3));
    let HashStatistics { waiting, jobs, refused, .. } = threads.statistics();
    assert_eq!((waiting, jobs, refused), (0, 4, 1));
}

/// ASVS 15.1.3, 15.2.2.
#[tokio::test]
async fn place_is_taken_until_it_is_dropped() {
    let threads = one_thread(2);
    let mut places: Vec<_> = (0..3).map(|_| threads.admit().unwrap()).collect();
    assert!(matches!(threads.admit(), Err(Rejected::Busy { .. })));
    places.pop();
    let place = threads.admit();
    assert!(place.is_ok());
    assert!(matches!(threads.admit(), Err(Rejected::Busy { .. })));
    assert_eq!(threads.run(|_| 1).await, Ok(1));
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
async fn observer_learns_the_times_of_each_job() {
    let (seen, times) = std::sync::mpsc::channel();
    let threads = HashThreads::start(NonZeroUsize::MIN, 1, Memory::default).unwrap();
    let threads = threads.observed_by(Arc::new(move |times| seen.send(times).unwrap()));
    let before = Instant::now();
    let worked = threads.run(|_| Instant::now()).await.unwrap();
    let total = before.elapsed();
    let HashTimes { waited, worked: Some(work) } = times.try_recv().unwrap() else {
        panic!("the job was done")
    };
    assert!(waited <= worked - before && waited + work <= total, "{waited:?} {work:?}");
    assert_eq!(threads.run(|_| panic!("on purpose")).await, Err::<(), _>(Rejected::Lost));
    assert!(times.try_recv().is_err());
}

#[tokio::test]
async fn thread_survives_a_panic() {
    let threads = one_thread(1);
    assert_eq!(threads.run(|_| panic!("on purpose")).await, Err::<(), _>(Rejected::Lost));
    assert_eq!(threads.run(|_| 1).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn job_that_waits_too_long_is_refused_and_skipped() {
    let threads = one_thread(2);
    let (started, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (starting, releasing) = (started.clone(), release.clone());
    let occupying = threads.run(move |_| {
        starting.wait();
        releasing.wait();
    });
    let mut occupying = Box::pin(occupying);
    assert!(occupying.as_mut().now_or_never().is_none());
    started.wait();
    let ran = Arc::new(AtomicBool::new(false));
    let running = ran.clone();
    let before = tokio::time::Instant::now();
    let refused = threads.run(move |_| running.store(true, Ordering::SeqCst)).await;
    assert!(matches!(refused, Err(Rejected::Busy { .. })));
    assert_eq!(before.elapsed(), MAX_WAIT);
    release.wait();
    occupying.await.unwrap();
    tokio::time::resume();
    assert_eq!(threads.run(|_| 1).await, Ok(1));
    assert!(!ran.load(Ordering::SeqCst));
}

#[test]
fn estimate_is_the_mean_duration_times_the_rounds_of_the_threads() {
    let (pace, two) = (Pace::default(), NonZeroUsize::new(2).unwrap());
    assert_eq!(pace.estimate(64, two), Duration::ZERO);
    pace.count(Duration::from_millis(200));
    assert_eq!(pace.estimate(1, two), Duration::from_millis(200));
    assert_eq!(pace.estimate(65, two), Duration::from_millis(33 * 200));
    for _ in 0..100 {
        pace.count(Duration::from_millis(20));
    }
    let settled = pace.estimate(1, two).as_millis();
    assert!((20..=21).contains(&settled), "{settled}");
    pace.count(Duration::MAX);
    assert!(pace.estimate(usize::MAX, NonZeroUsize::MIN) > Duration::from_secs(3600));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn hashing_has_a_lower_priority_and_the_caller_keeps_its_own() {
    let niceness = || rustix::process::getpriority_process(None).unwrap();
    let before = niceness();
    let lowered = one_thread(1).run(move |_| niceness()).await.unwrap();
    assert_eq!(lowered, before.max(NICENESS));
    assert_eq!(niceness(), before);
}
