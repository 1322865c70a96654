use coach_core::domain::UserId;

use crate::{
    Storage, another_hash, browser_session, new_session, on_every_storage, password_hash, race,
    secret,
};

on_every_storage! {
    deleted_account_is_gone_with_its_sessions
    deletion_frees_the_address_but_not_the_id
    account_is_not_deleted_unless_its_present_hash_was_verified
    inactive_account_is_not_deleted
    missing_account_is_not_deleted
    racing_deletions_delete_an_account_once
    login_that_races_a_deletion_leaves_no_session
}

async fn deleted_account_is_gone_with_its_sessions(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    let session = browser_session(1, &[]);
    repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    assert!(repositories.users.delete(user.id, &password_hash()).await.unwrap());

    let elsewhere = storage.open().await;
    assert!(elsewhere.account("test@example.com").await.is_none());
    assert_eq!(elsewhere.existing(0..10).await, [9]);
    assert!(elsewhere.sessions.find_by_secret(&secret(1)).await.unwrap().is_none());
    assert_eq!(elsewhere.list(&user).await, []);
    assert_eq!(elsewhere.account("b@example.com").await.unwrap().user, other);
    assert_eq!(elsewhere.log_in(&user, 2).await, None);
}

async fn deletion_frees_the_address_but_not_the_id(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.delete(user.id, &password_hash()).await.unwrap();
    let next = repositories.register("test@example.com", 0).await;
    assert!(next.id > user.id);
    assert_eq!(repositories.list(&user).await, []);
}

async fn account_is_not_deleted_unless_its_present_hash_was_verified(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    assert!(!repositories.users.delete(user.id, &another_hash()).await.unwrap());
    assert_eq!(repositories.account("test@example.com").await.unwrap().user, user);
    assert!(repositories.session(0).await.is_some());
}

async fn inactive_account_is_not_deleted(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.set_active(user.id, false).await.unwrap();
    assert!(!repositories.users.delete(user.id, &password_hash()).await.unwrap());
    assert!(repositories.account("test@example.com").await.is_some());
}

async fn missing_account_is_not_deleted(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let missing = UserId(user.id.0 + 1);
    assert!(!repositories.users.delete(missing, &password_hash()).await.unwrap());
    assert!(repositories.account("test@example.com").await.is_some());
}

async fn racing_deletions_delete_an_account_once(storage: Storage) {
    let (_, user) = storage.with_user().await;
    let deleted = race(&storage, 20, move |repositories, _| async move {
        repositories.users.delete(user.id, &password_hash()).await.unwrap()
    })
    .await;
    assert_eq!(deleted.into_iter().filter(|deleted| *deleted).count(), 1);
}

async fn login_that_races_a_deletion_leaves_no_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let id = user.id;
    race(&storage, 20, move |repositories, number| async move {
        if number == 10 {
            assert!(repositories.users.delete(id, &password_hash()).await.unwrap());
        } else {
            let session = new_session(number + 1);
            repositories.sessions.begin(id, &password_hash().into(), session).await.unwrap();
        }
    })
    .await;
    assert!(repositories.account("test@example.com").await.is_none());
    assert!(repositories.existing(0..21).await.is_empty());
    assert_eq!(repositories.list(&user).await, []);
}
