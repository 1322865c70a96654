use coach_core::{
    domain::{NewUser, PasswordHash, UserId},
    ports::{Redemption, SaveUserError},
};

use crate::{
    Storage, new_user, noon, on_every_storage,
    password_code_repository::{attempt, new_code},
    race,
};

on_every_storage! {
    added_account_has_no_session_and_is_found_by_id_and_address
    added_account_without_a_password_is_found
    added_code_can_be_used
    account_with_a_taken_address_changes_nothing
    racing_additions_of_one_address_create_one_account
    missing_account_is_not_found
}

async fn added_account_has_no_session_and_is_found_by_id_and_address(storage: Storage) {
    let repositories = storage.open().await;
    let user = repositories.accounts.add(new_user("test@example.com"), None).await.unwrap();
    assert!(user.is_active && user.last_login.is_none());
    assert_eq!(user.created_at, noon());
    assert!(repositories.list(&user).await.is_empty());
    let elsewhere = storage.open().await;
    for key in [user.id.0.to_string(), "Test@Example.com".to_owned()] {
        let found = elsewhere.summary(&key).await.unwrap();
        assert_eq!((found.user, found.live_sessions), (user.clone(), 0));
    }
    assert!(elsewhere.log_in(&user, 1).await.is_some());
    assert_eq!(repositories.summary("test@example.com").await.unwrap().live_sessions, 1);
}

async fn added_account_without_a_password_is_found(storage: Storage) {
    let repositories = storage.open().await;
    let user = NewUser { password_hash: PasswordHash::none(), ..new_user("test@example.com") };
    repositories.accounts.add(user, None).await.unwrap();
    assert!(repositories.account("test@example.com").await.unwrap().password_hash.is_none());
    // The text names no scheme, so it does not make a failed login more expensive.
    assert_eq!(repositories.users.find_for_login(None).await.unwrap().schemes, []);
}

async fn added_code_can_be_used(storage: Storage) {
    let repositories = storage.open().await;
    let added = repositories.accounts.add(new_user("test@example.com"), Some(new_code(1))).await;
    let redeemed = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
    let Redemption::Redeemed(user) = redeemed else { panic!("{redeemed:?}") };
    assert_eq!(user.id, added.unwrap().id);
}

async fn account_with_a_taken_address_changes_nothing(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let nameless = NewUser { full_name: None, ..new_user("test@example.com") };
    let error = repositories.accounts.add(nameless, Some(new_code(1))).await.unwrap_err();
    assert!(matches!(error, SaveUserError::EmailTaken), "{error:?}");
    assert_eq!(repositories.account("test@example.com").await.unwrap().user, user);
    let refused = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
    assert_eq!(refused, Redemption::Refused(Some(user.id)));
}

async fn racing_additions_of_one_address_create_one_account(storage: Storage) {
    let results = race(&storage, 20, |repositories, number| async move {
        repositories.accounts.add(new_user("test@example.com"), Some(new_code(number))).await
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(storage.open().await.account_ids(10).await.len(), 1);
}

async fn missing_account_is_not_found(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for key in [UserId(user.id.0 + 1).0.to_string(), "other@example.com".to_owned()] {
        assert_eq!(repositories.summary(&key).await, None);
    }
}
