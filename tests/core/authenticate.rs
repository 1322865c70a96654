use std::sync::Arc;

use chrono::TimeDelta;
use coach_core::{
    domain::{AccessClaims, AuthEvent, Refusal, SessionId, SessionPolicy, UserId},
    ports::{Clock as _, MockAuthSessionRepository},
    services::{AuthenticateError, Credential, SignedIn},
};

use crate::{
    fakes::{break_sessions, write_access_token},
    fixture::{INSTANT, OTHER_EMAIL, World, claims, credential},
};

impl World {
    /// Asserts that a credential is refused and that exactly this was recorded.
    async fn check_refusal(
        &self,
        credential: Credential<'_>,
        session_id: Option<SessionId>,
        reason: Refusal,
    ) {
        let refused = self.auth().authenticate(credential).await;
        assert_refused!(refused, AuthenticateError::InvalidCredential);
        assert_eq!(self.events(), [AuthEvent::CredentialRefused { session_id, reason }]);
    }

    async fn check_token_refusal(&self, claims: AccessClaims, reason: Refusal) {
        let token = write_access_token(&claims);
        self.check_refusal(Credential::AccessToken(&token), Some(claims.session_id), reason).await;
    }

    /// The time of the stored last use, after noon.
    async fn last_seen(&self, user: &SignedIn) -> TimeDelta {
        let session = self.caller(user).await.session;
        session.last_seen_at - session.created_at
    }
}

