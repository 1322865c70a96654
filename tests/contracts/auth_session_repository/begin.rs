use coach_core::{
    domain::{PasswordHash, User, UserId},
    ports::VerifiedPassword,
};

use crate::{
    Storage, another_hash, at, browser_session, id, minutes, new_session, noon, on_every_storage,
    password_hash, race, secret, storage::Repositories,
};

on_every_storage! {
    begun_session_is_found_with_its_account
    login_sets_last_login
    session_stores_the_login_before_its_own
    each_of_racing_logins_stores_the_one_before_it
    login_for_inactive_account_begins_no_session
    login_for_missing_account_begins_no_session
    login_with_changed_password_begins_no_session
    login_with_taken_session_id_changes_nothing
    login_ends_the_sessions_that_it_replaces
    failed_login_replaces_nothing
    racing_logins_that_replace_the_same_sessions_all_begin
    rehashed_password_replaces_the_verified_hash
    failed_login_stores_no_new_hash
    of_racing_logins_that_rehash_a_password_one_begins
}

/// Asserts that session 1 was not begun and that the account has not changed.
async fn assert_unchanged(repositories: &Repositories, user: &User) {
    assert!(repositories.session(1).await.is_none());
    assert_eq!(repositories.account("test@example.com").await.unwrap().user, *user);
}

async fn begun_session_is_found_with_its_account(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let begun = repositories.log_in(&user, 1).await.unwrap();
    let elsewhere = storage.open().await;
    let found = elsewhere.sessions.find(id(1)).await.unwrap().unwrap();
    assert_eq!((found.session.id, found.session.user_id), (id(1), user.id));
    assert_eq!((found.session.created_at, found.session.last_seen_at), (noon(), noon()));
    assert_eq!((found.session.refresh_generation, found.session.previous_login), (0, None));
    assert_eq!(found.user, begun);
    assert!(elsewhere.session(2).await.is_none());
}

async fn login_sets_last_login(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    assert_eq!(user.last_login, None);
    let begun =
        repositories.sessions.begin(user.id, &password_hash().into(), at(60, 1)).await.unwrap();
    let begun = begun.unwrap();
    assert_eq!(begun, User { last_login: Some(minutes(60)), ..user });
    assert_eq!(repositories.account("test@example.com").await.unwrap().user, begun);
}

async fn session_stores_the_login_before_its_own(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let log_in = async |after_noon, number| {
        let session = at(after_noon, number);
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap()
    };
    log_in(60, 1).await.unwrap();
    log_in(90, 2).await.unwrap();
    log_in(95, 3).await.unwrap();
    let elsewhere = storage.open().await;
    let previous = [(0, None), (1, None), (2, Some(minutes(60))), (3, Some(minutes(90)))];
    for (number, previous_login) in previous {
        assert_eq!(elsewhere.session(number).await.unwrap().previous_login, previous_login);
        let listed = elsewhere.list(&user).await;
        let listed = listed.iter().find(|details| details.session.id == id(number)).unwrap();
        assert_eq!(listed.session.previous_login, previous_login, "{number}");
    }
}

async fn each_of_racing_logins_stores_the_one_before_it(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    race(&storage, 20, |repositories, number| async move {
        let session = at(i64::from(number), number + 10);
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap()
    })
    .await;
    let mut previous = Vec::new();
    for number in 10..30 {
        previous.push(repositories.session(number).await.unwrap().previous_login);
    }
    previous.push(repositories.account("test@example.com").await.unwrap().user.last_login);
    previous.sort_unstable();
    let expected: Vec<_> = std::iter::once(None).chain((0..20).map(|n| Some(minutes(n)))).collect();
    assert_eq!(previous, expected);
}

async fn login_for_inactive_account_begins_no_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.set_active(user.id, false).await.unwrap();
    assert_eq!(repositories.log_in(&user, 1).await, None);
    assert_unchanged(&repositories, &User { is_active: false, ..user }).await;
}

async fn login_for_missing_account_begins_no_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let missing = User { id: UserId(user.id.0 + 1), ..user.clone() };
    assert_eq!(repositories.log_in(&missing, 1).await, None);
    assert_unchanged(&repositories, &user).await;
    assert_eq!(repositories.list(&missing).await, []);
}

async fn login_with_changed_password_begins_no_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let begun = repositories.sessions.begin(user.id, &another_hash().into(), new_session(1)).await;
    assert_eq!(begun.unwrap(), None);
    assert_unchanged(&repositories, &user).await;
    assert!(repositories.session(0).await.is_some());
}

async fn login_with_taken_session_id_changes_nothing(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let begun = repositories.sessions.begin(user.id, &password_hash().into(), at(60, 0)).await;
    assert!(begun.is_err());
    assert_unchanged(&repositories, &user).await;
    assert_eq!(repositories.session(0).await.unwrap().created_at, noon());
    assert!(repositories.log_in(&user, 1).await.is_some());
}

