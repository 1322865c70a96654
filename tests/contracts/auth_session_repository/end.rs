use coach_core::domain::{SessionId, SessionSecret, User};

use crate::{
    Storage, browser_session, id, ids, new_user, on_every_storage, password_hash, race, secret,
    storage::Repositories,
};

on_every_storage! {
    ended_session_is_gone_for_every_process
    session_ends_once
    racing_logouts_end_a_session_once
    account_ends_only_its_own_sessions
    sessions_end_by_their_secrets
    sessions_that_end_by_their_secrets_name_their_users
    unknown_secrets_end_nothing
    racing_logouts_end_each_session_once_by_its_secret
    other_sessions_of_the_account_end_together
}

/// Registers an account with session 0 and begins sessions 1 to 3, each with a secret, and another account with session 9.
async fn with_sessions(storage: &Storage) -> (Repositories, User, User) {
    let (repositories, user) = storage.with_user().await;
    for number in 1..=3 {
        let session = browser_session(number, &[]);
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    }
    let other = repositories.users.create(new_user("b@example.com"), browser_session(9, &[])).await;
    (repositories, user, other.unwrap())
}

fn secrets(numbers: &[u8]) -> Vec<SessionSecret> {
    numbers.iter().copied().map(secret).collect()
}

async fn end_by_secrets(repositories: &Repositories, numbers: &[u8]) -> Vec<SessionId> {
    let ended = repositories.sessions.end_by_secrets(&secrets(numbers)).await.unwrap();
    let mut ended: Vec<_> = ended.into_iter().map(|(_, id)| id).collect();
    ended.sort();
    ended
}

/// ASVS 7.4.1.
async fn ended_session_is_gone_for_every_process(storage: Storage) {
    let (repositories, user, _) = with_sessions(&storage).await;
    let elsewhere = storage.open().await;
    assert!(elsewhere.session(1).await.is_some());
    assert!(repositories.sessions.end(user.id, id(1)).await.unwrap());
    assert!(elsewhere.session(1).await.is_none());
    assert!(elsewhere.sessions.find_by_secret(&secret(1)).await.unwrap().is_none());
    assert_eq!(elsewhere.existing(0..10).await, [0, 2, 3, 9]);
}

async fn session_ends_once(storage: Storage) {
    let (repositories, user, _) = with_sessions(&storage).await;
    assert!(repositories.sessions.end(user.id, id(1)).await.unwrap());
    assert!(!repositories.sessions.end(user.id, id(1)).await.unwrap());
    assert!(!repositories.sessions.end(user.id, id(99)).await.unwrap());
}

async fn racing_logouts_end_a_session_once(storage: Storage) {
    let (_, user, _) = with_sessions(&storage).await;
    let ended = race(&storage, 20, move |repositories, _| async move {
        repositories.sessions.end(user.id, id(1)).await.unwrap()
    })
    .await;
    assert_eq!(ended.into_iter().filter(|ended| *ended).count(), 1);
}

/// ASVS 8.2.2.
async fn account_ends_only_its_own_sessions(storage: Storage) {
    let (repositories, user, other) = with_sessions(&storage).await;
    let sessions = &repositories.sessions;
    assert!(!sessions.end(user.id, id(9)).await.unwrap());
    assert!(repositories.session(9).await.is_some());
    assert!(sessions.end(other.id, id(9)).await.unwrap());
    assert!(!sessions.end(other.id, id(9)).await.unwrap());
    assert_eq!(repositories.existing(0..10).await, [0, 1, 2, 3]);
}

async fn sessions_end_by_their_secrets(storage: Storage) {
    let (repositories, ..) = with_sessions(&storage).await;
    assert_eq!(end_by_secrets(&repositories, &[1]).await, ids(&[1]));
    assert_eq!(end_by_secrets(&repositories, &[1]).await, []);
    assert_eq!(storage.open().await.existing(0..10).await, [0, 2, 3, 9]);
    // Secrets of several accounts. One session has already ended, and one secret is repeated.
    assert_eq!(end_by_secrets(&repositories, &[9, 1, 2, 9]).await, ids(&[2, 9]));
    assert_eq!(storage.open().await.existing(0..10).await, [0, 3]);
}

async fn sessions_that_end_by_their_secrets_name_their_users(storage: Storage) {
    let (repositories, user, other) = with_sessions(&storage).await;
    let mut ended = repositories.sessions.end_by_secrets(&secrets(&[9, 1])).await.unwrap();
    ended.sort();
    assert_eq!(ended, [(user.id, id(1)), (other.id, id(9))]);
}

async fn unknown_secrets_end_nothing(storage: Storage) {
    let (repositories, ..) = with_sessions(&storage).await;
    assert_eq!(end_by_secrets(&repositories, &[]).await, []);
    // Session 0 has no secret.
    assert_eq!(end_by_secrets(&repositories, &[0, 4, 5]).await, []);
    assert_eq!(repositories.existing(0..10).await, [0, 1, 2, 3, 9]);
}

async fn racing_logouts_end_each_session_once_by_its_secret(storage: Storage) {
    let (repositories, ..) = with_sessions(&storage).await;
    let presented: [&[u8]; 4] = [&[1, 2, 3], &[3, 2, 1], &[2, 9], &[9, 1]];
    let ended = race(&storage, 20, |repositories, number| async move {
        end_by_secrets(&repositories, presented[usize::from(number % 4)]).await
    })
    .await;
    let mut ended = ended.concat();
    ended.sort();
    assert_eq!(ended, ids(&[1, 2, 3, 9]));
    assert_eq!(repositories.existing(0..10).await, [0]);
}

async fn other_sessions_of_the_account_end_together(storage: Storage) {
    let (repositories, user, _) = with_sessions(&storage).await;
    let end_others = async |kept| repositories.sessions.end_others(user.id, id(kept)).await;
    assert_eq!(end_others(1).await.unwrap(), 3);
    assert_eq!(end_others(1).await.unwrap(), 0);
    assert_eq!(storage.open().await.existing(0..10).await, [1, 9]);
    // A session of another account cannot be the one to keep.
    assert_eq!(end_others(9).await.unwrap(), 1);
    assert_eq!(repositories.existing(0..10).await, [9]);
}
