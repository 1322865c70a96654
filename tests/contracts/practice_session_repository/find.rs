use coach_core::domain::PracticeQuery;

use super::{numbers, practice, practice_id};
use crate::{Storage, on_every_storage, password_hash};

on_every_storage! {
    session_is_found_by_its_owner_alone
    deleted_account_leaves_no_practice_session
    sessions_of_an_inactive_account_remain
}

async fn session_is_found_by_its_owner_alone(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    let session = practice(user.id, 1, 0);
    repositories.start(&session).await;
    let sessions = storage.open().await.practice;
    assert_eq!(sessions.find(user.id, session.id).await.unwrap(), Some(session.clone()));
    assert_eq!(sessions.find(other.id, session.id).await.unwrap(), None);
    assert_eq!(sessions.find(user.id, practice_id(2)).await.unwrap(), None);
}

async fn deleted_account_leaves_no_practice_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    for (user_id, number) in [(user.id, 1), (user.id, 2), (other.id, 3)] {
        repositories.start(&practice(user_id, number, 0)).await;
    }
    assert!(repositories.users.delete(user.id, &password_hash()).await.unwrap());
    let elsewhere = storage.open().await;
    let all = PracticeQuery::default();
    assert_eq!(elsewhere.history(&user, &all).await.sessions, []);
    assert_eq!(elsewhere.practice.find(user.id, practice_id(1)).await.unwrap(), None);
    assert_eq!(numbers(&elsewhere.history(&other, &all).await.sessions), [3]);
}

async fn sessions_of_an_inactive_account_remain(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.start(&practice(user.id, 1, 0)).await;
    for active in [false, true] {
        repositories.users.set_active(user.id, active).await.unwrap();
        let page = repositories.history(&user, &PracticeQuery::default()).await;
        assert_eq!(numbers(&page.sessions), [1]);
    }
}
