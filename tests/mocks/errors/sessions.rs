//! Logins, and requests with a credential.

use chrono::TimeDelta;
use coach_core::{
    domain::UserSession,
    ports::{LoginLookup, PasswordHasherError, Verdict},
};
use coach_tests::PASSWORD;

use super::{Case, RETRY_AFTER, check, deactivate, failed, hasher_failed, unavailable};
use crate::fixture::{Mocks, claims, session, user};

#[tokio::test]
async fn login_failures_become_problems() {
    let cases: [Case; 9] = [
        (
            |mocks| {
                mocks.users.expect_find_for_login().returning(|_| Ok(LoginLookup::default()));
            },
            401,
            "invalid-credentials",
        ),
        (
            |mocks| {
                mocks.users.expect_find_for_login().returning(|_| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                mocks.users.expect_find_for_login().returning(|_| Err(failed()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_verify().returning(|_, _, _| Ok(Verdict::Wrong));
            },
            401,
            "invalid-credentials",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_verify().returning(|_, _, _| {
                    Err(PasswordHasherError::Busy { retry_after: RETRY_AFTER })
                });
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_verify().returning(|_, _, _| Err(hasher_failed()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                deactivate(mocks);
                mocks.sessions.expect_begin().returning(|_, _, _| Ok(None));
            },
            403,
            "account-inactive",
        ),
        (
            // The password changed after it was verified.
            |mocks| {
                mocks.sessions.expect_begin().returning(|_, _, _| Ok(None));
            },
            401,
            "invalid-credentials",
        ),
        (
            |mocks| {
                mocks.sessions.expect_begin().returning(|_, _, _| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
    ];
    check(&cases, async |anonymous| anonymous.login("test@example.com", PASSWORD).await).await;
}

#[tokio::test]
async fn authentication_failures_become_problems() {
    let cases: [Case; 4] = [
        (
            |mocks| {
                mocks.sessions.expect_find().returning(|_| Ok(None));
            },
            401,
            "invalid-token",
        ),
        (
            |mocks| {
                mocks.sessions.expect_find().returning(|_| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                mocks.sessions.expect_find().returning(|_| Err(failed()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.access_tokens.expect_verify().returning(|_| panic!("secret"));
            },
            500,
            "internal-error",
        ),
    ];
    check(&cases, async |anonymous| anonymous.with_token("valid").me().await).await;
}

#[tokio::test]
async fn logout_failures_become_problems() {
    // A 204 would claim that the session has ended.
    let cases: [Case; 2] = [
        (
            |mocks| {
                mocks.sessions.expect_end().returning(|_, _| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                mocks.sessions.expect_end().returning(|_, _| Err(failed()));
            },
            500,
            "internal-error",
        ),
    ];
    check(&cases, async |anonymous| anonymous.with_token("valid").logout().await).await;
}

#[tokio::test]
async fn request_succeeds_even_if_its_use_cannot_be_stored() {
    let mut mocks = Mocks::new();
    mocks.sessions.expect_touch().times(1).returning(|_, _| Err(unavailable()));
    let clock = mocks.clock.clone();
    let old = session(&clock);
    let owner = user(&clock);
    mocks
        .sessions
        .expect_find()
        .returning(move |_| Ok(Some(UserSession { session: old, user: owner.clone() })));
    let named = claims(&clock);
    mocks.access_tokens.expect_verify().returning(move |_| Ok(named));
    let persona = mocks.serve().await.with_token("valid");
    clock.advance(TimeDelta::minutes(5));
    assert_eq!(persona.me().await.status, 200);
}

/// ASVS 16.5.4.
#[tokio::test]
async fn panic_is_answered_with_500_and_the_server_keeps_running() {
    let mut mocks = Mocks::new();
    mocks.access_tokens.expect_verify().times(1).returning(|_| panic!("on purpose"));
    let persona = mocks.permissive().serve().await.with_token("valid");
    assert_eq!(persona.me().await.status, 500);
    assert_eq!(persona.me().await.status, 200);
}
