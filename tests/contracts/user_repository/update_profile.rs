use coach_core::{
    domain::{FullName, PasswordHash, ProfileChange, UserId},
    ports::{PasswordChange, SaveUserError},
};

use crate::{
    Storage, another_hash, email, id, new_session, new_user, on_every_storage, password_hash, race,
    storage::Repositories,
};

on_every_storage! {
    name_is_set_kept_and_removed
    account_is_found_at_its_new_address_only
    address_is_not_changed_unless_the_present_hash_was_verified
    address_confirmed_with_a_former_password_is_not_changed
    taken_address_changes_nothing
    own_address_is_not_taken
    racing_changes_to_one_address_give_it_to_one_account
    racing_registration_and_changes_give_an_address_to_one_account
    profile_of_inactive_account_is_not_changed
    profile_of_missing_account_is_not_changed
}

fn to_name(name: &str) -> ProfileChange {
    ProfileChange { full_name: Some(FullName::parse(name).unwrap()), email: None }
}

fn to_address(address: &str) -> ProfileChange {
    confirmed_with(address, password_hash())
}

/// A change of address whose password was compared with `verified`.
fn confirmed_with(address: &str, verified: PasswordHash) -> ProfileChange {
    ProfileChange { full_name: None, email: Some((email(address), verified)) }
}

async fn name_is_set_kept_and_removed(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let elsewhere = storage.open().await;
    for (change, name) in [
        (ProfileChange::default(), Some("Test User")),
        (to_name("李小龍"), Some("李小龍")),
        (to_address("new@example.com"), Some("李小龍")),
        (to_name(""), None),
        (ProfileChange::default(), None),
        (to_name("Again"), Some("Again")),
    ] {
        let changed = repositories.users.update_profile(user.id, change).await.unwrap().unwrap();
        assert_eq!(changed.full_name.as_ref().map(FullName::as_str), name);
        let found = elsewhere.account(changed.email.as_str()).await.unwrap().user;
        assert_eq!(found, changed);
    }
    assert!(repositories.session(0).await.is_some());
}

async fn account_is_found_at_its_new_address_only(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let change = ProfileChange { full_name: Some(None), ..to_address("new@example.com") };
    let changed = repositories.users.update_profile(user.id, change).await.unwrap().unwrap();
    assert_eq!((changed.id, &changed.email), (user.id, &email("new@example.com")));

    let elsewhere = storage.open().await;
    let found = elsewhere.account("new@example.com").await.unwrap();
    assert_eq!((&found.user, found.user.full_name.is_none()), (&changed, true));
    assert_eq!(found.password_hash.expose(), password_hash().expose());
    assert_eq!(elsewhere.sessions.find(id(0)).await.unwrap().unwrap().user, changed);
    assert!(elsewhere.account("test@example.com").await.is_none());
    assert!(elsewhere.register("test@example.com", 1).await.id > user.id);
}

async fn address_is_not_changed_unless_the_present_hash_was_verified(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let change = ProfileChange {
        full_name: Some(None),
        ..confirmed_with("new@example.com", another_hash())
    };
    assert_eq!(repositories.users.update_profile(user.id, change).await.unwrap(), None);
    assert_eq!(repositories.account("test@example.com").await.unwrap().user, user);
    assert!(repositories.account("new@example.com").await.is_none());
}

async fn address_confirmed_with_a_former_password_is_not_changed(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let change = PasswordChange {
        verified: password_hash(),
        new: another_hash(),
        made_in: id(0),
        session: new_session(1),
    };
    repositories.users.change_password(user.id, change).await.unwrap().unwrap();
    let update = async |change| repositories.users.update_profile(user.id, change).await.unwrap();
    assert_eq!(update(to_address("new@example.com")).await, None);
    assert!(update(confirmed_with("new@example.com", another_hash())).await.is_some());
}

async fn taken_address_changes_nothing(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 1).await;
    let change = ProfileChange { full_name: Some(None), ..to_address("b@example.com") };
    let error = repositories.users.update_profile(user.id, change).await.unwrap_err();
    assert!(matches!(error, SaveUserError::EmailTaken), "{error:?}");
    assert_eq!(repositories.account("test@example.com").await.unwrap().user, user);
    assert_eq!(repositories.account("b@example.com").await.unwrap().user, other);
}

async fn own_address_is_not_taken(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let change = to_address("test@example.com");
    let changed = repositories.users.update_profile(user.id, change).await.unwrap();
    assert_eq!(changed, Some(user));
}

async fn racing_changes_to_one_address_give_it_to_one_account(storage: Storage) {
    let repositories = storage.open().await;
    let mut users = Vec::new();
    for number in 0..20 {
        users.push(repositories.register(&format!("user{number}@example.com"), number).await.id);
    }
    let results = race(&storage, 20, |repositories, number| {
        let id = users[usize::from(number)];
        async move { repositories.users.update_profile(id, to_address("new@example.com")).await }
    })
    .await;
    let taken = |result: &&Result<_, _>| matches!(result, Err(SaveUserError::EmailTaken));
    let changed: Vec<_> = results.iter().flatten().flatten().collect();
    assert_eq!((changed.len(), results.iter().filter(taken).count()), (1, 19), "{results:?}");
    assert_eq!(repositories.account("new@example.com").await.unwrap().user, *changed[0]);
}

async fn racing_registration_and_changes_give_an_address_to_one_account(storage: Storage) {
    let repositories = storage.open().await;
    let mut users = Vec::new();
    for number in 0..10 {
        users.push(repositories.register(&format!("user{number}@example.com"), number).await.id);
    }
    let results = race(&storage, 20, |Repositories { users: repository, .. }, number| {
        let user = users.get(usize::from(number / 2)).copied().filter(|_| number % 2 == 0);
        async move {
            match user {
                Some(id) => repository.update_profile(id, to_address("new@example.com")).await,
                None => {
                    let user = new_user("new@example.com");
                    repository.create(user, new_session(100 + number)).await.map(Some)
                }
            }
        }
    })
    .await;
    let taken = |result: &&Result<_, _>| matches!(result, Err(SaveUserError::EmailTaken));
    let saved: Vec<_> = results.iter().flatten().flatten().collect();
    assert_eq!((saved.len(), results.iter().filter(taken).count()), (1, 19), "{results:?}");
    assert_eq!(repositories.account("new@example.com").await.unwrap().user, *saved[0]);
}

async fn profile_of_inactive_account_is_not_changed(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.users.set_active(user.id, false).await.unwrap();
    for change in [to_name("New"), to_address("new@example.com"), ProfileChange::default()] {
        assert_eq!(repositories.users.update_profile(user.id, change).await.unwrap(), None);
    }
    let found = repositories.account("test@example.com").await.unwrap().user;
    assert_eq!(found.full_name, user.full_name);
}

async fn profile_of_missing_account_is_not_changed(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let missing = UserId(user.id.0 + 1);
    for change in [to_name("New"), to_address("new@example.com"), ProfileChange::default()] {
        assert_eq!(repositories.users.update_profile(missing, change).await.unwrap(), None);
    }
    assert!(repositories.account("new@example.com").await.is_none());
}
