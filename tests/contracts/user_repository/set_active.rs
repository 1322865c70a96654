use coach_core::domain::UserId;

use crate::{Storage, browser_session, new_session, on_every_storage, password_hash, race, secret};

on_every_storage! {
    inactive_account_is_found
    deactivation_ends_every_session_of_the_account
    reactivation_revives_no_session
    activation_returns_whether_it_changed_anything
    missing_account_is_not_activated
    racing_deactivations_change_an_account_once
    login_that_races_a_deactivation_leaves_no_session
}

async fn inactive_account_is_found(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.set_active(user.id, false).await.unwrap();
    let found = storage.open().await.account("test@example.com").await.unwrap();
    assert!(!found.user.is_active);
    assert_eq!(found.password_hash.expose(), password_hash().expose());
}

async fn deactivation_ends_every_session_of_the_account(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    let session = browser_session(1, &[]);
    repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    repositories.users.set_active(user.id, false).await.unwrap();
    let elsewhere = storage.open().await;
    assert_eq!(elsewhere.existing(0..10).await, [9]);
    assert_eq!(elsewhere.list(&user).await, []);
    assert!(elsewhere.sessions.find_by_secret(&secret(1)).await.unwrap().is_none());
    assert_eq!(elsewhere.account("b@example.com").await.unwrap().user, other);
}

async fn reactivation_revives_no_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.set_active(user.id, false).await.unwrap();
    repositories.users.set_active(user.id, true).await.unwrap();
    assert!(repositories.existing(0..10).await.is_empty());
    assert_eq!(repositories.account("test@example.com").await.unwrap().user, user);
    assert!(repositories.log_in(&user, 1).await.is_some());
    assert_eq!(repositories.existing(0..10).await, [1]);
}

async fn activation_returns_whether_it_changed_anything(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for (active, changed) in
        [(true, false), (false, true), (false, false), (true, true), (true, false)]
    {
        let result = repositories.users.set_active(user.id, active).await.unwrap();
        assert_eq!(result, Some(changed));
        let found = repositories.account("test@example.com").await.unwrap();
        assert_eq!(found.user.is_active, active);
    }
}

async fn missing_account_is_not_activated(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for active in [false, true] {
        let result = repositories.users.set_active(UserId(user.id.0 + 1), active).await.unwrap();
        assert_eq!(result, None);
    }
    assert!(repositories.session(0).await.is_some());
}

async fn racing_deactivations_change_an_account_once(storage: Storage) {
    let (_, user) = storage.with_user().await;
    let changed = race(&storage, 20, move |repositories, _| async move {
        repositories.users.set_active(user.id, false).await.unwrap().unwrap()
    })
    .await;
    assert_eq!(changed.into_iter().filter(|changed| *changed).count(), 1);
}

async fn login_that_races_a_deactivation_leaves_no_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let id = user.id;
    race(&storage, 20, move |repositories, number| async move {
        if number == 10 {
            assert_eq!(repositories.users.set_active(id, false).await.unwrap(), Some(true));
        } else {
            let session = new_session(number + 1);
            repositories.sessions.begin(id, &password_hash().into(), session).await.unwrap();
        }
    })
    .await;
    assert!(repositories.existing(0..21).await.is_empty());
    assert_eq!(repositories.list(&user).await, []);
}
