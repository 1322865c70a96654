//! Limits of sessions and access tokens, with a test clock.

use chrono::TimeDelta;
use coach_core::domain::{
    AccessClaims, AuthEvent, AuthSession, Refusal, User, UserId, UserSession,
};
use coach_tests::Persona;

use crate::fixture::{Mocks, claims, session, user};

/// Starts a server where the token `valid` has these claims, and its session and user are `session` and `user`.
async fn with(mut mocks: Mocks, claims: AccessClaims, session: AuthSession, user: User) -> Persona {
    mocks.access_tokens.expect_verify().returning(move |_| Ok(claims));
    mocks
        .sessions
        .expect_find()
        .returning(move |_| Ok(Some(UserSession { session, user: user.clone() })));
    mocks.serve().await.with_token("valid")
}

async fn me_after(time: TimeDelta, change: impl Fn(&mut AccessClaims, &mut AuthSession)) -> u16 {
    let mut mocks = Mocks::new();
    mocks.sessions.expect_touch().returning(|_, _| Ok(()));
    let clock = mocks.clock.clone();
    let (mut claims, mut session, user) = (claims(&clock), session(&clock), user(&clock));
    change(&mut claims, &mut session);
    let persona = with(mocks, claims, session, user).await;
    clock.advance(time);
    persona.me().await.status
}

const INSTANT: TimeDelta = TimeDelta::microseconds(1);

#[tokio::test]
async fn token_expires_at_exp() {
    let unchanged = |_: &mut AccessClaims, _: &mut AuthSession| {};
    assert_eq!(me_after(TimeDelta::minutes(30) - INSTANT, unchanged).await, 200);
    assert_eq!(me_after(TimeDelta::minutes(30), unchanged).await, 401);
}

#[tokio::test]
async fn token_is_accepted_from_nbf() {
    let later = |claims: &mut AccessClaims, _: &mut AuthSession| {
        claims.not_before = Some(claims.issued_at + TimeDelta::seconds(5));
    };
    assert_eq!(me_after(TimeDelta::seconds(5) - INSTANT, later).await, 401);
    assert_eq!(me_after(TimeDelta::seconds(5), later).await, 200);
}

/// ASVS 7.3.1, 7.3.2.
#[tokio::test]
async fn session_ends_at_its_idle_timeout_and_its_maximum_age() {
    let long_token = |claims: &mut AccessClaims| claims.expires_at += TimeDelta::days(60);
    let idle = |claims: &mut AccessClaims, _: &mut AuthSession| long_token(claims);
    assert_eq!(me_after(TimeDelta::days(7) - INSTANT, idle).await, 200);
    assert_eq!(me_after(TimeDelta::days(7), idle).await, 401);
    let used = |claims: &mut AccessClaims, session: &mut AuthSession| {
        long_token(claims);
        session.last_seen_at += TimeDelta::days(29);
    };
    assert_eq!(me_after(TimeDelta::days(30) - INSTANT, used).await, 200);
    assert_eq!(me_after(TimeDelta::days(30), used).await, 401);
}

#[tokio::test]
async fn token_whose_session_belongs_to_another_user_is_refused() {
    let other = |claims: &mut AccessClaims, _: &mut AuthSession| claims.user_id = UserId(2);
    assert_eq!(me_after(TimeDelta::zero(), other).await, 401);
}

#[tokio::test]
async fn token_of_another_user_ends_no_session() {
    let mut mocks = Mocks::new();
    mocks.sessions.expect_end().times(1).returning(|user_id, _| {
        assert_eq!(user_id, UserId(2));
        Ok(false)
    });
    let clock = mocks.clock.clone();
    let others = AccessClaims { user_id: UserId(2), ..claims(&clock) };
    let persona = with(mocks, others, session(&clock), user(&clock)).await;
    assert_eq!(persona.logout().await.status, 204);
}

#[tokio::test]
async fn inactive_account_is_refused() {
    let mocks = Mocks::new();
    let (clock, audit_log) = (mocks.clock.clone(), mocks.audit_log.clone());
    let inactive = User { is_active: false, ..user(&clock) };
    let persona = with(mocks, claims(&clock), session(&clock), inactive).await;
    assert_eq!(persona.me().await.problem(), "invalid-token");
    assert_eq!(
        audit_log.take(),
        [AuthEvent::CredentialRefused {
            session_id: Some(session(&clock).id),
            reason: Refusal::AccountInactive,
        }]
    );
}

#[tokio::test]
async fn use_is_stored_every_five_minutes() {
    // An unexpected touch would panic, and the status would be 500.
    let mocks = Mocks::new();
    let clock = mocks.clock.clone();
    let persona = with(mocks, claims(&clock), session(&clock), user(&clock)).await;
    clock.advance(TimeDelta::minutes(5) - INSTANT);
    assert_eq!(persona.me().await.status, 200);

    let mut mocks = Mocks::new();
    let clock = mocks.clock.clone();
    let (id, due) = (session(&clock).id, session(&clock).last_seen_at + TimeDelta::minutes(5));
    mocks
        .sessions
        .expect_touch()
        .withf(move |touched, at| *touched == id && *at == due)
        .times(1)
        .returning(|_, _| Ok(()));
    let persona = with(mocks, claims(&clock), session(&clock), user(&clock)).await;
    clock.advance(TimeDelta::minutes(5));
    assert_eq!(persona.me().await.status, 200);
}
