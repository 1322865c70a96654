use coach_core::domain::{NewAuthSession, SessionPolicy, User};

use crate::{
    Storage, at, id, ids, minutes, on_every_storage, password_hash, race, secret,
    storage::Repositories,
};

const LIMIT: u8 = SessionPolicy::MAX_SESSIONS as u8;

on_every_storage! {
    login_beyond_the_limit_ends_the_session_unused_for_longest
    login_at_the_limit_that_replaces_a_session_ends_no_other
    login_with_a_clock_that_is_behind_keeps_its_session
    limit_counts_the_sessions_of_one_account
    racing_logins_at_the_limit_keep_to_it
}

/// Fills an account with as many sessions as it may have. Session n begins n minutes after noon.
async fn with_full_user(storage: &Storage) -> (Repositories, User) {
    let (repositories, user) = storage.with_user().await;
    for number in 1..LIMIT {
        begin(&repositories, &user, session(number)).await;
    }
    assert_eq!(repositories.list(&user).await.len(), SessionPolicy::MAX_SESSIONS);
    (repositories, user)
}

/// A session with a secret. Session n begins n minutes after noon.
fn session(number: u8) -> NewAuthSession {
    NewAuthSession { secret: Some(secret(number)), ..at(number.into(), number) }
}

async fn begin(repositories: &Repositories, user: &User, session: NewAuthSession) {
    let begun =
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    assert!(begun.is_some());
}

async fn login_beyond_the_limit_ends_the_session_unused_for_longest(storage: Storage) {
    let (repositories, user) = with_full_user(&storage).await;
    repositories.sessions.touch(id(0), minutes(200)).await.unwrap();
    begin(&repositories, &user, session(LIMIT)).await;
    assert_eq!(repositories.existing(0..=LIMIT).await.len(), SessionPolicy::MAX_SESSIONS);
    assert_eq!(repositories.existing(0..3).await, [0, 2]);
    begin(&repositories, &user, session(LIMIT + 1)).await;
    assert_eq!(repositories.existing(0..4).await, [0, 3]);

    let listed = storage.open().await.list(&user).await;
    let listed: Vec<_> = listed.into_iter().map(|details| details.session.id).collect();
    let last_used_first: Vec<u8> = [0].into_iter().chain((3..=LIMIT + 1).rev()).collect();
    assert_eq!(listed, ids(&last_used_first));
}

async fn login_at_the_limit_that_replaces_a_session_ends_no_other(storage: Storage) {
    let (repositories, user) = with_full_user(&storage).await;
    let replacing = NewAuthSession { replaces: vec![secret(50)], ..session(LIMIT) };
    begin(&repositories, &user, replacing).await;
    let left: Vec<u8> = (0..=LIMIT).filter(|number| *number != 50).collect();
    assert_eq!(repositories.existing(0..=LIMIT).await, left);
}

async fn login_with_a_clock_that_is_behind_keeps_its_session(storage: Storage) {
    let (repositories, user) = with_full_user(&storage).await;
    begin(&repositories, &user, at(-1, LIMIT)).await;
    assert_eq!(repositories.existing(0..=LIMIT).await, (1..=LIMIT).collect::<Vec<_>>());
}

async fn limit_counts_the_sessions_of_one_account(storage: Storage) {
    let (repositories, user) = with_full_user(&storage).await;
    let other = repositories.register("b@example.com", 200).await;
    begin(&repositories, &other, session(201)).await;
    assert_eq!(repositories.list(&user).await.len(), SessionPolicy::MAX_SESSIONS);
    assert_eq!(repositories.list(&other).await.len(), 2);
    begin(&repositories, &user, session(LIMIT)).await;
    assert_eq!(repositories.list(&other).await.len(), 2);
}

async fn racing_logins_at_the_limit_keep_to_it(storage: Storage) {
    let (repositories, user) = with_full_user(&storage).await;
    let id = user.id;
    let begun = race(&storage, 20, move |repositories, number| async move {
        let session = session(LIMIT + number);
        repositories.sessions.begin(id, &password_hash().into(), session).await.unwrap()
    })
    .await;
    assert!(begun.iter().all(Option::is_some));
    let left = repositories.existing(0..LIMIT + 20).await;
    assert_eq!(left, (20..LIMIT + 20).collect::<Vec<_>>());
    assert_eq!(repositories.list(&user).await.len(), SessionPolicy::MAX_SESSIONS);
}
