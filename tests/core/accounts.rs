use coach_core::{
    domain::{AuthEvent, Channel, UserId},
    services::AccountError,
};
use coach_tests::PASSWORD;

use crate::fixture::{EMAIL, OTHER_EMAIL, World};

#[tokio::test]
async fn deactivation_ends_every_session_and_is_recorded_once() {
    let (world, user) = World::with_user().await;
    let (user_id, browser) = (user.user.id, world.browser().await);
    let stranger = world.user(OTHER_EMAIL).await;
    assert!(world.operator().deactivate(user_id).await.unwrap());
    assert_eq!(world.events(), [AuthEvent::Deactivated { user_id }]);
    assert!(!world.is_live(&user).await && !world.is_live(&browser).await);
    assert_eq!(world.count_sessions(user_id).await, 0);
    assert!(world.is_live(&stranger).await);

    assert!(!world.operator().deactivate(user_id).await.unwrap());
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn activation_allows_logins_and_revives_no_session() {
    let (world, user) = World::with_user().await;
    let user_id = user.user.id;
    world.deactivate(&user).await;
    assert!(world.operator().activate(user_id).await.unwrap());
    assert_eq!(world.events(), [AuthEvent::Activated { user_id }]);
    assert!(!world.is_live(&user).await);
    let again = world.log_in(EMAIL, PASSWORD, Channel::Tokens).await.unwrap();
    assert!(again.user.is_active && world.is_live(&again).await);
    world.events();

    assert!(!world.operator().activate(user_id).await.unwrap());
    assert_eq!(world.events(), []);
    assert!(world.is_live(&again).await);
}

#[tokio::test]
async fn missing_account_is_neither_activated_nor_deactivated() {
    let (world, user) = World::with_user().await;
    for missing in [UserId(user.user.id.0 + 1), UserId(-1)] {
        assert_refused!(world.operator().activate(missing).await, AccountError::NotFound);
        assert_refused!(world.operator().deactivate(missing).await, AccountError::NotFound);
    }
    assert_eq!(world.events(), []);
    assert!(world.is_live(&user).await);
}
