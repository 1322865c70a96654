use coach_core::{
    domain::{NewUser, PasswordHash},
    ports::{CreateUserError, HealthCheck, PasswordChange},
};
use coach_diesel::Repositories;

use crate::{
    browser_session, databases::Database, email, new_session, new_user, noon, on_both_databases,
    password_hash,
};

on_both_databases! {
    a_changed_password_ends_every_session_but_the_new_one
    a_password_is_changed_only_in_a_live_session_of_an_active_account_whose_password_was_verified
    of_many_changes_of_one_password_at_once_one_succeeds
    a_created_account_is_found_as_it_was_stored
    an_account_without_a_name_has_none
    of_40_creations_of_one_address_at_once_one_succeeds
    a_failed_creation_leaves_neither_account_nor_session
    an_inactive_account_is_found
    the_number_of_a_deleted_account_is_never_given_again
    every_allowed_character_comes_back
    a_stored_name_or_address_that_breaks_the_rules_locks_nobody_out
    a_database_that_answers_is_healthy
}

async fn a_created_account_is_found_as_it_was_stored(database: Database) {
    let repositories = database.open().await;
    let user =
        repositories.users.create(new_user("test@example.com"), new_session(1)).await.unwrap();
    assert_eq!(user.email, email("test@example.com"));
    assert_eq!(user.full_name.as_ref().unwrap().as_str(), "Test User");
    assert!(user.is_active && user.last_login.is_none());
    assert_eq!(user.created_at, noon());

    // Another process sees it at once.
    let elsewhere = database.open().await;
    let found = elsewhere.users.find_credentials(&user.email).await.unwrap().unwrap();
    assert_eq!(found.user, user);
    assert_eq!(found.password_hash.expose(), new_user("a@b.example").password_hash.expose());
    let (session, owner) = elsewhere.sessions.find(new_session(1).id).await.unwrap().unwrap();
    assert_eq!(
        (session.user_id, session.created_at, session.last_seen_at),
        (user.id, noon(), noon())
    );
    assert_eq!(owner, user);
    assert!(
        elsewhere.users.find_credentials(&email("nobody@example.com")).await.unwrap().is_none()
    );
}

async fn an_account_without_a_name_has_none(database: Database) {
    let repositories = database.open().await;
    let nameless = NewUser { full_name: None, ..new_user("test@example.com") };
    let user = repositories.users.create(nameless, new_session(1)).await.unwrap();
    assert!(user.full_name.is_none());
}

async fn of_40_creations_of_one_address_at_once_one_succeeds(database: Database) {
    // Two processes' worth of pools.
    let processes = [database.open().await, database.open().await];
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..40 {
        let users = processes[usize::from(number) % 2].users.clone();
        racers.spawn(async move {
            users.create(new_user("test@example.com"), new_session(number)).await
        });
    }
    let results = racers.join_all().await;
    let taken = |result: &&Result<_, _>| matches!(result, Err(CreateUserError::EmailTaken));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(results.iter().filter(taken).count(), 39, "{results:?}");
    assert_eq!((database.count("users").await, database.count("auth_sessions").await), (1, 1));
}

async fn a_failed_creation_leaves_neither_account_nor_session(database: Database) {
    let repositories = database.open().await;
    let session = new_session(9);
    repositories.users.create(new_user("first@example.com"), session.clone()).await.unwrap();
    // The account could be stored; its session's id is taken.
    let result = repositories.users.create(new_user("second@example.com"), session).await;
    assert!(result.is_err());
    assert_eq!((database.count("users").await, database.count("auth_sessions").await), (1, 1));
}

async fn an_inactive_account_is_found(database: Database) {
    let repositories = database.open().await;
    repositories.users.create(new_user("test@example.com"), new_session(1)).await.unwrap();
    database.execute("UPDATE users SET is_active = FALSE").await;
    let found = repositories.users.find_credentials(&email("test@example.com")).await.unwrap();
    assert!(!found.unwrap().user.is_active);
}

async fn the_number_of_a_deleted_account_is_never_given_again(database: Database) {
    let users = database.open().await.users;
    let deleted = users.create(new_user("first@example.com"), new_session(1)).await.unwrap();
    database.execute("DELETE FROM users").await;
    assert_eq!(database.count("auth_sessions").await, 0);
    let next = users.create(new_user("second@example.com"), new_session(2)).await.unwrap();
    assert!(next.id > deleted.id);
}

async fn every_allowed_character_comes_back(database: Database) {
    let users = database.open().await.users;
    let address = "o'brien\"; drop table users;--";
    assert!(coach_core::domain::EmailAddress::parse(&format!("{address}@example.com")).is_err());
    for (number, (address, name)) in [
        ("o'brien%_`{|}~@example.com", "Robert'); DROP TABLE users;--"),
        ("jösé@bücher.example", "李小龍 😀 \u{202e}x"),
    ]
    .into_iter()
    .enumerate()
    {
        let full_name = coach_core::domain::FullName::parse(name).unwrap();
        let user = NewUser { full_name, ..new_user(address) };
        let stored = users.create(user, new_session(number as u8)).await.unwrap();
        assert_eq!(stored.full_name.unwrap().as_str(), name);
        let found = users.find_credentials(&email(address)).await.unwrap().unwrap();
        assert_eq!(found.user.email.as_str(), address);
    }
}

