//! The credential of a new session, and the sessions that it replaces.

use std::sync::Arc;

use coach_core::{
    domain::{AuthEvent, Channel, Refusal, SessionSecret},
    ports::{
        MockAccessTokens, MockRandomSource, MockRefreshTokens, RandomSource as _, SaveUserError,
    },
    services::{AuthenticateError, Credential, LoginError, RegisterError, SignedIn},
};
use coach_tests::{PASSWORD, TestRandom};

use crate::fixture::{
    EMAIL, NEW_PASSWORD, OTHER_EMAIL, WRONG, World, credential, replacing, secret, tokens,
};

/// A world in which making a token panics.
async fn without_tokens() -> (World, SignedIn) {
    let (mut world, user) = World::with_user().await;
    world.ports.access_tokens = Arc::new(MockAccessTokens::new());
    world.ports.refresh_tokens = Arc::new(MockRefreshTokens::new());
    (world, user)
}

#[tokio::test]
async fn session_secret_is_issued_without_tokens() {
    let (world, user) = without_tokens().await;
    let channel = || replacing(&[]);
    let registered = world.register(OTHER_EMAIL, PASSWORD, channel()).await.unwrap();
    let logged_in = world.log_in(EMAIL, PASSWORD, channel()).await.unwrap();
    let changed = world.change_password(&user, PASSWORD, NEW_PASSWORD, channel()).await.unwrap();
    for browser in [&registered, &changed] {
        let found = world.authenticate(browser).await.unwrap();
        assert_eq!(found.user.id, browser.user.id);
    }
    assert_ne!(secret(&registered).expose(), secret(&logged_in).expose());
}

#[tokio::test]
async fn tokens_are_issued_without_a_session_secret() {
    let (mut world, user) = World::with_user().await;
    let bytes = TestRandom::new(2);
    let mut random = MockRandomSource::new();
    // Session and token ids have 16 bytes, secrets 32.
    let ids = random.expect_fill().times(6).withf(|buffer| buffer.len() == 16);
    ids.returning(move |buffer| bytes.fill(buffer));
    world.ports.random = Arc::new(random);
    world.register(OTHER_EMAIL, PASSWORD, Channel::Tokens).await.unwrap();
    world.log_in(EMAIL, PASSWORD, Channel::Tokens).await.unwrap();
    world.change_password(&user, PASSWORD, NEW_PASSWORD, Channel::Tokens).await.unwrap();
}

/// ASVS 7.2.4.
#[tokio::test]
async fn new_session_ends_every_session_that_the_browser_presented() {
    let (world, user) = World::with_user().await;
    let [first, second, kept] =
        [world.browser().await, world.browser().await, world.browser().await];

    let presented = replacing(&[&first, &second]);
    let registered = world.register(OTHER_EMAIL, PASSWORD, presented).await.unwrap();
    assert!(!world.is_live(&first).await && !world.is_live(&second).await);
    assert!(world.is_live(&registered).await);

    // It may be the session of another account.
    let logged_in = world.log_in(EMAIL, PASSWORD, replacing(&[&registered])).await.unwrap();
    assert!(!world.is_live(&registered).await && world.is_live(&logged_in).await);
    assert!(world.is_live(&kept).await && world.is_live(&user).await);

    let stranger = world.user("stranger@example.com").await;
    let channel = replacing(&[&logged_in]);
    let changed = world.change_password(&stranger, PASSWORD, NEW_PASSWORD, channel).await.unwrap();
    assert!(!world.is_live(&logged_in).await && world.is_live(&changed).await);
    assert!(world.is_live(&kept).await);
}

#[tokio::test]
async fn replaced_session_is_not_recorded_separately() {
    let (world, _) = World::with_user().await;
    let browser = world.browser().await;
    let next = world.log_in(EMAIL, PASSWORD, replacing(&[&browser])).await.unwrap();
    let (user_id, session_id) = (next.user.id, world.session_id(&next).await);
    assert_eq!(world.events(), [AuthEvent::LoggedIn { user_id, session_id }]);
}

#[tokio::test]
async fn unknown_and_ended_secrets_replace_nothing() {
    let (world, user) = World::with_user().await;
    let browser = world.browser().await;
    let ended = world.browser().await;
    world.log_out(&ended).await;
    let replaces = vec![SessionSecret::from_random([0xee; 32]), secret(&ended).clone()];
    world.log_in(EMAIL, PASSWORD, Channel::SessionSecret { replaces }).await.unwrap();
    assert!(world.is_live(&browser).await && world.is_live(&user).await);
}

#[tokio::test]
async fn refusal_ends_nothing_that_the_browser_presented() {
    let (world, user) = World::with_user().await;
    let browser = world.browser().await;
    let presented = || replacing(&[&browser]);
    let refused = world.log_in(EMAIL, WRONG, presented()).await;
    assert_refused!(refused, LoginError::InvalidCredentials);
    let refused = world.register(EMAIL, PASSWORD, presented()).await;
    assert_refused!(refused, RegisterError::Save(SaveUserError::EmailTaken));
    let refused = world.change_password(&user, WRONG, NEW_PASSWORD, presented()).await;
    assert!(refused.is_err());
    assert!(world.is_live(&browser).await);
    let inactive = world.user(OTHER_EMAIL).await;
    world.deactivate(&inactive).await;
    let refused = world.log_in(OTHER_EMAIL, PASSWORD, presented()).await;
    assert_refused!(refused, LoginError::Inactive);
    assert!(world.is_live(&browser).await);
}

/// ASVS 9.2.2.
#[tokio::test]
async fn credential_is_refused_where_another_kind_is_expected() {
    let (world, user) = World::with_user().await;
    let browser = world.browser().await;
    let session_id = world.session_id(&browser).await.to_string();
    let auth = world.auth();
    let (access, refresh) =
        (tokens(&user).access_token.expose(), tokens(&user).refresh_token.expose());
    for other in [
        Credential::AccessToken(secret(&browser).expose()),
        Credential::AccessToken(refresh),
        Credential::AccessToken(&session_id),
        Credential::SessionSecret(access),
        Credential::SessionSecret(refresh),
        Credential::SessionSecret(&session_id),
    ] {
        assert_refused!(auth.authenticate(other).await, AuthenticateError::InvalidCredential);
        let reason = Refusal::Malformed;
        assert_eq!(world.events(), [AuthEvent::CredentialRefused { session_id: None, reason }]);
    }
    for other in [access, secret(&browser).expose()] {
        assert!(auth.refresh(other).await.is_err());
    }
    for right in [credential(&user), credential(&browser)] {
        auth.authenticate(right).await.unwrap();
    }
}
