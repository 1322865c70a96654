use std::sync::Arc;

use chrono::TimeDelta;
use coach_core::{
    domain::{AuthEvent, Channel, Client, EmailUpdate, NewPassword, ProfileUpdate},
    ports::{Clock as _, MockPasswordStrength},
    services::{
        ChangePasswordError, ChoosePasswordError, ConfirmPasswordError, Credential, LoginError,
    },
};
use coach_tests::PASSWORD;

use crate::{
    fakes::{ADVICE, WEAK},
    fixture::{
        EMAIL, NEW_PASSWORD, OTHER_EMAIL, WRONG, World, claims, credential, email, now, password,
        replacing, tokens,
    },
};

const TOKENS: Channel = Channel::Tokens;

#[tokio::test]
async fn changed_password_ends_every_session_and_begins_a_new_one() {
    let (world, user) = World::with_user().await;
    let (user_id, stranger) = (user.user.id, world.user(OTHER_EMAIL).await);
    let (device, browser) = (world.device().await, world.browser().await);
    world.clock.advance(TimeDelta::minutes(1));
    let changed = world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await.unwrap();
    let session_id = claims(&changed).session_id;
    assert_eq!(world.events(), [AuthEvent::PasswordChanged { user_id, session_id }]);
    for ended in [&user, &device, &browser] {
        assert!(!world.is_live(ended).await);
    }
    assert_eq!(world.count_sessions(user_id).await, 1);
    assert!(world.is_live(&stranger).await);
    assert_eq!(world.authenticate(&changed).await.unwrap().user, changed.user);
    assert_eq!(claims(&changed).issued_at, world.clock.now());
    assert_eq!(tokens(&changed).refresh_token.expose(), format!("refresh {session_id} 0"));
}

/// ASVS 6.2.2.
#[tokio::test]
async fn only_the_new_password_logs_in_after_a_change() {
    let (world, user) = World::with_user().await;
    world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await.unwrap();
    let refused = world.log_in(EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(refused, LoginError::InvalidCredentials);
    world.log_in(EMAIL, NEW_PASSWORD, TOKENS).await.unwrap();
}

#[tokio::test]
async fn browser_that_changes_its_password_gets_a_new_secret() {
    let (world, _) = World::with_user().await;
    let browser = world.browser().await;
    let channel = replacing(&[&browser]);
    let changed = world.change_password(&browser, PASSWORD, NEW_PASSWORD, channel).await.unwrap();
    assert!(matches!(credential(&changed), Credential::SessionSecret(_)));
    assert!(world.is_live(&changed).await && !world.is_live(&browser).await);
}

#[tokio::test]
async fn password_may_be_changed_to_itself() {
    let (world, user) = World::with_user().await;
    let changed = world.change_password(&user, PASSWORD, PASSWORD, TOKENS).await.unwrap();
    assert!(!world.is_live(&user).await && world.is_live(&changed).await);
}

#[tokio::test]
async fn wrong_current_password_changes_nothing() {
    let (world, user) = World::with_user().await;
    let (user_id, browser) = (user.user.id, world.browser().await);
    let refused = world.change_password(&user, WRONG, NEW_PASSWORD, TOKENS).await;
    assert_refused!(refused, ChangePasswordError::Confirm(ConfirmPasswordError::WrongPassword));
    assert_eq!(world.events(), [AuthEvent::ConfirmationFailed { user_id }]);
    assert!(world.is_live(&user).await && world.is_live(&browser).await);
    world.log_in(EMAIL, PASSWORD, TOKENS).await.unwrap();
}

#[tokio::test]
async fn weak_new_password_is_refused_with_advice() {
    let (world, user) = World::with_user().await;
    let refused = world.change_password(&user, PASSWORD, WEAK, TOKENS).await;
    let Err(ChangePasswordError::Choose(ChoosePasswordError::Weak(weak))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(weak.advice, ADVICE);
    assert_eq!(world.events(), []);
    assert!(world.is_live(&user).await);
}

#[tokio::test]
async fn new_password_is_judged_in_the_context_of_address_and_name() {
    let (mut world, user) = World::with_user().await;
    let mut strength = MockPasswordStrength::new();
    let check = strength.expect_check().times(1);
    check
        .withf(|password, personal| {
            password.as_ref().expose() == NEW_PASSWORD && *personal == [EMAIL, "Test User"]
        })
        .returning(|_, _| Ok(()));
    world.ports.password_strength = Arc::new(strength);
    world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await.unwrap();
}

#[tokio::test]
async fn session_that_ended_meanwhile_cannot_change_the_password() {
    let (mut world, user) = World::with_user().await;
    let (browser, ending) = (world.browser().await, user.clone());
    world.while_verifying(move |auth| now(auth.log_out(&[credential(&ending)])).unwrap());
    let refused = world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await;
    assert_refused!(refused, ChangePasswordError::Confirm(ConfirmPasswordError::SessionEnded));
    let session_id = claims(&user).session_id;
    let user_id = user.user.id;
    assert_eq!(world.events(), [AuthEvent::LoggedOut { user_id, session_id }]);
    assert!(world.is_live(&browser).await);
    world.log_in(EMAIL, PASSWORD, TOKENS).await.unwrap();
}

#[tokio::test]
async fn password_changed_meanwhile_is_not_changed_again() {
    let (mut world, user) = World::with_user().await;
    let caller = world.caller(&world.device().await).await;
    world.while_verifying(move |auth| {
        let (current, new) = (password(PASSWORD), NewPassword::parse(NEW_PASSWORD).unwrap());
        now(auth.change_password(&caller, &current, new, TOKENS, Client::default())).unwrap();
    });
    let refused = world.change_password(&user, PASSWORD, "ThirdPass789!", TOKENS).await;
    assert_refused!(refused, ChangePasswordError::Confirm(ConfirmPasswordError::SessionEnded));
    world.log_in(EMAIL, NEW_PASSWORD, TOKENS).await.unwrap();
}

#[tokio::test]
async fn account_deactivated_meanwhile_cannot_change_its_password() {
    let (mut world, user) = World::with_user().await;
    let user_id = user.user.id;
    let operator = world.operator();
    world.while_verifying(move |_| {
        now(operator.deactivate(user_id)).unwrap();
    });
    let refused = world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await;
    assert_refused!(refused, ChangePasswordError::Confirm(ConfirmPasswordError::SessionEnded));
    assert_eq!(world.events(), [AuthEvent::Deactivated { user_id }]);
}

#[tokio::test]
async fn password_is_never_compared_with_that_of_another_account() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    let update =
        EmailUpdate { email: email("new@example.com"), current_password: password(PASSWORD) };
    let update = ProfileUpdate { email: Some(update), full_name: None };
    world.auth().update_profile(&caller, update).await.unwrap();
    let stranger = world.register(EMAIL, WRONG, TOKENS).await.unwrap();
    world.events();

    for current in [WRONG, PASSWORD] {
        let (current, new) = (password(current), NewPassword::parse(NEW_PASSWORD).unwrap());
        let auth = world.auth();
        let refused = auth.change_password(&caller, &current, new, TOKENS, Client::default()).await;
        assert_refused!(refused, ChangePasswordError::Confirm(ConfirmPasswordError::SessionEnded));
    }
    assert_eq!(world.events(), []);
    assert!(world.is_live(&stranger).await && world.is_live(&user).await);
}
