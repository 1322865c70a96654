//! Password hashes with another scheme than new ones.

use std::sync::Arc;

use coach_core::{
    domain::{AuthEvent, Channel, Client, EmailUpdate, NewPassword, PasswordHash, ProfileUpdate},
    ports::{AuthSessionRepository as _, PasswordHasherError, Verdict},
    services::{AuthService, LoginError, SignedIn},
};
use coach_tests::PASSWORD;

use crate::{
    fakes::{OUTDATED, RETRY_AFTER, hasher_failed, idle_hasher},
    fixture::{EMAIL, NEW_PASSWORD, OTHER_EMAIL, WRONG, World, claims, email, now, password},
    races::race,
};

const TOKENS: Channel = Channel::Tokens;

/// Logs in while the caller's password is verified, which replaces the outdated hash.
fn log_in(auth: &AuthService) {
    now(auth.log_in(EMAIL, &password(PASSWORD), TOKENS, Client::default())).unwrap();
}

#[tokio::test]
async fn login_replaces_an_outdated_hash_once() {
    let (world, first) = World::with_outdated_hash().await;
    let user_id = first.user.id;
    let user = world.log_in(EMAIL, PASSWORD, TOKENS).await.unwrap();
    let session_id = claims(&user).session_id;
    let logged_in = AuthEvent::LoggedIn { user_id, session_id };
    assert_eq!(world.events(), [AuthEvent::PasswordRehashed { user_id }, logged_in]);
    let replaced = world.stored_hash().await;
    assert!(!replaced.starts_with(OUTDATED) && replaced.ends_with(PASSWORD), "{replaced}");
    assert!(world.is_live(&first).await && world.is_live(&user).await);
    world.log_in(EMAIL, PASSWORD, TOKENS).await.unwrap();
    assert!(matches!(world.events()[..], [AuthEvent::LoggedIn { .. }]));
    assert_eq!(world.stored_hash().await, replaced);
}

#[tokio::test]
async fn wrong_password_changes_no_outdated_hash() {
    let (world, _) = World::with_outdated_hash().await;
    let stored = world.stored_hash().await;
    for wrong in [WRONG, "", OUTDATED] {
        let refused = world.log_in(EMAIL, wrong, TOKENS).await;
        assert_refused!(refused, LoginError::InvalidCredentials);
    }
    assert_eq!(world.stored_hash().await, stored);
}

#[tokio::test]
async fn inactive_account_keeps_its_outdated_hash() {
    let (mut world, user) = World::with_outdated_hash().await;
    world.deactivate(&user).await;
    let stored = world.stored_hash().await;
    // An attempt to hash would panic.
    let mut hasher = idle_hasher();
    hasher.expect_verify().returning(|_, _, _| Ok(Verdict::RightButOutdated));
    world.ports.password_hasher = Arc::new(hasher);
    assert_refused!(world.log_in(EMAIL, PASSWORD, TOKENS).await, LoginError::Inactive);
    assert_eq!(world.stored_hash().await, stored);
}

#[tokio::test]
async fn login_succeeds_if_the_outdated_hash_cannot_be_replaced() {
    let busy = || PasswordHasherError::Busy { retry_after: RETRY_AFTER };
    for (error, refusals) in [(busy as fn() -> _, 1), (hasher_failed, 0)] {
        let (mut world, _) = World::with_outdated_hash().await;
        let stored = world.stored_hash().await;
        let mut hasher = idle_hasher();
        hasher.expect_verify().returning(|_, _, _| Ok(Verdict::RightButOutdated));
        hasher.expect_hash().returning(move |_| Err(error()));
        world.ports.password_hasher = Arc::new(hasher);
        let user = world.log_in(EMAIL, PASSWORD, TOKENS).await.unwrap();
        assert!(world.is_live(&user).await);
        assert_eq!(world.stored_hash().await, stored);
        let events = world.events();
        let refused = events.iter().filter(|event| **event == AuthEvent::PasswordWorkRefused);
        assert_eq!((refused.count(), events.len()), (refusals, refusals + 1), "{events:?}");
    }
}

#[tokio::test]
async fn login_succeeds_if_another_one_replaces_the_hash_first() {
    let (mut world, first) = World::with_outdated_hash().await;
    world.while_verifying(log_in);
    let user = world.log_in(EMAIL, PASSWORD, TOKENS).await.unwrap();
    assert!(world.is_live(&user).await);
    let events = world.events();
    let rehashed = AuthEvent::PasswordRehashed { user_id: first.user.id };
    assert_eq!(events.iter().filter(|event| **event == rehashed).count(), 1, "{events:?}");
    assert_eq!(world.count_sessions(first.user.id).await, 3);
}

