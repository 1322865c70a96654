use super::{practice, practice_id};
use crate::{Storage, minutes, noon, on_every_storage, race};

on_every_storage! {
    session_ends_once
    session_never_ends_before_its_start
    session_is_ended_by_its_owner_alone
    racing_ends_set_one_time
}

async fn session_ends_once(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let mut session = practice(user.id, 1, 0);
    repositories.start(&session).await;
    repositories.start(&practice(user.id, 2, 0)).await;
    session.ended_at = Some(minutes(5));
    let elsewhere = storage.open().await.practice;
    for at in [minutes(5), minutes(9), noon()] {
        let ended = repositories.practice.end(user.id, session.id, at).await.unwrap();
        assert_eq!(ended.as_ref(), Some(&session));
        assert_eq!(elsewhere.find(user.id, session.id).await.unwrap(), ended);
    }
    let other = elsewhere.find(user.id, practice_id(2)).await.unwrap().unwrap();
    assert_eq!(other.ended_at, None);
}

async fn session_never_ends_before_its_start(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let session = practice(user.id, 1, 0);
    repositories.start(&session).await;
    let ended = repositories.practice.end(user.id, session.id, minutes(-1)).await.unwrap();
    assert_eq!(ended.unwrap().ended_at, Some(session.started_at));
}

async fn session_is_ended_by_its_owner_alone(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    let session = practice(user.id, 1, 0);
    repositories.start(&session).await;
    let sessions = &repositories.practice;
    assert_eq!(sessions.end(other.id, session.id, minutes(1)).await.unwrap(), None);
    assert_eq!(sessions.end(user.id, practice_id(2), minutes(1)).await.unwrap(), None);
    assert_eq!(sessions.find(user.id, session.id).await.unwrap(), Some(session));
}

async fn racing_ends_set_one_time(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let (id, session) = (user.id, practice(user.id, 1, 0));
    repositories.start(&session).await;
    let ends = race(&storage, 20, move |repositories, number| async move {
        let at = minutes(i64::from(number) + 1);
        repositories.practice.end(id, practice_id(1), at).await.unwrap().unwrap().ended_at
    })
    .await;
    let stored = repositories.practice.find(id, session.id).await.unwrap().unwrap().ended_at;
    assert!(stored.is_some());
    assert!(ends.iter().all(|end| *end == stored), "{stored:?}: {ends:?}");
}
