use chrono::TimeDelta;
use coach_core::{
    domain::{AuthEvent, Refusal, SessionId, UserId},
    services::{Credential, SignedIn},
};

use crate::{
    fakes::write_access_token,
    fixture::{OTHER_EMAIL, World, claims, credential},
};

fn logged_out(user: &SignedIn, session_id: SessionId) -> AuthEvent {
    AuthEvent::LoggedOut { user_id: user.user.id, session_id }
}

#[tokio::test]
async fn logout_ends_the_session_of_a_token_and_of_a_secret() {
    let (world, user) = World::with_user().await;
    let (device, browser) = (world.device().await, world.browser().await);
    for ending in [&device, &browser] {
        let session_id = world.session_id(ending).await;
        world.log_out(ending).await;
        assert!(!world.is_live(ending).await);
        assert_eq!(world.events(), [logged_out(ending, session_id)]);
    }
    assert!(world.is_live(&user).await);
}

#[tokio::test]
async fn logout_ends_the_session_of_every_credential() {
    let (world, user) = World::with_user().await;
    let (device, stranger) = (world.device().await, world.user(OTHER_EMAIL).await);
    let (browser, other_browser) = (world.browser().await, world.browser().await);
    let browsers = [world.session_id(&browser).await, world.session_id(&other_browser).await];
    let presented = [&browser, &device, &other_browser, &stranger].map(credential);
    world.auth().log_out(&presented).await.unwrap();
    for ended in [&browser, &other_browser, &device, &stranger] {
        assert!(!world.is_live(ended).await);
    }
    assert!(world.is_live(&user).await);
    let mut events = world.events();
    // Secrets come last, all at once and in no particular order.
    assert!(events[2..].contains(&logged_out(&browser, browsers[0])));
    assert!(events[2..].contains(&logged_out(&other_browser, browsers[1])));
    events.truncate(2);
    assert_eq!(events, [&device, &stranger].map(|user| logged_out(user, claims(user).session_id)));
}

#[tokio::test]
async fn dead_and_unreadable_credentials_end_nothing_and_cause_no_error() {
    let (world, user) = World::with_user().await;
    let (device, browser) = (world.device().await, world.browser().await);
    let unknown = "ee".repeat(32);
    let dead = [
        credential(&device),
        credential(&browser),
        Credential::AccessToken(""),
        Credential::AccessToken("\0"),
        Credential::SessionSecret(""),
        Credential::SessionSecret("EE"),
        Credential::SessionSecret(&unknown),
    ];
    world.auth().log_out(&dead).await.unwrap();
    assert_eq!(world.events().len(), 2);
    world.auth().log_out(&dead).await.unwrap();
    world.auth().log_out(&[]).await.unwrap();
    assert_eq!(world.events(), []);
    assert!(world.is_live(&user).await);
}

#[tokio::test]
async fn unreadable_secret_beside_a_live_one_is_ignored() {
    let (world, _) = World::with_user().await;
    let browser = world.browser().await;
    let presented = [Credential::SessionSecret("planted"), credential(&browser)];
    world.auth().log_out(&presented).await.unwrap();
    assert!(!world.is_live(&browser).await);
}

#[tokio::test]
async fn token_that_names_another_users_session_ends_nothing() {
    let (world, user) = World::with_user().await;
    let stranger = world.user(OTHER_EMAIL).await;
    for user_id in [stranger.user.id, UserId(-1)] {
        let mut claims = claims(&user);
        claims.user_id = user_id;
        let forged = write_access_token(&claims);
        world.auth().log_out(&[Credential::AccessToken(&forged)]).await.unwrap();
    }
    assert!(world.is_live(&user).await && world.is_live(&stranger).await);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn expired_access_token_still_logs_out() {
    let (world, user) = World::with_user().await;
    world.clock.advance(TimeDelta::hours(1));
    assert!(world.authenticate(&user).await.is_err());
    world.events();
    world.log_out(&user).await;
    assert_eq!(world.events(), [logged_out(&user, claims(&user).session_id)]);
    assert!(!world.is_live(&user).await);
}

#[tokio::test]
async fn session_that_ended_stays_ended() {
    let (world, user) = World::with_user().await;
    world.log_out(&user).await;
    world.events();
    let session_id = Some(claims(&user).session_id);
    assert!(world.authenticate(&user).await.is_err());
    assert!(world.refresh(&user).await.is_err());
    assert_eq!(
        world.events(),
        [AuthEvent::CredentialRefused { session_id, reason: Refusal::SessionEnded }; 2]
    );
}
