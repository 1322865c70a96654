use chrono::TimeDelta;
use coach_core::domain::AuthEvent;

use crate::fixture::{INSTANT, World};

async fn purge(world: &World, limit: u32) -> usize {
    world.auth().purge_expired_sessions(limit).await.unwrap()
}

#[tokio::test]
async fn purge_removes_expired_sessions_up_to_its_limit() {
    let (world, user) = World::with_user().await;
    for _ in 0..4 {
        world.device().await;
    }
    world.clock.advance(world.settings.session.idle_timeout);
    let live = world.browser().await;
    for (limit, removed, left) in [(0, 0, 6), (2, 2, 4), (2, 2, 2), (2, 1, 1)] {
        assert_eq!(purge(&world, limit).await, removed);
        assert_eq!(world.count_sessions(user.user.id).await, left);
        let count = removed;
        let events = [AuthEvent::ExpiredSessionsPurged { count }];
        assert_eq!(world.events(), events[..removed.min(1)]);
    }
    assert_eq!(purge(&world, u32::MAX).await, 0);
    assert_eq!(world.events(), []);
    assert!(world.is_live(&live).await);
}

#[tokio::test]
async fn unused_session_is_purged_as_soon_as_it_expires() {
    let (world, idle) = World::with_user().await;
    world.clock.advance(world.settings.session.idle_timeout - INSTANT);
    assert!(world.is_live(&idle).await);
    assert_eq!(purge(&world, 10).await, 0);
    world.clock.advance(INSTANT);
    assert!(!world.is_live(&idle).await);
    assert_eq!(purge(&world, 10).await, 1);
}

#[tokio::test]
async fn used_session_is_purged_at_its_maximum_age() {
    let (world, _) = World::with_user().await;
    let browser = world.browser().await;
    for _ in 0..5 {
        world.clock.advance(TimeDelta::days(6) - INSTANT);
        world.authenticate(&browser).await.unwrap();
        purge(&world, 10).await;
    }
    assert_eq!(world.count_sessions(browser.user.id).await, 1);
    world.clock.advance(INSTANT * 5);
    assert_eq!(purge(&world, 10).await, 1);
}
