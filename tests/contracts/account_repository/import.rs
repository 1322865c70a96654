use chrono::TimeDelta;
use coach_core::domain::{Credentials, FullName, ImportedAccount};

use crate::{
    Storage, another_hash, email, minutes, new_user, noon, on_every_storage, password_hash, race,
};

on_every_storage! {
    imported_accounts_are_found_as_they_were
    known_addresses_are_skipped_and_stay_as_they_are
    imported_ids_are_new
    racing_imports_create_each_account_once
    nothing_is_imported_from_an_empty_list
    known_addresses_are_counted
}

fn imported(address: &str) -> ImportedAccount {
    ImportedAccount {
        email: email(address),
        full_name: None,
        password_hash: another_hash(),
        is_active: true,
        created_at: minutes(-5),
        last_login: None,
    }
}

async fn imported_accounts_are_found_as_they_were(storage: Storage) {
    let repositories = storage.open().await;
    let named = ImportedAccount {
        full_name: FullName::parse("Test User").unwrap(),
        is_active: false,
        last_login: Some(noon() - TimeDelta::days(3)),
        ..imported("a@example.com")
    };
    let both = vec![named, imported("b@example.com")];
    assert_eq!(repositories.accounts.import(both).await.unwrap(), 2);
    let Credentials { user, password_hash } = repositories.account("a@example.com").await.unwrap();
    assert_eq!(password_hash.expose(), another_hash().expose());
    assert_eq!(user.full_name.unwrap().as_str(), "Test User");
    assert_eq!((user.is_active, user.created_at), (false, minutes(-5)));
    assert_eq!(user.last_login, Some(noon() - TimeDelta::days(3)));
    let user = repositories.account("b@example.com").await.unwrap().user;
    assert!(user.is_active && user.full_name.is_none() && user.last_login.is_none());
}

async fn known_addresses_are_skipped_and_stay_as_they_are(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let accounts = || vec![imported("test@example.com"), imported("b@example.com")];
    assert_eq!(repositories.accounts.import(accounts()).await.unwrap(), 1);
    assert_eq!(repositories.accounts.import(accounts()).await.unwrap(), 0);
    let twice = vec![imported("c@example.com"), imported("c@example.com")];
    assert_eq!(repositories.accounts.import(twice).await.unwrap(), 1);
    let found = repositories.account("test@example.com").await.unwrap();
    assert_eq!((&found.user, found.password_hash.expose()), (&user, password_hash().expose()));
    assert!(repositories.session(0).await.is_some());
}

async fn imported_ids_are_new(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    assert!(repositories.accounts.remove(user.id).await.unwrap());
    repositories.accounts.import(vec![imported("b@example.com")]).await.unwrap();
    let imported = repositories.account("b@example.com").await.unwrap().user;
    assert!(imported.id > user.id);
    let next = repositories.accounts.add(new_user("c@example.com"), None).await.unwrap();
    assert!(next.id > imported.id);
}

async fn racing_imports_create_each_account_once(storage: Storage) {
    let new = race(&storage, 8, |repositories, number| async move {
        let addresses = (0..20).map(|index| (index + number) % 20);
        let accounts = addresses.map(|index| imported(&format!("{index}@example.com")));
        // Two imports that insert in different orders can wait for each other. PostgreSQL then ends one.
        let mut accounts: Vec<_> = accounts.collect();
        accounts.sort_by(|one, other| one.email.as_str().cmp(other.email.as_str()));
        repositories.accounts.import(accounts).await.unwrap()
    })
    .await;
    assert_eq!(new.into_iter().sum::<usize>(), 20);
    assert_eq!(storage.open().await.account_ids(100).await.len(), 20);
}

async fn nothing_is_imported_from_an_empty_list(storage: Storage) {
    let repositories = storage.open().await;
    assert_eq!(repositories.accounts.import(Vec::new()).await.unwrap(), 0);
}

async fn known_addresses_are_counted(storage: Storage) {
    let (repositories, _) = storage.with_user().await;
    let emails = vec![email("test@example.com"), email("b@example.com")];
    assert_eq!(repositories.accounts.count_known(emails).await.unwrap(), 1);
    assert_eq!(repositories.accounts.count_known(Vec::new()).await.unwrap(), 0);
}
