use coach_core::{
    domain::{AuthEvent, Channel, Client, NewPassword},
    ports::UserRepository as _,
    services::{ConfirmPasswordError, LoginError},
};
use coach_tests::PASSWORD;

use crate::fixture::{EMAIL, NEW_PASSWORD, OTHER_EMAIL, WRONG, World, email, now, password};

#[tokio::test]
async fn deleted_account_is_gone_with_its_sessions() {
    let (world, user) = World::with_user().await;
    let (user_id, caller) = (user.user.id, world.caller(&user).await);
    let (browser, stranger) = (world.browser().await, world.user(OTHER_EMAIL).await);
    world.auth().delete_account(&caller, &password(PASSWORD)).await.unwrap();
    assert_eq!(world.events(), [AuthEvent::AccountDeleted { user_id }]);
    assert!(!world.is_live(&user).await && !world.is_live(&browser).await);
    assert_eq!(world.count_sessions(user_id).await, 0);
    assert!(world.memory.find_credentials(&email(EMAIL)).await.unwrap().is_none());
    let refused = world.log_in(EMAIL, PASSWORD, Channel::Tokens).await;
    assert_refused!(refused, LoginError::InvalidCredentials);
    assert!(world.is_live(&stranger).await);
}

#[tokio::test]
async fn address_of_a_deleted_account_is_free_for_a_new_account() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    world.auth().delete_account(&caller, &password(PASSWORD)).await.unwrap();
    let next = world.user(EMAIL).await;
    assert_ne!(next.user.id, user.user.id);
    assert!(world.authenticate(&user).await.is_err());
}

#[tokio::test]
async fn wrong_password_deletes_nothing() {
    let (world, user) = World::with_user().await;
    let (user_id, caller) = (user.user.id, world.caller(&user).await);
    let refused = world.auth().delete_account(&caller, &password(WRONG)).await;
    assert_refused!(refused, ConfirmPasswordError::WrongPassword);
    assert_eq!(world.events(), [AuthEvent::ConfirmationFailed { user_id }]);
    assert!(world.is_live(&user).await);
}

#[tokio::test]
async fn account_is_deleted_once() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    world.auth().delete_account(&caller, &password(PASSWORD)).await.unwrap();
    let next = world.user(EMAIL).await;
    let refused = world.auth().delete_account(&caller, &password(PASSWORD)).await;
    assert_refused!(refused, ConfirmPasswordError::SessionEnded);
    assert_eq!(world.events(), []);
    assert!(world.is_live(&next).await);
}

#[tokio::test]
async fn inactive_account_cannot_be_deleted_by_its_user() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    world.deactivate(&user).await;
    let refused = world.auth().delete_account(&caller, &password(PASSWORD)).await;
    assert_refused!(refused, ConfirmPasswordError::SessionEnded);
    assert_eq!(world.events(), []);
    assert!(world.memory.find_credentials(&email(EMAIL)).await.unwrap().is_some());
}

#[tokio::test]
async fn account_whose_password_changed_meanwhile_is_not_deleted() {
    let (mut world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    let elsewhere = caller.clone();
    world.while_verifying(move |auth| {
        let (current, new) = (password(PASSWORD), NewPassword::parse(NEW_PASSWORD).unwrap());
        let (channel, client) = (Channel::Tokens, Client::default());
        now(auth.change_password(&elsewhere, &current, new, channel, client)).unwrap();
    });
    let refused = world.auth().delete_account(&caller, &password(PASSWORD)).await;
    assert_refused!(refused, ConfirmPasswordError::SessionEnded);
    let events = world.events();
    assert!(matches!(events[..], [AuthEvent::PasswordChanged { .. }]), "{events:?}");
    world.log_in(EMAIL, NEW_PASSWORD, Channel::Tokens).await.unwrap();
}
