use std::sync::Arc;

use chrono::TimeDelta;
use coach_core::{
    domain::{AuthEvent, Channel, Client, NewPassword, SessionPolicy},
    ports::{Clock as _, Verdict},
    services::LoginError,
};
use coach_tests::PASSWORD;

use crate::fakes::idle_hasher;
use crate::fixture::{
    EMAIL, INSTANT, NEW_PASSWORD, OTHER_EMAIL, WRONG, World, claims, now, password, tokens,
};

#[tokio::test]
async fn login_begins_another_session_and_sets_the_last_login() {
    let (world, first) = World::with_user().await;
    world.clock.advance(TimeDelta::hours(1));
    for spelling in [EMAIL, "TEST@EXAMPLE.COM", " Test@example.com\n"] {
        let user = world.log_in(spelling, PASSWORD, Channel::Tokens).await.unwrap();
        assert_eq!(user.user.id, first.user.id);
        assert_eq!(user.user.last_login, Some(world.clock.now()));
        let (user_id, session_id) = (user.user.id, claims(&user).session_id);
        assert_ne!(session_id, claims(&first).session_id);
        assert_eq!(world.events(), [AuthEvent::LoggedIn { user_id, session_id }]);
        assert!(world.is_live(&user).await);
    }
    assert!(world.is_live(&first).await);
    assert_eq!(world.count_sessions(first.user.id).await, 4);
}

#[tokio::test]
async fn session_tells_the_login_before_its_own() {
    let (world, registered) = World::with_user().await;
    let previous = async |user| world.caller(user).await.session.previous_login;
    world.clock.advance(TimeDelta::hours(1));
    let (first, at) = (world.device().await, world.clock.now());
    world.clock.advance(TimeDelta::hours(1));
    let second = world.browser().await;
    assert_eq!(previous(&registered).await, None);
    assert_eq!(previous(&first).await, None);
    assert_eq!(previous(&second).await, Some(at));
}

#[tokio::test]
async fn wrong_password_is_refused() {
    let (world, user) = World::with_user().await;
    for wrong in [WRONG, "", "testpass123!", "TestPass123! "] {
        let refused = world.log_in(EMAIL, wrong, Channel::Tokens).await;
        assert_refused!(refused, LoginError::InvalidCredentials);
        let user_id = Some(user.user.id);
        assert_eq!(world.events(), [AuthEvent::LoginFailed { user_id }]);
    }
    let stored = world.caller(&user).await.user;
    assert_eq!(stored.last_login, None);
    assert_eq!(world.count_sessions(user.user.id).await, 1);
}

#[tokio::test]
async fn unknown_and_malformed_addresses_are_refused_like_a_wrong_password() {
    let (world, _) = World::with_user().await;
    for unknown in [OTHER_EMAIL, "", "test", "a b@example.com", "test@example.com@example.com"] {
        let refused = world.log_in(unknown, PASSWORD, Channel::Tokens).await;
        assert_refused!(refused, LoginError::InvalidCredentials);
        assert_eq!(world.events(), [AuthEvent::LoginFailed { user_id: None }]);
    }
}

/// ASVS 6.3.8.
#[tokio::test]
async fn unknown_account_costs_one_verification_and_never_matches() {
    let (mut world, _) = World::with_user().await;
    for unknown in [OTHER_EMAIL, "no address"] {
        let mut hasher = idle_hasher();
        let without_hash = hasher.expect_verify().times(1).withf(|_, hash, _| hash.is_none());
        without_hash.returning(|_, _, _| Ok(Verdict::Right));
        world.ports.password_hasher = Arc::new(hasher);
        let refused = world.log_in(unknown, PASSWORD, Channel::Tokens).await;
        assert_refused!(refused, LoginError::InvalidCredentials);
    }
}

#[tokio::test]
async fn inactive_account_is_reported_only_with_the_right_password() {
    let (world, user) = World::with_user().await;
    world.deactivate(&user).await;
    let user_id = user.user.id;
    let refused = world.log_in(EMAIL, PASSWORD, Channel::Tokens).await;
    assert_refused!(refused, LoginError::Inactive);
    assert_eq!(world.events(), [AuthEvent::InactiveLogin { user_id }]);
    let refused = world.log_in(EMAIL, WRONG, Channel::Tokens).await;
    assert_refused!(refused, LoginError::InvalidCredentials);
    assert_eq!(world.events(), [AuthEvent::LoginFailed { user_id: Some(user_id) }]);
    assert_eq!(world.count_sessions(user_id).await, 0);
}

