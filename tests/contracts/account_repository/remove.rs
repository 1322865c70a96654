use coach_core::{domain::UserId, ports::Redemption};

use crate::{
    Storage, on_every_storage,
    password_code_repository::{attempt, new_code},
    practice_session_repository::{practice, practice_id},
};

on_every_storage! {
    removed_account_is_gone_with_everything_that_belongs_to_it
    inactive_account_is_removed
    missing_account_is_not_removed
    every_session_of_an_account_ends
}

async fn removed_account_is_gone_with_everything_that_belongs_to_it(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    repositories.start(&practice(user.id, 1, 0)).await;
    repositories.codes.issue(user.id, new_code(1)).await.unwrap();
    assert!(repositories.accounts.remove(user.id).await.unwrap());
    let elsewhere = storage.open().await;
    assert!(elsewhere.account("test@example.com").await.is_none());
    assert_eq!(elsewhere.existing(0..10).await, [9]);
    assert_eq!(elsewhere.account("b@example.com").await.unwrap().user, other);
    let again = elsewhere.register("test@example.com", 1).await;
    assert!(again.id > other.id);
    let refused = elsewhere.codes.redeem(attempt(1, 5)).await.unwrap();
    assert_eq!(refused, Redemption::Refused(Some(again.id)));
    for owner in [user.id, again.id] {
        assert_eq!(elsewhere.practice.find(owner, practice_id(1)).await.unwrap(), None);
    }
}

async fn inactive_account_is_removed(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.set_active(user.id, false).await.unwrap();
    assert!(repositories.accounts.remove(user.id).await.unwrap());
    assert!(!repositories.accounts.remove(user.id).await.unwrap());
}

async fn missing_account_is_not_removed(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    assert!(!repositories.accounts.remove(UserId(user.id.0 + 1)).await.unwrap());
    assert!(repositories.session(0).await.is_some());
}

async fn every_session_of_an_account_ends(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.register("b@example.com", 9).await;
    repositories.log_in(&user, 1).await.unwrap();
    assert_eq!(repositories.sessions.end_all(user.id).await.unwrap(), 2);
    assert_eq!(repositories.sessions.end_all(user.id).await.unwrap(), 0);
    assert_eq!(storage.open().await.existing(0..10).await, [9]);
}
