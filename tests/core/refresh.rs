use std::sync::Arc;

use chrono::TimeDelta;
use coach_core::{
    domain::{AuthEvent, RefreshClaims, Refusal, SessionId, SessionPolicy, UserId},
    ports::{
        AuthSessionRepository as _, Clock as _, MockAuthSessionRepository, RefreshTokens as _,
        Spend,
    },
    services::{RefreshError, SignedIn},
};

use crate::{
    fakes::refresh_tokens,
    fixture::{INSTANT, World, claims, credential, now, tokens},
};

const GRACE: TimeDelta = SessionPolicy::REFRESH_GRACE;

fn refresh_token(user: &SignedIn) -> &str {
    tokens(user).refresh_token.expose()
}

fn forged(session_id: SessionId, generation: u32) -> String {
    refresh_tokens().issue(RefreshClaims { session_id, generation }).expose().to_owned()
}

/// The account of every world.
const USER: UserId = UserId(1);

fn refused(session_id: SessionId, reason: Refusal) -> AuthEvent {
    AuthEvent::CredentialRefused { session_id: Some(session_id), reason }
}

#[tokio::test]
async fn refresh_token_is_exchanged_for_the_next_one_and_a_new_access_token() {
    let (world, user) = World::with_user().await;
    let session_id = claims(&user).session_id;
    let mut latest = user.clone();
    for generation in 1..4 {
        world.clock.advance(TimeDelta::minutes(20));
        let next = world.refresh(&latest).await.unwrap();
        assert_eq!(next.user, user.user);
        assert_eq!(refresh_token(&next), forged(session_id, generation));
        assert_eq!(claims(&next).session_id, session_id);
        assert_ne!(claims(&next).token_id, claims(&latest).token_id);
        assert_eq!(claims(&next).expires_at, world.clock.now() + TimeDelta::minutes(30));
        assert_eq!(world.events(), [AuthEvent::Refreshed { user_id: USER, session_id }]);
        world.authenticate(&next).await.unwrap();
        latest = next;
    }
    assert_eq!(world.count_sessions(user.user.id).await, 1);
}

#[tokio::test]
async fn refresh_leaves_earlier_access_tokens_valid() {
    let (world, user) = World::with_user().await;
    world.refresh(&user).await.unwrap();
    world.authenticate(&user).await.unwrap();
}

#[tokio::test]
async fn within_ten_seconds_a_spent_token_gets_the_same_successor() {
    let (world, user) = World::with_user().await;
    let session_id = claims(&user).session_id;
    let next = world.refresh(&user).await.unwrap();
    for wait in [TimeDelta::zero(), GRACE - INSTANT, INSTANT] {
        world.clock.advance(wait);
        let again = world.refresh(&user).await.unwrap();
        assert_eq!(refresh_token(&again), refresh_token(&next));
        assert_ne!(claims(&again).token_id, claims(&next).token_id);
    }
    assert_eq!(world.events(), [AuthEvent::Refreshed { user_id: USER, session_id }; 4]);
    assert!(world.refresh(&next).await.is_ok());
}

#[tokio::test]
async fn replay_after_ten_seconds_ends_the_session() {
    let (world, user) = World::with_user().await;
    let (device, session_id) = (world.device().await, claims(&user).session_id);
    let next = world.refresh(&user).await.unwrap();
    world.events();
    world.clock.advance(GRACE + INSTANT);
    assert_refused!(world.refresh(&user).await, RefreshError::InvalidToken);
    assert_eq!(world.events(), [AuthEvent::RefreshReplayed { user_id: USER, session_id }]);
    assert_refused!(world.refresh(&next).await, RefreshError::InvalidToken);
    assert_eq!(world.events(), [refused(session_id, Refusal::SessionEnded)]);
    assert!(world.authenticate(&next).await.is_err());
    assert!(world.is_live(&device).await);
}

