use coach_core::{
    domain::{EmailAddress, NewUser, PasswordHash},
    ports::{LoginLookup, MAX_SCHEMES},
};

use crate::{Storage, email, id, new_session, new_user, on_every_storage, storage::Repositories};

on_every_storage! {
    account_is_found_together_with_the_schemes
    every_outdated_scheme_is_listed_once
    no_account_has_no_scheme
    schemes_are_listed_up_to_the_limit
    replaced_hash_is_no_longer_listed
}

/// Registers an account with this hash. Its session has the same number.
async fn register(repositories: &Repositories, number: u8, hash: &str) {
    let user = new_user(&format!("{number}@example.com"));
    let user = NewUser { password_hash: PasswordHash::new(hash.to_owned()), ..user };
    repositories.users.create(user, new_session(number)).await.unwrap();
}

async fn schemes(repositories: &Repositories) -> Vec<String> {
    let LoginLookup { schemes, .. } = repositories.users.find_for_login(None).await.unwrap();
    let mut schemes: Vec<_> =
        schemes.into_iter().map(|scheme| scheme.as_str().to_owned()).collect();
    schemes.sort();
    schemes
}

async fn account_is_found_together_with_the_schemes(storage: Storage) {
    let repositories = storage.open().await;
    let outdated = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    let current = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
    let found = async |address: &str| {
        let address = EmailAddress::parse(address).ok();
        let found = repositories.users.find_for_login(address.as_ref()).await.unwrap();
        let schemes: Vec<_> = found.schemes.iter().map(|scheme| scheme.as_str().len()).collect();
        assert!(schemes.contains(&"$2b$12$".len()), "{address:?}: {schemes:?}");
        found.credentials.map(|found| (found.user.email, found.password_hash.expose().to_owned()))
    };
    for (number, hash) in [(1, outdated), (2, current), (3, outdated)] {
        register(&repositories, number, hash).await;
    }
    for (number, hash) in [(1, outdated), (2, current), (3, outdated)] {
        let address = format!("{number}@example.com");
        assert_eq!(found(&address).await, Some((email(&address), hash.to_owned())));
    }
    assert_eq!(found("nobody@example.com").await, None);
    assert_eq!(found("no address").await, None);
}

async fn every_outdated_scheme_is_listed_once(storage: Storage) {
    let repositories = storage.open().await;
    let hashes = [
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$2b$12$zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "$2b$12$.....................................................",
        "$2b$13$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$2y$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=8,t=1,p=10$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=19456,t=2,p=10$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=19456,t=3,p=1$c2FsdHNhbHQ$aGFzaA",
        // Texts without a scheme.
        "",
        "!",
        "plain text",
        "$",
        "$$",
        "~",
    ];
    for (number, hash) in (0..).zip(hashes) {
        register(&repositories, number, hash).await;
    }
    let expected = [
        "$2b$12$",
        "$2b$13$",
        "$2y$12$",
        "$argon2i$v=19$m=8,t=1,p=1$",
        "$argon2id$v=19$m=19456,t=2,p=10$",
        "$argon2id$v=19$m=19456,t=3,p=1$",
        "$argon2id$v=19$m=8,t=1,p=1$",
        "$argon2id$v=19$m=8,t=1,p=10$",
    ];
    assert_eq!(schemes(&repositories).await, expected);
    assert_eq!(schemes(&storage.open().await).await, expected);
}

async fn no_account_has_no_scheme(storage: Storage) {
    assert_eq!(schemes(&storage.open().await).await, [""; 0]);
}

async fn schemes_are_listed_up_to_the_limit(storage: Storage) {
    let repositories = storage.open().await;
    for number in 0..40 {
        register(&repositories, number, &format!("$argon2id$v=19$m=8,t={number},p=1$c2Fs$aGFz"))
            .await;
    }
    assert_eq!(schemes(&repositories).await.len(), MAX_SCHEMES);
}

async fn replaced_hash_is_no_longer_listed(storage: Storage) {
    let repositories = storage.open().await;
    let outdated = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    register(&repositories, 1, outdated).await;
    assert_eq!(schemes(&repositories).await, ["$2b$12$"]);
    let user = repositories.sessions.find(id(1)).await.unwrap().unwrap().user;
    let verified = coach_core::ports::VerifiedPassword {
        hash: PasswordHash::new(outdated.to_owned()),
        rehashed: Some(PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2Fs$aGFz".to_owned())),
    };
    repositories.sessions.begin(user.id, &verified, new_session(2)).await.unwrap().unwrap();
    assert_eq!(schemes(&repositories).await, ["$argon2id$v=19$m=8,t=1,p=1$"]);
}
