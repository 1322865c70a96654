use chrono::TimeDelta;
use coach_core::{
    domain::{AuditEntryId, AuditPosition, AuthEvent, EventOrigin, NewAuditEntry, UserId},
    ports::{AuditTrail as _, Clock as _},
};

use crate::fixture::{INSTANT, World};

const USER: UserId = UserId(1);

impl World {
    /// Stores failed logins of [`USER`] at these ages.
    async fn store(&self, ages: impl IntoIterator<Item = TimeDelta>) {
        let event = AuthEvent::LoginFailed { user_id: Some(USER) };
        let at = |age| self.clock.now() - age;
        let entry = |age| NewAuditEntry { at: at(age), event, origin: EventOrigin::default() };
        let entries: Vec<_> = ages.into_iter().map(entry).collect();
        self.memory.append(&entries).await.unwrap();
    }
}

/// ASVS 6.3.5, 6.3.7.
#[tokio::test]
async fn person_is_shown_their_ten_newest_events() {
    let world = World::new();
    world.store((0..12).map(TimeDelta::hours)).await;
    let recent = world.auth().recent_events(USER).await.unwrap();
    let hours: Vec<_> =
        recent.iter().map(|entry| (world.clock.now() - entry.at).num_hours()).collect();
    assert_eq!(hours, (0..10).collect::<Vec<_>>());
    assert_eq!(world.auth().recent_events(UserId(2)).await.unwrap(), []);
}

#[tokio::test]
async fn operator_reads_the_trail_by_time_and_follows_it() {
    let world = World::new();
    world.store([2, 1].map(TimeDelta::hours)).await;
    let operator = world.operator();
    let end = operator.end_of_audit_trail().await.unwrap();
    let trail = operator.audit_trail(None, AuditPosition::first(), 500).await.unwrap();
    assert_eq!((trail.len(), trail[1].id), (2, end));
    let since = AuditPosition::before(world.clock.now() - TimeDelta::minutes(90));
    assert_eq!(operator.audit_trail(Some(USER), since, 500).await.unwrap(), trail[1..]);
    assert_eq!(operator.audit_entries_after(None, end, 500).await.unwrap(), []);
    world.store([TimeDelta::days(1)]).await;
    assert_eq!(operator.audit_entries_after(Some(USER), end, 500).await.unwrap().len(), 1);
}

/// ASVS 14.2.7.
#[tokio::test]
async fn entries_are_purged_after_the_retention_time() {
    let world = World::new();
    let retention = world.settings.audit_retention;
    world.store([retention + INSTANT, retention, TimeDelta::zero()]).await;
    assert_eq!(world.auth().purge_audit_trail(500).await.unwrap(), 1);
    assert_eq!(world.events(), [AuthEvent::AuditTrailPurged { count: 1 }]);
    assert_eq!(world.auth().purge_audit_trail(500).await.unwrap(), 0);
    assert_eq!(world.events(), []);
    let left = world.operator().audit_entries_after(None, AuditEntryId(0), 500).await.unwrap();
    assert_eq!(left.len(), 2);
}

#[tokio::test]
async fn trail_keeps_nothing_that_costs_a_client_no_password_work() {
    let (world, user) = World::with_user().await;
    world.refresh(&user).await.unwrap();
    assert!(world.auth().refresh("forged").await.is_err());
    let caller = world.caller(&user).await;
    world.auth().end_other_sessions(&caller).await.unwrap();
    let events = world.events();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| !event.is_kept()), "{events:?}");
}