#[tokio::test]
async fn login_with_an_outdated_hash_does_not_outlive_the_password() {
    let (mut world, user) = World::with_outdated_hash().await;
    let caller = world.caller(&user).await;
    world.while_verifying(move |auth| {
        let (current, new) = (password(PASSWORD), NewPassword::parse(NEW_PASSWORD).unwrap());
        now(auth.change_password(&caller, &current, new, TOKENS, Client::default())).unwrap();
    });
    let refused = world.log_in(EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(refused, LoginError::InvalidCredentials);
    assert!(world.stored_hash().await.ends_with(NEW_PASSWORD));
    assert_eq!(world.count_sessions(user.user.id).await, 1);
}

#[tokio::test]
async fn account_deactivated_after_its_hash_was_replaced_is_inactive() {
    let (mut world, user) = World::with_outdated_hash().await;
    let user_id = user.user.id;
    let operator = world.operator();
    world.while_verifying(move |auth| {
        log_in(auth);
        now(operator.deactivate(user_id)).unwrap();
    });
    assert_refused!(world.log_in(EMAIL, PASSWORD, TOKENS).await, LoginError::Inactive);
}

#[tokio::test]
async fn every_change_accepts_an_outdated_hash_even_if_a_login_replaces_it_meanwhile() {
    for races in [false, true] {
        for change in [change_password, change_email, delete] {
            let (mut world, user) = World::with_outdated_hash().await;
            if races {
                world.while_verifying(log_in);
            }
            change(&world, &user);
        }
    }
}

fn change_password(world: &World, user: &SignedIn) {
    now(world.change_password(user, PASSWORD, NEW_PASSWORD, TOKENS)).unwrap();
    assert!(now(world.stored_hash()).ends_with(NEW_PASSWORD));
}

fn change_email(world: &World, user: &SignedIn) {
    let email = EmailUpdate { email: email(OTHER_EMAIL), current_password: password(PASSWORD) };
    let update = ProfileUpdate { email: Some(email), full_name: None };
    let updated = now(world.auth().update_profile(&now(world.caller(user)), update)).unwrap();
    assert_eq!(updated.email.as_str(), OTHER_EMAIL);
}

fn delete(world: &World, user: &SignedIn) {
    let caller = now(world.caller(user));
    now(world.auth().delete_account(&caller, &password(PASSWORD))).unwrap();
    assert!(now(world.memory.find(caller.session.id)).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_logins_all_succeed_and_replace_an_outdated_hash_once() {
    let (world, user) = World::with_outdated_hash().await;
    let world = Arc::new(world);
    let results =
        race(&world, 32, async |world: Arc<World>, _| world.log_in(EMAIL, PASSWORD, TOKENS).await)
            .await;
    for result in results {
        assert!(world.is_live(&result.unwrap()).await);
    }
    let rehashed = AuthEvent::PasswordRehashed { user_id: user.user.id };
    assert_eq!(world.events().iter().filter(|event| **event == rehashed).count(), 1);
    assert!(!world.stored_hash().await.starts_with(OUTDATED));
}

#[tokio::test]
async fn login_covers_the_schemes_of_all_accounts() {
    let mut world = World::new();
    let hashes = ["$2b$12$aaaaaaaaaaa", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"];
    for (number, hash) in hashes.into_iter().enumerate() {
        world.ports.password_hasher = Arc::new({
            let mut hasher = idle_hasher();
            hasher.expect_hash().returning(move |_| Ok(PasswordHash::new(hash.to_owned())));
            hasher
        });
        world.user(&format!("{number}@example.com")).await;
    }
    for address in ["0@example.com", "1@example.com", OTHER_EMAIL, "no address"] {
        let mut hasher = idle_hasher();
        let covering = hasher.expect_verify().times(1).withf(|_, _, schemes| {
            let schemes: Vec<_> = schemes.iter().map(|scheme| scheme.as_str()).collect();
            schemes == ["$2b$12$", "$argon2i$v=19$m=8,t=1,p=1$"]
        });
        covering.returning(|_, _, _| Ok(Verdict::Wrong));
        world.ports.password_hasher = Arc::new(hasher);
        let refused = world.log_in(address, PASSWORD, TOKENS).await;
        assert_refused!(refused, LoginError::InvalidCredentials);
    }
}