#[tokio::test]
async fn token_and_secret_let_their_user_in_without_an_event() {
    let (world, device) = World::with_user().await;
    let browser = world.browser().await;
    for user in [&device, &browser] {
        let caller = world.authenticate(user).await.unwrap();
        assert_eq!(caller, world.caller(user).await);
        assert_eq!(caller.user.id, device.user.id);
    }
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn unreadable_and_unknown_credentials_are_refused() {
    let (world, user) = World::with_user().await;
    let (unknown, uppercase) = ("ee".repeat(32), "EE".repeat(32));
    for text in ["", " ", "\0", "access", "null", &unknown, &uppercase, &"x".repeat(10_000)] {
        world.check_refusal(Credential::AccessToken(text), None, Refusal::Malformed).await;
        let reason = if text == unknown { Refusal::SessionEnded } else { Refusal::Malformed };
        world.check_refusal(Credential::SessionSecret(text), None, reason).await;
    }
    let session_id = SessionId::from_random([0xee; 16]);
    let unknown = AccessClaims { session_id, ..claims(&user) };
    world.check_token_refusal(unknown, Refusal::SessionEnded).await;
}

#[tokio::test]
async fn token_must_name_the_user_of_its_session() {
    let (world, user) = World::with_user().await;
    let stranger = world.user(OTHER_EMAIL).await;
    for user_id in [stranger.user.id, UserId(0), UserId(i64::MAX)] {
        let claims = AccessClaims { user_id, ..claims(&user) };
        world.check_token_refusal(claims, Refusal::OtherUser).await;
    }
}

#[tokio::test]
async fn token_expires_at_its_expiry_and_not_before() {
    let (world, user) = World::with_user().await;
    world.clock.advance(TimeDelta::minutes(30) - INSTANT);
    world.authenticate(&user).await.unwrap();
    world.clock.advance(INSTANT);
    world.check_refusal(credential(&user), Some(claims(&user).session_id), Refusal::Expired).await;
    assert!(world.is_live(&user).await);
}

#[tokio::test]
async fn expired_token_is_refused_without_asking_the_repository() {
    let (mut world, user) = World::with_user().await;
    world.clock.advance(TimeDelta::minutes(30));
    world.ports.sessions = Arc::new(MockAuthSessionRepository::new());
    world.check_refusal(credential(&user), Some(claims(&user).session_id), Refusal::Expired).await;
}

#[tokio::test]
async fn token_is_refused_until_it_is_valid() {
    let (world, user) = World::with_user().await;
    let not_before = Some(world.clock.now() + TimeDelta::seconds(1));
    let claims = AccessClaims { not_before, ..claims(&user) };
    world.clock.advance(TimeDelta::seconds(1) - INSTANT);
    world.check_token_refusal(claims, Refusal::NotYetValid).await;
    world.clock.advance(INSTANT);
    let token = write_access_token(&claims);
    world.auth().authenticate(Credential::AccessToken(&token)).await.unwrap();
}

#[tokio::test]
async fn session_more_than_a_minute_in_the_future_is_refused() {
    let (world, user) = World::with_user().await;
    let browser = world.browser().await;
    world.clock.advance(-SessionPolicy::CLOCK_SKEW);
    world.authenticate(&user).await.unwrap();
    world.authenticate(&browser).await.unwrap();
    world.clock.advance(-INSTANT);
    world
        .check_refusal(credential(&user), Some(claims(&user).session_id), Refusal::SessionExpired)
        .await;
    world.check_refusal(credential(&browser), None, Refusal::SessionExpired).await;
    assert!(world.refresh(&user).await.is_err());
}

#[tokio::test]
async fn unused_session_ends_at_the_idle_timeout() {
    let (world, user) = World::with_user().await;
    let browser = world.browser().await;
    world.clock.advance(world.settings.session.idle_timeout - INSTANT);
    // It does not count as a use of the other session.
    world.authenticate(&browser).await.unwrap();
    world.clock.advance(INSTANT);
    let now = world.clock.now();
    let fresh = AccessClaims { expires_at: now + TimeDelta::minutes(1), ..claims(&user) };
    world.check_token_refusal(fresh, Refusal::SessionExpired).await;
    world.authenticate(&browser).await.unwrap();
}

#[tokio::test]
async fn used_session_ends_at_its_maximum_age() {
    let (world, _) = World::with_user().await;
    let browser = world.browser().await;
    for _ in 0..5 {
        world.clock.advance(TimeDelta::days(6) - INSTANT);
        world.authenticate(&browser).await.unwrap();
    }
    world.clock.advance(INSTANT * 4);
    world.authenticate(&browser).await.unwrap();
    world.clock.advance(INSTANT);
    world.check_refusal(credential(&browser), None, Refusal::SessionExpired).await;
}

#[tokio::test]
async fn session_of_an_inactive_account_is_refused_even_if_the_repository_kept_it() {
    let (mut world, user) = World::with_user().await;
    let browser = world.browser().await;
    let mut caller = world.caller(&browser).await;
    caller.user.is_active = false;
    let mut sessions = MockAuthSessionRepository::new();
    let found = caller.clone();
    sessions.expect_find().returning(move |_| Ok(Some(found.clone())));
    sessions.expect_find_by_secret().returning(move |_| Ok(Some(caller.clone())));
    world.ports.sessions = Arc::new(sessions);
    world
        .check_refusal(credential(&user), Some(claims(&user).session_id), Refusal::AccountInactive)
        .await;
    world.check_refusal(credential(&browser), None, Refusal::AccountInactive).await;
}

#[tokio::test]
async fn use_is_stored_every_five_minutes() {
    let (world, user) = World::with_user().await;
    let five = TimeDelta::minutes(5);
    world.clock.advance(five - INSTANT);
    world.authenticate(&user).await.unwrap();
    assert_eq!(world.last_seen(&user).await, TimeDelta::zero());
    world.clock.advance(INSTANT);
    world.authenticate(&user).await.unwrap();
    assert_eq!(world.last_seen(&user).await, five);
    world.clock.advance(five - INSTANT);
    world.authenticate(&user).await.unwrap();
    assert_eq!(world.last_seen(&user).await, five);
}

#[tokio::test]
async fn use_is_stored_every_tenth_of_a_short_idle_timeout() {
    let (mut world, user) = World::with_user().await;
    world.settings.session.idle_timeout = TimeDelta::minutes(10);
    for minutes in 1..30 {
        world.clock.advance(TimeDelta::minutes(1));
        world.authenticate(&user).await.unwrap();
        assert_eq!(world.last_seen(&user).await, TimeDelta::minutes(minutes));
    }
}

#[tokio::test]
async fn refused_credential_does_not_count_as_a_use() {
    let (world, user) = World::with_user().await;
    world.clock.advance(TimeDelta::hours(1));
    assert!(world.authenticate(&user).await.is_err());
    assert_eq!(world.last_seen(&user).await, TimeDelta::zero());
}

#[tokio::test]
async fn request_is_answered_even_if_its_use_cannot_be_stored() {
    let (mut world, user) = World::with_user().await;
    world.clock.advance(TimeDelta::minutes(5));
    let caller = world.caller(&user).await;
    let mut sessions = MockAuthSessionRepository::new();
    let found = caller.clone();
    sessions.expect_find().returning(move |_| Ok(Some(found.clone())));
    world.ports.sessions = Arc::new(break_sessions(sessions));
    assert_eq!(world.authenticate(&user).await.unwrap(), caller);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn recent_use_is_not_stored_again() {
    let (mut world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    let mut sessions = MockAuthSessionRepository::new();
    sessions.expect_find().times(1).returning(move |_| Ok(Some(caller.clone())));
    sessions.expect_touch().never();
    world.ports.sessions = Arc::new(sessions);
    world.authenticate(&user).await.unwrap();
}
