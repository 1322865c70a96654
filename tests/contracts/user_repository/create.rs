use coach_core::{
    domain::{EmailAddress, FullName, NewUser},
    ports::SaveUserError,
};

use crate::{
    Storage, browser_session, email, new_session, new_user, noon, on_every_storage, password_hash,
    race, secret,
};

on_every_storage! {
    registered_account_is_found_as_it_was_stored
    account_without_a_name_has_none
    every_allowed_character_is_stored
    racing_registrations_of_one_address_create_one_account
    registration_with_taken_address_changes_nothing
    registration_with_taken_session_id_changes_nothing
    registration_ends_the_sessions_that_it_replaces
}

async fn registered_account_is_found_as_it_was_stored(storage: Storage) {
    let (_, user) = storage.with_user().await;
    assert_eq!(user.email, email("test@example.com"));
    assert_eq!(user.full_name.as_ref().unwrap().as_str(), "Test User");
    assert!(user.is_active && user.last_login.is_none());
    assert_eq!(user.created_at, noon());

    let elsewhere = storage.open().await;
    let found = elsewhere.account("test@example.com").await.unwrap();
    assert_eq!(found.user, user);
    assert_eq!(found.password_hash.expose(), password_hash().expose());
    let session = elsewhere.session(0).await.unwrap();
    assert_eq!((session.user_id, session.refresh_generation), (user.id, 0));
    assert_eq!((session.created_at, session.last_seen_at), (noon(), noon()));
    assert!(elsewhere.account("nobody@example.com").await.is_none());
}

async fn account_without_a_name_has_none(storage: Storage) {
    let users = storage.open().await.users;
    let nameless = NewUser { full_name: None, ..new_user("test@example.com") };
    assert!(users.create(nameless, new_session(0)).await.unwrap().full_name.is_none());
}

async fn every_allowed_character_is_stored(storage: Storage) {
    assert!(EmailAddress::parse("o'brien\"; drop table users;--@example.com").is_err());
    let repositories = storage.open().await;
    for (number, (address, name)) in [
        ("o'brien%_`{|}~@example.com", "Robert'); DROP TABLE users;--"),
        ("jösé@bücher.example", "李小龍 👩\u{200d}🚀 علی\u{200c}رضا"),
    ]
    .into_iter()
    .enumerate()
    {
        let user = NewUser { full_name: FullName::parse(name).unwrap(), ..new_user(address) };
        let stored = repositories.users.create(user, new_session(number as u8)).await.unwrap();
        assert_eq!(stored.full_name.unwrap().as_str(), name);
        let found = repositories.account(address).await.unwrap();
        assert_eq!(found.user.email.as_str(), address);
    }
}

async fn racing_registrations_of_one_address_create_one_account(storage: Storage) {
    let results = race(&storage, 40, |repositories, number| async move {
        repositories.users.create(new_user("test@example.com"), new_session(number)).await
    })
    .await;
    let taken = |result: &&Result<_, _>| matches!(result, Err(SaveUserError::EmailTaken));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(results.iter().filter(taken).count(), 39, "{results:?}");
    assert_eq!(storage.open().await.existing(0..40).await.len(), 1);
}

async fn registration_with_taken_address_changes_nothing(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let session = browser_session(1, &[]);
    let user =
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    let user = user.unwrap();
    let nameless = NewUser { full_name: None, ..new_user("test@example.com") };
    let error = repositories.users.create(nameless, browser_session(2, &[1])).await.unwrap_err();
    assert!(matches!(error, SaveUserError::EmailTaken), "{error:?}");
    assert_eq!(repositories.account("test@example.com").await.unwrap().user, user);
    assert_eq!(repositories.existing(0..3).await, [0, 1]);
}

async fn registration_with_taken_session_id_changes_nothing(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let error = repositories.users.create(new_user("b@example.com"), new_session(0)).await;
    assert!(matches!(error, Err(SaveUserError::Repository(_))), "{error:?}");
    assert!(repositories.account("b@example.com").await.is_none());
    assert_eq!(repositories.session(0).await.unwrap().user_id, user.id);
    repositories.register("b@example.com", 1).await;
}

async fn registration_ends_the_sessions_that_it_replaces(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for number in [1, 2, 3] {
        let session = browser_session(number, &[]);
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    }
    let session = browser_session(4, &[1, 99, 3]);
    repositories.users.create(new_user("b@example.com"), session).await.unwrap();
    assert_eq!(repositories.existing(0..5).await, [0, 2, 4]);
    assert!(repositories.sessions.find_by_secret(&secret(1)).await.unwrap().is_none());
}
