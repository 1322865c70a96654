use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coach_core::domain::{AuditEntry, AuditEntryId, AuditPosition, Refusal, UserId};
use tokio::sync::Semaphore;

use super::*;

const KEPT: AuthEvent = AuthEvent::LoginFailed { user_id: None };
const FREE: AuthEvent = AuthEvent::CredentialRefused { session_id: None, reason: Refusal::Forged };

/// A trail that a test can make unavailable. It keeps the size of each batch.
#[derive(Default)]
struct TestTrail {
    batches: Mutex<Vec<usize>>,
    outage: Mutex<Option<fn() -> RepositoryError>>,
    /// A call passes with a permit.
    calls: Option<Semaphore>,
}

#[async_trait]
impl AuditTrail for TestTrail {
    async fn append(&self, entries: &[NewAuditEntry]) -> Result<(), RepositoryError> {
        if let Some(calls) = &self.calls {
            calls.acquire().await.unwrap().forget();
        }
        if let Some(error) = *self.outage.lock().unwrap() {
            return Err(error());
        }
        self.batches.lock().unwrap().push(entries.len());
        Ok(())
    }

    async fn list(
        &self,
        _: Option<UserId>,
        _: AuditPosition,
        _: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        unreachable!()
    }

    async fn list_stored_after(
        &self,
        _: Option<UserId>,
        _: AuditEntryId,
        _: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        unreachable!()
    }

    async fn newest(&self, _: UserId, _: u32) -> Result<Vec<AuditEntry>, RepositoryError> {
        unreachable!()
    }

    async fn last_id(&self) -> Result<AuditEntryId, RepositoryError> {
        unreachable!()
    }

    async fn purge(&self, _: DateTime<Utc>, _: u32) -> Result<usize, RepositoryError> {
        unreachable!()
    }
}

impl TestTrail {
    fn batches(&self) -> Vec<usize> {
        self.batches.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_a_second_are_stored_together() {
    let trail = Arc::new(TestTrail::default());
    let (recorder, writer) = start(trail.clone(), None);
    for _ in 0..3 {
        recorder.record(KEPT);
    }
    sleep(INTERVAL * 2).await;
    assert_eq!(trail.batches(), [3]);
    recorder.record(KEPT);
    sleep(INTERVAL * 2).await;
    assert_eq!(trail.batches(), [3, 1]);
    writer.finish().await.unwrap();
    assert_eq!(trail.batches(), [3, 1]);
}

#[tokio::test(start_paused = true)]
async fn full_batch_is_stored_at_once() {
    let trail = Arc::new(TestTrail::default());
    let (recorder, _writer) = start(trail.clone(), None);
    let begun = Instant::now();
    for _ in 0..BATCH {
        recorder.record(KEPT);
    }
    while trail.batches().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!((trail.batches(), begun.elapsed()), (vec![BATCH], Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn events_that_cost_a_client_nothing_are_not_stored() {
    let trail = Arc::new(TestTrail::default());
    let (recorder, writer) = start(trail.clone(), None);
    recorder.record(FREE);
    writer.finish().await.unwrap();
    assert_eq!(trail.batches(), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn end_stores_every_event_that_waits() {
    let trail = Arc::new(TestTrail::default());
    let (recorder, writer) = start(trail.clone(), None);
    for _ in 0..BATCH * 2 + 1 {
        recorder.record(KEPT);
    }
    writer.finish().await.unwrap();
    assert_eq!(trail.batches().iter().sum::<usize>(), BATCH * 2 + 1);
}

#[tokio::test(start_paused = true)]
async fn events_of_an_outage_wait_and_are_stored_after_it() {
    let trail = Arc::new(TestTrail::default());
    *trail.outage.lock().unwrap() = Some(|| RepositoryError::Unavailable("down".into()));
    let (recorder, writer) = start(trail.clone(), None);
    recorder.record(KEPT);
    sleep(Duration::from_secs(100)).await;
    recorder.record(KEPT);
    assert_eq!((trail.batches(), writer.counts().waiting()), (vec![], 2));
    *trail.outage.lock().unwrap() = None;
    sleep(INTERVAL * 4).await;
    assert_eq!(trail.batches(), [1, 1]);
    writer.finish().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn events_beyond_the_bound_are_dropped_and_counted() {
    let trail = Arc::new(TestTrail { calls: Some(Semaphore::new(0)), ..TestTrail::default() });
    let (recorder, writer) = start(trail.clone(), None);
    let all = MAX_WAITING + 2 * BATCH;
    for _ in 0..all {
        recorder.record(KEPT);
        tokio::task::yield_now().await;
    }
    let counts = writer.counts();
    let dropped = counts.dropped.load(Relaxed);
    assert!((1..=2 * BATCH as u64).contains(&dropped), "{dropped}");
    trail.calls.as_ref().unwrap().add_permits(all);
    assert!(writer.finish().await.unwrap_err().to_string().starts_with(&dropped.to_string()));
    assert_eq!(counts.stored.load(Relaxed), all as u64 - dropped);
}

#[tokio::test(start_paused = true)]
async fn batch_that_can_never_be_stored_holds_up_no_other() {
    let trail = Arc::new(TestTrail::default());
    *trail.outage.lock().unwrap() = Some(|| RepositoryError::Failed("a rule".into()));
    let (recorder, writer) = start(trail.clone(), None);
    recorder.record(KEPT);
    sleep(INTERVAL * 2).await;
    *trail.outage.lock().unwrap() = None;
    recorder.record(KEPT);
    sleep(INTERVAL * 2).await;
    assert_eq!(trail.batches(), [1]);
    assert_eq!(writer.counts().dropped.load(Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn end_gives_up_when_the_database_does_not_answer() {
    let trail = Arc::new(TestTrail { calls: Some(Semaphore::new(0)), ..TestTrail::default() });
    let (recorder, writer) = start(trail, None);
    recorder.record(KEPT);
    let begun = Instant::now();
    assert!(writer.finish().await.is_err());
    assert_eq!(begun.elapsed(), GRACE);
}
