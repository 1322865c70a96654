use chrono::TimeDelta;
use coach_core::{
    domain::{AuthEvent, SessionId, SessionPolicy},
    services::SignedIn,
};

use crate::fixture::{INSTANT, OTHER_EMAIL, World, claims};

impl World {
    async fn listed(&self, user: &SignedIn) -> Vec<SessionId> {
        let sessions = self.auth().sessions(user.user.id).await.unwrap();
        sessions.iter().map(|details| details.session.id).collect()
    }
}

#[tokio::test]
async fn sessions_are_listed_by_last_use() {
    let (world, first) = World::with_user().await;
    world.user(OTHER_EMAIL).await;
    world.clock.advance(TimeDelta::minutes(5));
    let second = world.browser().await;
    let ids = [world.session_id(&first).await, world.session_id(&second).await];
    assert_eq!(world.listed(&first).await, [ids[1], ids[0]]);
    world.clock.advance(INSTANT);
    world.authenticate(&first).await.unwrap();
    assert_eq!(world.listed(&first).await, ids);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn only_live_sessions_are_listed() {
    let (world, idle) = World::with_user().await;
    let used = world.browser().await;
    let ended = world.device().await;
    world.log_out(&ended).await;
    world.clock.advance(world.settings.session.idle_timeout - INSTANT);
    world.authenticate(&used).await.unwrap();
    assert_eq!(world.listed(&idle).await.len(), 2);
    world.clock.advance(INSTANT);
    assert_eq!(world.listed(&idle).await, [world.session_id(&used).await]);
    assert_eq!(world.count_sessions(idle.user.id).await, 2);
}

#[tokio::test]
async fn session_more_than_a_minute_in_the_future_is_not_listed() {
    let (world, user) = World::with_user().await;
    world.clock.advance(-SessionPolicy::CLOCK_SKEW);
    assert_eq!(world.listed(&user).await, [claims(&user).session_id]);
    world.clock.advance(-INSTANT);
    assert_eq!(world.listed(&user).await, []);
}

#[tokio::test]
async fn user_ends_another_session_or_the_current_one() {
    let (world, user) = World::with_user().await;
    let (browser, caller) = (world.browser().await, world.caller(&user).await);
    let user_id = user.user.id;
    for ending in [&browser, &user] {
        let session_id = world.session_id(ending).await;
        assert!(world.auth().end_session(&caller, session_id).await.unwrap());
        assert!(!world.is_live(ending).await);
        assert_eq!(world.events(), [AuthEvent::SessionEnded { user_id, session_id }]);
        assert!(!world.auth().end_session(&caller, session_id).await.unwrap());
        assert_eq!(world.events(), []);
    }
}

#[tokio::test]
async fn session_of_another_user_is_treated_like_an_unknown_one() {
    let (world, user) = World::with_user().await;
    let stranger = world.user(OTHER_EMAIL).await;
    let caller = world.caller(&user).await;
    for id in [claims(&stranger).session_id, SessionId::from_random([0xee; 16])] {
        assert!(!world.auth().end_session(&caller, id).await.unwrap());
    }
    assert!(world.is_live(&stranger).await && world.is_live(&user).await);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn user_ends_all_sessions_except_the_current_one() {
    let (world, user) = World::with_user().await;
    let (user_id, stranger) = (user.user.id, world.user(OTHER_EMAIL).await);
    let (device, browser) = (world.device().await, world.browser().await);
    let caller = world.caller(&browser).await;
    for count in [2, 0] {
        world.auth().end_other_sessions(&caller).await.unwrap();
        assert_eq!(world.events(), [AuthEvent::OtherSessionsEnded { user_id, count }]);
    }
    assert!(!world.is_live(&user).await && !world.is_live(&device).await);
    assert!(world.is_live(&browser).await && world.is_live(&stranger).await);
}