#[tokio::test]
async fn replay_of_a_token_spent_long_ago_ends_the_session() {
    let (world, user) = World::with_user().await;
    let session_id = claims(&user).session_id;
    let mut latest = user.clone();
    for _ in 0..3 {
        world.clock.advance(TimeDelta::days(1));
        latest = world.refresh(&latest).await.unwrap();
    }
    world.events();
    assert_refused!(world.refresh(&user).await, RefreshError::InvalidToken);
    assert_eq!(world.events(), [AuthEvent::RefreshReplayed { user_id: USER, session_id }]);
    assert!(!world.is_live(&latest).await);
}

#[tokio::test]
async fn each_token_has_its_own_grace_time() {
    let (world, user) = World::with_user().await;
    world.clock.advance(TimeDelta::minutes(1));
    let second = world.refresh(&user).await.unwrap();
    world.clock.advance(TimeDelta::seconds(6));
    let third = world.refresh(&second).await.unwrap();
    world.clock.advance(TimeDelta::seconds(4));
    assert_eq!(refresh_token(&world.refresh(&user).await.unwrap()), refresh_token(&second));
    world.clock.advance(INSTANT);
    assert_eq!(refresh_token(&world.refresh(&second).await.unwrap()), refresh_token(&third));
    assert!(world.refresh(&user).await.is_err());
    assert!(!world.is_live(&third).await);
}

#[tokio::test]
async fn time_of_a_spent_token_that_is_far_in_the_future_gives_no_grace() {
    for (ahead, expected) in [(GRACE, true), (GRACE + INSTANT, false)] {
        let (mut world, user) = World::with_user().await;
        let (caller, spent_at) = (world.caller(&user).await, world.clock.now() + ahead);
        let mut sessions = MockAuthSessionRepository::new();
        sessions.expect_find().returning(move |_| Ok(Some(caller.clone())));
        sessions.expect_spend().returning(move |_, _, _| Ok(Spend::SpentAt(spent_at)));
        sessions.expect_end().returning(|_, _| Ok(true));
        world.ports.sessions = Arc::new(sessions);
        assert_eq!(world.refresh(&user).await.is_ok(), expected);
        let session_id = claims(&user).session_id;
        let replayed = AuthEvent::RefreshReplayed { user_id: USER, session_id };
        assert_eq!(world.events() == [replayed], !expected);
    }
}

#[tokio::test]
async fn unreadable_and_unknown_tokens_are_refused() {
    let (world, user) = World::with_user().await;
    for text in ["", "\0", "refresh", "refresh 1 2", &"x".repeat(10_000)] {
        assert_refused!(world.auth().refresh(text).await, RefreshError::InvalidToken);
        assert_eq!(
            world.events(),
            [AuthEvent::CredentialRefused { session_id: None, reason: Refusal::Forged }]
        );
    }
    let unknown = SessionId::from_random([0xee; 16]);
    for (session_id, generation) in
        [(unknown, 0), (claims(&user).session_id, 1), (claims(&user).session_id, u32::MAX)]
    {
        let token = forged(session_id, generation);
        assert_refused!(world.auth().refresh(&token).await, RefreshError::InvalidToken);
        assert_eq!(world.events(), [refused(session_id, Refusal::SessionEnded)]);
    }
    assert!(world.is_live(&user).await);
}

#[tokio::test]
async fn refresh_is_a_use_and_ends_with_the_session() {
    let (world, mut user) = World::with_user().await;
    let session_id = claims(&user).session_id;
    let idle_timeout = world.settings.session.idle_timeout;
    for _ in 0..4 {
        world.clock.advance(idle_timeout - INSTANT);
        user = world.refresh(&user).await.unwrap();
        assert_eq!(world.caller(&user).await.session.last_seen_at, world.clock.now());
    }
    world.events();
    world.clock.advance(TimeDelta::days(2) + INSTANT * 4);
    assert_refused!(world.refresh(&user).await, RefreshError::InvalidToken);
    assert_eq!(world.events(), [refused(session_id, Refusal::SessionExpired)]);
    // An expired session is purged later; a late refresh is not a replay.
    assert_eq!(world.count_sessions(user.user.id).await, 1);
}

