//! Repositories that fail. The use case passes the error on and records nothing.

use std::sync::Arc;

use chrono::TimeDelta;
use coach_core::{
    domain::{Channel, EmailUpdate, ProfileUpdate, UserSession},
    ports::{
        MockAuthSessionRepository, MockHealthCheck, MockRandomSource, MockUserRepository,
        RepositoryError, SaveUserError, Spend, UserRepository as _,
    },
    services::{
        AccountError, AuthenticateError, ChangePasswordError, ConfirmPasswordError, Credential,
        LoginError, RefreshError, RegisterError, SignedIn, UpdateProfileError,
    },
};
use coach_tests::PASSWORD;

use crate::{
    fakes::{break_sessions, break_users, unavailable},
    fixture::{EMAIL, NEW_PASSWORD, OTHER_EMAIL, World, claims, credential, email, now, password},
};

const TOKENS: Channel = Channel::Tokens;

/// A user, signed in before the account repository broke down. It still finds accounts if `finds`.
async fn broken_users(finds: bool) -> (World, SignedIn, UserSession) {
    let (mut world, user) = World::with_user().await;
    let (caller, memory) = (world.caller(&user).await, world.memory.clone());
    let mut users = MockUserRepository::new();
    if finds {
        let finding = memory.clone();
        users.expect_find_for_login().returning(move |email| now(finding.find_for_login(email)));
        users.expect_find_credentials().returning(move |email| now(memory.find_credentials(email)));
    }
    world.ports.users = Arc::new(break_users(users));
    (world, user, caller)
}

