use chrono::TimeDelta;
use coach_core::{domain::SessionPolicy, ports::Spend};

use crate::{Storage, id, minutes, noon, on_every_storage, password_hash, race};

on_every_storage! {
    refresh_token_is_spent_once_and_counts_as_a_use
    refresh_token_of_an_ended_session_is_gone
    racing_spends_of_one_refresh_token_spend_it_once
    spend_that_races_the_end_of_its_session_is_not_a_replay
    spent_refresh_token_is_remembered_for_the_grace_time
    spend_never_moves_the_last_use_back
}

async fn refresh_token_is_spent_once_and_counts_as_a_use(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let (sessions, elsewhere) = (&repositories.sessions, storage.open().await.sessions);
    for generation in 0..3 {
        let at = minutes(generation.into());
        assert_eq!(sessions.spend(id(0), generation, at).await.unwrap(), Spend::First);
        let spent = elsewhere.find(id(0)).await.unwrap().unwrap();
        assert_eq!(spent.session.refresh_generation, generation + 1);
        assert_eq!((spent.session.created_at, spent.session.last_seen_at), (noon(), at));
        assert_eq!(spent.user, user);
        let again = elsewhere.spend(id(0), generation, at).await.unwrap();
        assert!(matches!(again, Spend::SpentAt(_)), "{again:?}");
        for never in [generation + 2, i32::MAX as u32, i32::MAX as u32 + 1, u32::MAX] {
            let answer = sessions.spend(id(0), never, at).await.unwrap();
            assert_eq!(answer, Spend::Gone, "{never}");
        }
        assert_eq!(sessions.find(id(0)).await.unwrap(), Some(spent));
    }
}

async fn refresh_token_of_an_ended_session_is_gone(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let sessions = &repositories.sessions;
    assert_eq!(sessions.spend(id(0), 0, noon()).await.unwrap(), Spend::First);
    sessions.end(user.id, id(0)).await.unwrap();
    for generation in [0, 1, 2] {
        assert_eq!(sessions.spend(id(0), generation, noon()).await.unwrap(), Spend::Gone);
    }
    assert!(repositories.session(0).await.is_none());
}

async fn racing_spends_of_one_refresh_token_spend_it_once(storage: Storage) {
    let (repositories, _) = storage.with_user().await;
    let spends = race(&storage, 32, |repositories, _| async move {
        repositories.sessions.spend(id(0), 0, noon()).await.unwrap()
    })
    .await;
    assert_eq!(spends.iter().filter(|spend| **spend == Spend::First).count(), 1);
    for spend in spends.iter().filter(|spend| **spend != Spend::First) {
        assert!(matches!(spend, Spend::SpentAt(_)), "{spend:?}");
    }
    assert_eq!(repositories.session(0).await.unwrap().refresh_generation, 1);
}

async fn spent_refresh_token_is_remembered_for_the_grace_time(storage: Storage) {
    let (repositories, _) = storage.with_user().await;
    let elsewhere = storage.open().await.sessions;
    let last = noon() + SessionPolicy::REFRESH_GRACE;
    for generation in 0..=10 {
        let at = noon() + TimeDelta::seconds(generation.into());
        let spend = repositories.sessions.spend(id(0), generation, at).await.unwrap();
        assert_eq!(spend, Spend::First);
    }
    for generation in 0..=10 {
        let spend = elsewhere.spend(id(0), generation, last).await.unwrap();
        let Spend::SpentAt(time) = spend else { panic!("{generation} was spent: {spend:?}") };
        assert!(SessionPolicy::is_in_grace(time, last), "{generation}: {time}");
    }
}

/// `SpentAt` would be reported as a replay.
async fn spend_that_races_the_end_of_its_session_is_not_a_replay(storage: Storage) {
    for _ in 0..20 {
        let (repositories, user) = storage.with_user().await;
        let spends = race(&storage, 8, |repositories, number| async move {
            if number == 3 {
                return Some(repositories.sessions.spend(id(0), 0, noon()).await.unwrap());
            }
            repositories.sessions.end(user.id, id(0)).await.unwrap();
            None
        })
        .await;
        let spend = spends.into_iter().flatten().next().unwrap();
        assert!(matches!(spend, Spend::First | Spend::Gone), "{spend:?}");
        assert!(repositories.sessions.find(id(0)).await.unwrap().is_none());
        assert!(repositories.users.delete(user.id, &password_hash()).await.unwrap());
    }
}

async fn spend_never_moves_the_last_use_back(storage: Storage) {
    let (repositories, _) = storage.with_user().await;
    repositories.sessions.touch(id(0), minutes(10)).await.unwrap();
    assert_eq!(repositories.sessions.spend(id(0), 0, minutes(9)).await.unwrap(), Spend::First);
    assert_eq!(repositories.session(0).await.unwrap().last_seen_at, minutes(10));
}
