use chrono::TimeDelta;
use coach_core::domain::Cutoffs;

use crate::{
    Storage, at, id, minutes, on_every_storage, password_hash, race, storage::Repositories,
};

on_every_storage! {
    expired_sessions_are_purged_in_batches
    session_is_purged_at_its_cutoff_and_not_before
    racing_purges_remove_each_session_once
}

/// Begins sessions 0 to 6. Session n begins n minutes after noon.
async fn with_sessions(storage: &Storage) -> Repositories {
    let (repositories, user) = storage.with_user().await;
    for number in 1..=6 {
        let session = at(number.into(), number);
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    }
    repositories
}

fn cutoffs(begun_by: i64, used_by: i64) -> Cutoffs {
    Cutoffs { begun_by: minutes(begun_by), used_by: minutes(used_by) }
}

async fn expired_sessions_are_purged_in_batches(storage: Storage) {
    let repositories = with_sessions(&storage).await;
    // Sessions 0 to 2 have reached their maximum age, and session 3 its idle timeout. Session 4 was used later.
    repositories.sessions.touch(id(1), minutes(10)).await.unwrap();
    repositories.sessions.touch(id(4), minutes(10)).await.unwrap();
    let purge = async |limit| repositories.sessions.purge(cutoffs(2, 4), limit).await.unwrap();
    assert_eq!(purge(0).await, 0);
    assert_eq!((purge(3).await, purge(3).await, purge(3).await), (3, 1, 0));
    assert_eq!(storage.open().await.existing(0..7).await, [4, 5, 6]);
}

async fn session_is_purged_at_its_cutoff_and_not_before(storage: Storage) {
    let repositories = with_sessions(&storage).await;
    let microsecond = TimeDelta::microseconds(1);
    let begun = |begun_by| Cutoffs { begun_by, used_by: minutes(-1) };
    let used = |used_by| Cutoffs { begun_by: minutes(-1), used_by };
    for (cutoffs, left) in [
        (begun(minutes(1) - microsecond), 6),
        (begun(minutes(1)), 5),
        (used(minutes(2) - microsecond), 5),
        (used(minutes(2)), 4),
    ] {
        repositories.sessions.purge(cutoffs, 9).await.unwrap();
        assert_eq!(repositories.existing(0..7).await.len(), left, "{cutoffs:?}");
    }
}

async fn racing_purges_remove_each_session_once(storage: Storage) {
    let repositories = with_sessions(&storage).await;
    let purged = race(&storage, 10, |repositories, _| async move {
        repositories.sessions.purge(cutoffs(4, 4), 2).await.unwrap()
    })
    .await;
    // Racers may pick the same sessions and leave some.
    let rest = repositories.sessions.purge(cutoffs(4, 4), 9).await.unwrap();
    assert_eq!(purged.into_iter().sum::<usize>() + rest, 5);
    assert_eq!(repositories.existing(0..7).await, [5, 6]);
}