#[tokio::test]
async fn idle_session_cannot_be_refreshed() {
    let (world, user) = World::with_user().await;
    world.clock.advance(world.settings.session.idle_timeout);
    assert_refused!(world.refresh(&user).await, RefreshError::InvalidToken);
    assert_eq!(world.events(), [refused(claims(&user).session_id, Refusal::SessionExpired)]);
}

#[tokio::test]
async fn inactive_account_cannot_refresh_even_if_the_repository_kept_its_session() {
    let (mut world, user) = World::with_user().await;
    let mut caller = world.caller(&user).await;
    world.deactivate(&user).await;
    assert_refused!(world.refresh(&user).await, RefreshError::InvalidToken);
    caller.user.is_active = false;
    let mut sessions = MockAuthSessionRepository::new();
    sessions.expect_find().returning(move |_| Ok(Some(caller.clone())));
    world.ports.sessions = Arc::new(sessions);
    assert_refused!(world.refresh(&user).await, RefreshError::InvalidToken);
    let reasons = [Refusal::SessionEnded, Refusal::AccountInactive];
    assert_eq!(world.events(), reasons.map(|reason| refused(claims(&user).session_id, reason)));
}

#[tokio::test]
async fn refresh_that_races_a_logout_is_not_a_replay() {
    let (mut world, user) = World::with_user().await;
    let session_id = claims(&user).session_id;
    let (auth, ending) = (world.auth(), user.clone());
    let (found, spent) = (world.memory.clone(), world.memory.clone());
    let mut sessions = MockAuthSessionRepository::new();
    sessions.expect_find().returning(move |id| {
        let session = now(found.find(id));
        now(auth.log_out(&[credential(&ending)])).unwrap();
        session
    });
    sessions
        .expect_spend()
        .returning(move |id, generation, at| now(spent.spend(id, generation, at)));
    world.ports.sessions = Arc::new(sessions);
    assert_refused!(world.refresh(&user).await, RefreshError::InvalidToken);
    assert_eq!(
        world.events(),
        [
            AuthEvent::LoggedOut { user_id: USER, session_id },
            refused(session_id, Refusal::SessionEnded)
        ]
    );
}

#[tokio::test]
async fn refreshed_access_token_never_outlives_its_session() {
    let (mut world, user) = World::with_user().await;
    world.settings.session.max_age = TimeDelta::hours(1);
    world.clock.advance(TimeDelta::minutes(25));
    let next = world.refresh(&user).await.unwrap();
    world.clock.advance(TimeDelta::minutes(25) + TimeDelta::milliseconds(500));
    let next = world.refresh(&next).await.unwrap();
    // Whole seconds, rounded down.
    let left = TimeDelta::seconds(599);
    assert_eq!(tokens(&next).expires_in, left);
    assert_eq!(claims(&next).expires_at, claims(&next).issued_at + left);
    world.settings.session.idle_timeout = TimeDelta::minutes(2);
    assert_eq!(tokens(&world.refresh(&next).await.unwrap()).expires_in, TimeDelta::minutes(2));
}

#[tokio::test]
async fn session_in_its_last_second_cannot_be_refreshed() {
    let (mut world, user) = World::with_user().await;
    world.settings.session.max_age = TimeDelta::hours(1);
    world.clock.advance(TimeDelta::hours(1) - TimeDelta::seconds(1));
    let next = world.refresh(&user).await.unwrap();
    assert_eq!(tokens(&next).expires_in, TimeDelta::seconds(1));
    world.events();
    world.clock.advance(INSTANT);
    assert_refused!(world.refresh(&next).await, RefreshError::InvalidToken);
    assert_eq!(world.events(), [refused(claims(&user).session_id, Refusal::SessionExpired)]);
    // The token was not spent.
    assert_eq!(world.caller(&user).await.session.refresh_generation, 1);
}