/// A user, signed in before the session repository broke down. The expectations of `sessions` come first.
async fn broken_sessions(
    sessions: impl FnOnce(&mut MockAuthSessionRepository, UserSession),
) -> (World, SignedIn, UserSession) {
    let (mut world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    let mut mock = MockAuthSessionRepository::new();
    sessions(&mut mock, caller.clone());
    world.ports.sessions = Arc::new(break_sessions(mock));
    (world, user, caller)
}

#[tokio::test]
async fn registration_that_cannot_be_stored_fails() {
    let (world, ..) = broken_users(true).await;
    let failed = world.register(OTHER_EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(failed, RegisterError::Save(SaveUserError::Repository(_)));
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn login_fails_if_the_account_cannot_be_read() {
    let (world, ..) = broken_users(false).await;
    let failed = world.log_in(EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(failed, LoginError::Repository(RepositoryError::Unavailable(_)));
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn login_fails_if_the_session_cannot_be_stored() {
    let (world, ..) = broken_sessions(|_, _| ()).await;
    let failed = world.log_in(EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(failed, LoginError::Repository(RepositoryError::Unavailable(_)));
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn login_fails_if_the_reason_of_a_refusal_cannot_be_read() {
    let (mut world, user) = World::with_user().await;
    world.deactivate(&user).await;
    let memory = world.memory.clone();
    let mut users = MockUserRepository::new();
    users.expect_find_for_login().returning(move |email| now(memory.find_for_login(email)));
    world.ports.users = Arc::new(break_users(users));
    let failed = world.log_in(EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(failed, LoginError::Repository(RepositoryError::Unavailable(_)));
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn repeated_session_id_fails_and_takes_over_no_session() {
    let (mut world, _) = World::with_user().await;
    world.user(OTHER_EMAIL).await;
    let mut random = MockRandomSource::new();
    random.expect_fill().returning(|buffer| buffer.fill(7));
    world.ports.random = Arc::new(random);
    let device = world.device().await;
    let failed = world.log_in(OTHER_EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(failed, LoginError::Repository(RepositoryError::Failed(_)));
    assert_eq!(world.events(), []);
    assert_eq!(world.caller(&device).await.user.email, email(EMAIL));
}

#[tokio::test]
async fn authentication_fails_if_the_session_cannot_be_read() {
    let (world, user, _) = broken_sessions(|_, _| ()).await;
    let secret = "ee".repeat(32);
    for credential in [credential(&user), Credential::SessionSecret(&secret)] {
        let failed = world.auth().authenticate(credential).await;
        assert_refused!(failed, AuthenticateError::Repository(RepositoryError::Unavailable(_)));
    }
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn logout_fails_if_a_session_may_still_be_live() {
    let (world, user, _) = broken_sessions(|_, _| ()).await;
    let secret = "ee".repeat(32);
    for credential in [credential(&user), Credential::SessionSecret(&secret)] {
        let failed = world.auth().log_out(&[credential]).await;
        assert_refused!(failed, RepositoryError::Unavailable(_));
    }
    assert_eq!(world.events(), []);
    // An unreadable credential needs no query.
    world.auth().log_out(&[Credential::AccessToken("x")]).await.unwrap();
    world.auth().log_out(&[Credential::SessionSecret("x")]).await.unwrap();
}

#[tokio::test]
async fn refresh_fails_at_each_step_that_the_repository_refuses() {
    let no_step = |_: &mut MockAuthSessionRepository, _| ();
    let found = |sessions: &mut MockAuthSessionRepository, caller: UserSession| {
        sessions.expect_find().returning(move |_| Ok(Some(caller.clone())));
    };
    let (world, user, _) = broken_sessions(no_step).await;
    let failed = world.refresh(&user).await;
    assert_refused!(failed, RefreshError::Repository(RepositoryError::Unavailable(_)));
    assert_eq!(world.events(), []);

    let (world, user, _) = broken_sessions(found).await;
    let failed = world.refresh(&user).await;
    assert_refused!(failed, RefreshError::Repository(RepositoryError::Unavailable(_)));
    assert_eq!(world.events(), []);

    // A replay whose session may still be live is not yet recorded as ended.
    let (world, user, _) = broken_sessions(|sessions, caller| {
        let long_ago = caller.session.created_at - TimeDelta::hours(1);
        sessions.expect_spend().returning(move |_, _, _| Ok(Spend::SpentAt(long_ago)));
        found(sessions, caller);
    })
    .await;
    let failed = world.refresh(&user).await;
    assert_refused!(failed, RefreshError::Repository(RepositoryError::Unavailable(_)));
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn sessions_cannot_be_listed_ended_or_purged() {
    let (world, user, caller) = broken_sessions(|_, _| ()).await;
    let auth = world.auth();
    let session_id = claims(&user).session_id;
    assert_refused!(auth.sessions(user.user.id).await, RepositoryError::Unavailable(_));
    assert_refused!(auth.end_session(&caller, session_id).await, RepositoryError::Unavailable(_));
    assert_refused!(auth.end_other_sessions(&caller).await, RepositoryError::Unavailable(_));
    assert_refused!(auth.purge_expired_sessions(9).await, RepositoryError::Unavailable(_));
    assert_eq!(world.events(), []);
    assert!(world.is_live(&user).await);
}

#[tokio::test]
async fn no_change_is_made_if_accounts_cannot_be_read_or_stored() {
    for finds in [false, true] {
        let (world, user, caller) = broken_users(finds).await;
        let failed = world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await;
        let Err(ChangePasswordError::Confirm(ConfirmPasswordError::Repository(_))) = failed else {
            panic!("{failed:?}")
        };
        let update =
            EmailUpdate { email: email(OTHER_EMAIL), current_password: password(PASSWORD) };
        let update = ProfileUpdate { email: Some(update), full_name: None };
        let failed = world.auth().update_profile(&caller, update).await;
        match failed {
            Err(UpdateProfileError::Confirm(ConfirmPasswordError::Repository(_))) if !finds => {}
            Err(UpdateProfileError::Save(SaveUserError::Repository(_))) if finds => {}
            other => panic!("{other:?}"),
        }
        let failed = world.auth().delete_account(&caller, &password(PASSWORD)).await;
        assert_refused!(failed, ConfirmPasswordError::Repository(RepositoryError::Unavailable(_)));
        assert_eq!(world.events(), []);
        assert!(world.is_live(&user).await);
    }
}

#[tokio::test]
async fn account_cannot_be_activated_or_deactivated() {
    let (world, user, _) = broken_users(true).await;
    let user_id = user.user.id;
    assert_refused!(world.operator().activate(user_id).await, AccountError::Repository(_));
    assert_refused!(world.operator().deactivate(user_id).await, AccountError::Repository(_));
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn health_check_asks_the_storage() {
    let mut world = World::new();
    world.auth().check_health().await.unwrap();
    let mut health = MockHealthCheck::new();
    health.expect_check().returning(|| Err(unavailable()));
    world.ports.health = Arc::new(health);
    assert_refused!(world.auth().check_health().await, RepositoryError::Unavailable(_));
    assert_eq!(world.events(), []);
}
