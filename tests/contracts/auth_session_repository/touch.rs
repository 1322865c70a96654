use crate::{Storage, id, minutes, noon, on_every_storage};

on_every_storage! {
    touch_moves_the_last_use_forward_and_never_back
    touched_session_that_has_ended_stays_ended
}

async fn touch_moves_the_last_use_forward_and_never_back(storage: Storage) {
    let (repositories, _) = storage.with_user().await;
    let elsewhere = storage.open().await;
    for (touch, last_seen) in [(10, 10), (5, 10), (11, 11)] {
        repositories.sessions.touch(id(0), minutes(touch)).await.unwrap();
        let session = elsewhere.session(0).await.unwrap();
        assert_eq!(session.last_seen_at, minutes(last_seen));
        assert_eq!((session.created_at, session.refresh_generation), (noon(), 0));
    }
}

async fn touched_session_that_has_ended_stays_ended(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.sessions.end(user.id, id(0)).await.unwrap();
    repositories.sessions.touch(id(0), minutes(1)).await.unwrap();
    assert!(repositories.session(0).await.is_none());
}