async fn a_stored_name_or_address_that_breaks_the_rules_locks_nobody_out(database: Database) {
    let repositories = database.open().await;
    repositories.users.create(new_user("test@example.com"), new_session(1)).await.unwrap();
    database.execute("UPDATE users SET full_name = 'Bell\u{7}a \n\u{1b}[31m'").await;
    let found = repositories.users.find_credentials(&email("test@example.com")).await.unwrap();
    assert_eq!(found.unwrap().user.full_name.unwrap().as_str(), "Bella [31m");
    database.execute("UPDATE users SET email = 'a\nb', full_name = '\n'").await;
    let (_, user) = repositories.sessions.find(new_session(1).id).await.unwrap().unwrap();
    assert_eq!((user.email.as_str(), user.full_name), ("ab", None));
}

async fn a_database_that_answers_is_healthy(database: Database) {
    let health: std::sync::Arc<dyn HealthCheck> = database.open().await.health;
    health.check().await.unwrap();
}

fn change(number: u8, new: &str) -> PasswordChange {
    PasswordChange {
        verified: password_hash(),
        new: PasswordHash::new(new.to_owned()),
        made_in: new_session(0).id,
        session: browser_session(number, None),
    }
}

async fn a_changed_password_ends_every_session_but_the_new_one(database: Database) {
    let Repositories { users, sessions, .. } = database.open().await;
    let user = users.create(new_user("test@example.com"), new_session(0)).await.unwrap();
    users.create(new_user("b@example.com"), new_session(9)).await.unwrap();
    sessions.begin(user.id, &password_hash(), browser_session(1, None)).await.unwrap();
    let changed = users.change_password(user.id, change(2, "new")).await.unwrap().unwrap();
    assert_eq!(changed.id, user.id);
    for (number, alive) in [(0, false), (1, false), (2, true), (9, true)] {
        let found = sessions.find(new_session(number).id).await.unwrap();
        assert_eq!(found.is_some(), alive, "{number}");
    }
    let credentials = users.find_credentials(&email("test@example.com")).await.unwrap().unwrap();
    assert_eq!(credentials.password_hash.expose(), "new");
    let other = users.find_credentials(&email("b@example.com")).await.unwrap().unwrap();
    assert_eq!(other.password_hash.expose(), password_hash().expose());
}

async fn a_password_is_changed_only_in_a_live_session_of_an_active_account_whose_password_was_verified(
    database: Database,
) {
    let Repositories { users, sessions, .. } = database.open().await;
    let user = users.create(new_user("test@example.com"), new_session(0)).await.unwrap();
    let unchanged = async |refused: PasswordChange| {
        assert_eq!(users.change_password(user.id, refused).await.unwrap(), None);
        let found = users.find_credentials(&email("test@example.com")).await.unwrap().unwrap();
        assert_eq!(found.password_hash.expose(), password_hash().expose());
        assert!(sessions.find(new_session(2).id).await.unwrap().is_none());
    };
    unchanged(PasswordChange { verified: PasswordHash::new("x".to_owned()), ..change(2, "new") })
        .await;
    unchanged(PasswordChange { made_in: new_session(5).id, ..change(2, "new") }).await;
    assert!(sessions.find(new_session(0).id).await.unwrap().is_some());
    // The name of the new session is taken: an error, and nothing has happened.
    users.create(new_user("b@example.com"), new_session(2)).await.unwrap();
    assert!(users.change_password(user.id, change(2, "new")).await.is_err());
    assert!(sessions.end(new_session(2).id).await.unwrap());
    assert!(sessions.find(new_session(0).id).await.unwrap().is_some());
    database.execute("UPDATE users SET is_active = FALSE").await;
    unchanged(change(2, "new")).await;
}

async fn of_many_changes_of_one_password_at_once_one_succeeds(database: Database) {
    let repositories = database.open().await;
    let elsewhere = database.open().await;
    let user =
        repositories.users.create(new_user("test@example.com"), new_session(0)).await.unwrap();
    let mut racers = tokio::task::JoinSet::new();
    for number in 1..=16 {
        let users = [&repositories, &elsewhere][usize::from(number) % 2].users.clone();
        racers.spawn(async move {
            users.change_password(user.id, change(number, "new")).await.unwrap()
        });
    }
    assert_eq!(racers.join_all().await.into_iter().flatten().count(), 1);
    assert_eq!(database.count("auth_sessions").await, 1);
}
