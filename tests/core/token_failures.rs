//! Access tokens that cannot be made. The session was stored before, so a later login or a retry works.

use std::sync::Arc;

use coach_core::{
    domain::{AuthEvent, Channel},
    services::{ChangePasswordError, LoginError, RefreshError, RegisterError, SignedIn},
};
use coach_tests::PASSWORD;

use crate::{
    fakes::{access_tokens, failing_access_tokens},
    fixture::{EMAIL, NEW_PASSWORD, OTHER_EMAIL, World, claims, replacing},
};

async fn failing() -> (World, SignedIn) {
    let (mut world, user) = World::with_user().await;
    world.ports.access_tokens = Arc::new(failing_access_tokens());
    (world, user)
}

#[tokio::test]
async fn account_is_created_even_if_its_first_token_cannot_be_made() {
    let (mut world, _) = failing().await;
    let failed = world.register(OTHER_EMAIL, PASSWORD, Channel::Tokens).await;
    assert_refused!(failed, RegisterError::AccessTokens(_));
    let events = world.events();
    assert!(matches!(events[..], [AuthEvent::Registered { .. }]), "{events:?}");
    world.ports.access_tokens = Arc::new(access_tokens());
    world.log_in(OTHER_EMAIL, PASSWORD, Channel::Tokens).await.unwrap();
}

#[tokio::test]
async fn session_begins_even_if_its_token_cannot_be_made() {
    let (world, user) = failing().await;
    let failed = world.log_in(EMAIL, PASSWORD, Channel::Tokens).await;
    assert_refused!(failed, LoginError::AccessTokens(_));
    let events = world.events();
    assert!(matches!(events[..], [AuthEvent::LoggedIn { .. }]), "{events:?}");
    assert_eq!(world.count_sessions(user.user.id).await, 2);
}

#[tokio::test]
async fn password_is_changed_even_if_the_token_cannot_be_made() {
    let (world, user) = failing().await;
    let failed = world.change_password(&user, PASSWORD, NEW_PASSWORD, Channel::Tokens).await;
    assert_refused!(failed, ChangePasswordError::AccessTokens(_));
    let events = world.events();
    assert!(matches!(events[..], [AuthEvent::PasswordChanged { .. }]), "{events:?}");
    assert!(!world.is_live(&user).await);
    world.log_in(EMAIL, NEW_PASSWORD, replacing(&[])).await.unwrap();
}

#[tokio::test]
async fn refresh_can_be_repeated_after_its_token_could_not_be_made() {
    let (mut world, user) = failing().await;
    let session_id = claims(&user).session_id;
    assert_refused!(world.refresh(&user).await, RefreshError::AccessTokens(_));
    assert_eq!(world.events(), [AuthEvent::Refreshed { user_id: user.user.id, session_id }]);
    world.ports.access_tokens = Arc::new(access_tokens());
    let next = world.refresh(&user).await.unwrap();
    assert!(world.refresh(&next).await.is_ok());
}
