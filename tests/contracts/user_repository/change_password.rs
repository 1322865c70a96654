use coach_core::{
    domain::{PasswordHash, User, UserId},
    ports::PasswordChange,
};

use crate::{
    Storage, another_hash, at, browser_session, id, minutes, new_session, new_user,
    on_every_storage, password_hash, race, secret, storage::Repositories,
};

on_every_storage! {
    changed_password_ends_every_session_but_the_new_one
    change_of_password_keeps_the_previous_login_of_its_session
    password_is_not_changed_unless_its_present_hash_was_verified
    password_is_not_changed_in_a_session_that_ended
    password_is_not_changed_in_a_session_of_another_account
    password_of_inactive_account_is_not_changed
    password_of_missing_account_is_not_changed
    change_of_password_with_taken_session_id_changes_nothing
    racing_changes_of_one_password_change_it_once
    login_that_races_a_change_of_password_does_not_outlive_it
}

/// A change to the hash "new" that is made in session 0 and begins session `number`.
fn change(number: u8) -> PasswordChange {
    PasswordChange {
        verified: password_hash(),
        new: PasswordHash::new("new".to_owned()),
        made_in: id(0),
        session: browser_session(number, &[]),
    }
}

/// Asserts that the change is refused and nothing has changed. Session 2 belongs to the change.
async fn assert_refused(repositories: &Repositories, user: &User, refused: PasswordChange) {
    assert_eq!(repositories.users.change_password(user.id, refused).await.unwrap(), None);
    assert_unchanged(repositories).await;
    assert!(repositories.session(2).await.is_none());
}

async fn assert_unchanged(repositories: &Repositories) {
    let found = repositories.account("test@example.com").await.unwrap();
    assert_eq!(found.password_hash.expose(), password_hash().expose());
}

/// ASVS 7.4.3.
async fn changed_password_ends_every_session_but_the_new_one(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.create(new_user("b@example.com"), browser_session(9, &[])).await.unwrap();
    repositories.users.create(new_user("c@example.com"), browser_session(8, &[])).await.unwrap();
    let session = browser_session(1, &[]);
    let user =
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    let user = user.unwrap();
    let change = PasswordChange { session: browser_session(2, &[8]), ..change(2) };
    let changed = repositories.users.change_password(user.id, change).await.unwrap();
    assert_eq!(changed, Some(user));

    let elsewhere = storage.open().await;
    assert_eq!(elsewhere.existing(0..10).await, [2, 9]);
    assert!(elsewhere.sessions.find_by_secret(&secret(2)).await.unwrap().is_some());
    let hash = async |address| elsewhere.account(address).await.unwrap().password_hash;
    assert_eq!(hash("test@example.com").await.expose(), "new");
    assert_eq!(hash("b@example.com").await.expose(), password_hash().expose());
}

async fn change_of_password_keeps_the_previous_login_of_its_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for (after_noon, number) in [(60, 1), (90, 2), (95, 3)] {
        let session = at(after_noon, number);
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    }
    let change = PasswordChange { made_in: id(2), ..change(4) };
    repositories.users.change_password(user.id, change).await.unwrap().unwrap();
    let elsewhere = storage.open().await;
    assert_eq!(elsewhere.session(4).await.unwrap().previous_login, Some(minutes(60)));
}

async fn password_is_not_changed_unless_its_present_hash_was_verified(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let unverified = PasswordChange { verified: another_hash(), ..change(2) };
    assert_refused(&repositories, &user, unverified).await;
    assert!(repositories.session(0).await.is_some());
}

async fn password_is_not_changed_in_a_session_that_ended(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.log_in(&user, 1).await.unwrap();
    assert_refused(&repositories, &user, PasswordChange { made_in: id(5), ..change(2) }).await;
    repositories.sessions.end(user.id, id(0)).await.unwrap();
    assert_refused(&repositories, &user, change(2)).await;
    assert!(repositories.session(1).await.is_some());
}

async fn password_is_not_changed_in_a_session_of_another_account(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.register("b@example.com", 9).await;
    assert_refused(&repositories, &user, PasswordChange { made_in: id(9), ..change(2) }).await;
    assert_eq!(repositories.existing(0..10).await, [0, 9]);
}

async fn password_of_inactive_account_is_not_changed(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.set_active(user.id, false).await.unwrap();
    assert_refused(&repositories, &user, change(2)).await;
}

async fn password_of_missing_account_is_not_changed(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let missing = User { id: UserId(user.id.0 + 1), ..user };
    assert_refused(&repositories, &missing, change(2)).await;
    assert!(repositories.session(0).await.is_some());
}

async fn change_of_password_with_taken_session_id_changes_nothing(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 2).await;
    assert!(repositories.users.change_password(user.id, change(2)).await.is_err());
    assert_unchanged(&repositories).await;
    assert!(repositories.session(0).await.is_some());
    assert_eq!(repositories.session(2).await.unwrap().user_id, other.id);
}

async fn racing_changes_of_one_password_change_it_once(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let changed = race(&storage, 16, move |repositories, number| async move {
        repositories.users.change_password(user.id, change(number + 1)).await.unwrap()
    })
    .await;
    assert_eq!(changed.into_iter().flatten().count(), 1);
    assert_eq!(repositories.existing(0..17).await.len(), 1);
    assert!(repositories.session(0).await.is_none());
}

async fn login_that_races_a_change_of_password_does_not_outlive_it(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let id = user.id;
    race(&storage, 20, move |repositories, number| async move {
        if number == 10 {
            let changed = repositories.users.change_password(id, change(number)).await;
            assert!(changed.unwrap().is_some());
        } else {
            let session = new_session(number + 1);
            repositories.sessions.begin(id, &password_hash().into(), session).await.unwrap();
        }
    })
    .await;
    let left: Vec<_> = repositories.list(&user).await.into_iter().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(repositories.sessions.find_by_secret(&secret(10)).await.unwrap().is_some());
}