#[tokio::test]
async fn account_deactivated_during_the_login_is_inactive() {
    let (mut world, user) = World::with_user().await;
    let user_id = user.user.id;
    let operator = world.operator();
    world.while_verifying(move |_| {
        now(operator.deactivate(user_id)).unwrap();
    });
    let refused = world.log_in(EMAIL, PASSWORD, Channel::Tokens).await;
    assert_refused!(refused, LoginError::Inactive);
    let events = [AuthEvent::Deactivated { user_id }, AuthEvent::InactiveLogin { user_id }];
    assert_eq!(world.events(), events);
    assert_eq!(world.count_sessions(user_id).await, 0);
}

#[tokio::test]
async fn login_does_not_outlive_the_password_it_was_made_with() {
    let (mut world, user) = World::with_user().await;
    let (user_id, caller) = (user.user.id, world.caller(&user).await);
    world.while_verifying(move |auth| {
        let (current, new) = (password(PASSWORD), NewPassword::parse(NEW_PASSWORD).unwrap());
        let (channel, client) = (Channel::Tokens, Client::default());
        now(auth.change_password(&caller, &current, new, channel, client)).unwrap();
    });
    let refused = world.log_in(EMAIL, PASSWORD, Channel::Tokens).await;
    assert_refused!(refused, LoginError::InvalidCredentials);
    let events = world.events();
    let [AuthEvent::PasswordChanged { .. }, failed] = events[..] else { panic!("{events:?}") };
    assert_eq!(failed, AuthEvent::LoginFailed { user_id: Some(user_id) });
    assert_eq!(world.count_sessions(user_id).await, 1);
}

#[tokio::test]
async fn account_deleted_during_the_login_is_unknown() {
    let (mut world, user) = World::with_user().await;
    let (user_id, caller) = (user.user.id, world.caller(&user).await);
    world.while_verifying(move |auth| {
        now(auth.delete_account(&caller, &password(PASSWORD))).unwrap();
    });
    let refused = world.log_in(EMAIL, PASSWORD, Channel::Tokens).await;
    assert_refused!(refused, LoginError::InvalidCredentials);
    let failed = AuthEvent::LoginFailed { user_id: Some(user_id) };
    assert_eq!(world.events(), [AuthEvent::AccountDeleted { user_id }, failed]);
}

/// ASVS 7.1.2.
#[tokio::test]
async fn login_beyond_a_hundred_sessions_ends_the_one_unused_for_longest() {
    let (world, first) = World::with_user().await;
    world.clock.advance(TimeDelta::minutes(1));
    let second = world.device().await;
    for _ in 2..SessionPolicy::MAX_SESSIONS {
        world.clock.advance(TimeDelta::seconds(1));
        world.device().await;
    }
    assert_eq!(world.count_sessions(first.user.id).await, SessionPolicy::MAX_SESSIONS);
    world.clock.advance(TimeDelta::minutes(5));
    world.authenticate(&first).await.unwrap();

    let last = world.device().await;
    assert_eq!(world.count_sessions(first.user.id).await, SessionPolicy::MAX_SESSIONS);
    assert!(!world.is_live(&second).await);
    assert!(world.is_live(&first).await && world.is_live(&last).await);
}

#[tokio::test]
async fn access_token_never_outlives_its_session() {
    let (mut world, _) = World::with_user().await;
    let minutes = TimeDelta::minutes;
    for (max_age, idle_timeout, lasts) in
        [(10, 20, minutes(10)), (20, 10, minutes(10)), (60, 60, minutes(30))]
    {
        world.settings.session =
            SessionPolicy { max_age: minutes(max_age), idle_timeout: minutes(idle_timeout) };
        let user = world.device().await;
        assert_eq!(tokens(&user).expires_in, lasts);
        assert_eq!(claims(&user).expires_at, world.clock.now() + lasts);
    }
}

#[tokio::test]
async fn token_times_are_whole_seconds() {
    let (world, _) = World::with_user().await;
    world.clock.advance(TimeDelta::seconds(1) - INSTANT);
    let user = world.device().await;
    let second = world.clock.now() - (TimeDelta::seconds(1) - INSTANT);
    assert_eq!(claims(&user).issued_at, second);
    assert_eq!(claims(&user).expires_at, second + TimeDelta::minutes(30));
    assert!(world.is_live(&user).await);
}