async fn login_ends_the_sessions_that_it_replaces(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    let begin = async |user: &User, number, replaces: &[u8]| {
        let session = browser_session(number, replaces);
        repositories
            .sessions
            .begin(user.id, &password_hash().into(), session)
            .await
            .unwrap()
            .unwrap();
    };
    begin(&user, 1, &[]).await;
    begin(&user, 2, &[1]).await;
    assert_eq!(repositories.existing(0..10).await, [0, 2, 9]);
    begin(&user, 3, &[]).await;
    begin(&other, 4, &[]).await;
    // Replaces several sessions, of its own account and of another. Unknown secrets are ignored.
    begin(&user, 5, &[2, 99, 4, 1]).await;
    assert_eq!(repositories.existing(0..10).await, [0, 3, 5, 9]);
    let elsewhere = storage.open().await.sessions;
    for (number, exists) in [(1, false), (2, false), (3, true), (4, false), (5, true)] {
        let found = elsewhere.find_by_secret(&secret(number)).await.unwrap();
        assert_eq!(found.is_some(), exists, "{number}");
    }
}

async fn failed_login_replaces_nothing(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let sessions = &repositories.sessions;
    sessions.begin(user.id, &password_hash().into(), browser_session(1, &[])).await.unwrap();
    let missing = UserId(user.id.0 + 1);
    for (user_id, hash) in [(missing, password_hash()), (user.id, another_hash())] {
        let begun = sessions.begin(user_id, &hash.into(), browser_session(2, &[1])).await.unwrap();
        assert_eq!(begun, None);
    }
    assert!(
        sessions.begin(user.id, &password_hash().into(), browser_session(0, &[1])).await.is_err()
    );
    assert!(sessions.find_by_secret(&secret(1)).await.unwrap().is_some());
}

async fn racing_logins_that_replace_the_same_sessions_all_begin(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 99).await;
    let users = [user, other];
    let replaced = [[1, 2, 3, 4], [4, 3, 2, 1], [2, 1, 4, 3], [3, 4, 1, 2]];
    for number in 1..=4 {
        let user = users[usize::from(number % 2)].id;
        let session = browser_session(number, &[]);
        repositories.sessions.begin(user, &password_hash().into(), session).await.unwrap();
    }
    let begun =
        race(&storage, 20, |repositories, number| {
            let user = users[usize::from(number % 3 % 2)].id;
            let session = browser_session(number + 10, &replaced[usize::from(number % 4)]);
            async move {
                repositories.sessions.begin(user, &password_hash().into(), session).await.unwrap()
            }
        })
        .await;
    assert!(begun.iter().all(Option::is_some));
    assert_eq!(repositories.existing(1..30).await, (10..30).collect::<Vec<_>>());
}

fn rehashed() -> VerifiedPassword {
    VerifiedPassword { hash: password_hash(), rehashed: Some(another_hash()) }
}

async fn rehashed_password_replaces_the_verified_hash(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let begun = repositories.sessions.begin(user.id, &rehashed(), at(60, 1)).await.unwrap();
    assert_eq!(begun, Some(User { last_login: Some(minutes(60)), ..user.clone() }));
    assert_eq!(repositories.existing(0..3).await, [0, 1]);
    let elsewhere = storage.open().await;
    let stored = elsewhere.account("test@example.com").await.unwrap().password_hash;
    assert_eq!(stored.expose(), another_hash().expose());
    assert_eq!(elsewhere.log_in(&user, 2).await, None);
    let sessions = &elsewhere.sessions;
    let begun = sessions.begin(user.id, &another_hash().into(), new_session(2)).await.unwrap();
    assert!(begun.is_some());
}

async fn failed_login_stores_no_new_hash(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = VerifiedPassword { hash: another_hash(), rehashed: Some(another_hash()) };
    let begun = repositories.sessions.begin(user.id, &other, new_session(1)).await;
    assert_eq!(begun.unwrap(), None);
    // The id of session 0 is taken.
    assert!(repositories.sessions.begin(user.id, &rehashed(), new_session(0)).await.is_err());
    repositories.users.set_active(user.id, false).await.unwrap();
    let begun = repositories.sessions.begin(user.id, &rehashed(), new_session(1)).await;
    assert_eq!(begun.unwrap(), None);
    let stored = repositories.account("test@example.com").await.unwrap().password_hash;
    assert_eq!(stored.expose(), password_hash().expose());
}

async fn of_racing_logins_that_rehash_a_password_one_begins(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let begun = race(&storage, 20, |repositories, number| async move {
        let rehashed = Some(PasswordHash::new(format!("$argon2id${number}")));
        let verified = VerifiedPassword { hash: password_hash(), rehashed };
        let session = new_session(number + 10);
        let begun = repositories.sessions.begin(user.id, &verified, session).await.unwrap();
        begun.map(|_| number)
    })
    .await;
    let winners: Vec<u8> = begun.into_iter().flatten().collect();
    let [winner] = winners[..] else { panic!("{winners:?}") };
    let stored = repositories.account("test@example.com").await.unwrap().password_hash;
    assert_eq!(stored.expose(), format!("$argon2id${winner}"));
    assert_eq!(repositories.existing(10..30).await, [winner + 10]);
}
