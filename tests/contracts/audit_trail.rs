use std::net::IpAddr;

use chrono::TimeDelta;
use coach_core::domain::{
    AuditEntry, AuditEntryId, AuditPosition, AuthEvent, EventOrigin, NewAuditEntry, OperatorName,
    UserId,
};

use crate::{
    Storage, databases::Database, id, minutes, noon, on_both_databases, on_every_storage,
    password_hash, race, storage::Repositories,
};

on_every_storage! {
    entries_are_stored_whole_and_in_order
    trail_is_listed_by_time_page_by_page
    trail_of_a_user_has_only_their_entries
    newest_entries_of_a_user_come_first
    ids_grow_also_after_a_purge
    reader_that_continues_after_the_last_id_misses_no_entry
    entries_outlive_their_account
    purge_removes_the_oldest_entries_up_to_its_limit
}

const USER: UserId = UserId(1);
const OTHER: UserId = UserId(2);

/// An event of the user this many minutes after noon.
fn failed(user_id: UserId, after_noon: i64) -> NewAuditEntry {
    let event = AuthEvent::LoginFailed { user_id: Some(user_id) };
    NewAuditEntry { at: minutes(after_noon), event, origin: EventOrigin::default() }
}

/// The minutes after noon of the entries.
fn times(entries: &[AuditEntry]) -> Vec<i64> {
    entries.iter().map(|entry| (entry.at - noon()).num_minutes()).collect()
}

impl Repositories {
    async fn append(&self, entries: &[NewAuditEntry]) {
        self.audit_trail.append(entries).await.unwrap();
    }

    /// The whole trail, page by page.
    async fn trail(&self, user_id: Option<UserId>, limit: u32) -> Vec<AuditEntry> {
        let (mut listed, mut after) = (Vec::new(), AuditPosition::first());
        loop {
            let page = self.audit_trail.list(user_id, after, limit).await.unwrap();
            let Some(last) = page.last() else { return listed };
            assert!(page.len() <= limit as usize);
            after = last.position();
            listed.extend(page);
        }
    }
}

/// ASVS 16.2.1.
async fn entries_are_stored_whole_and_in_order(storage: Storage) {
    let repositories = storage.open().await;
    let ip: IpAddr = "2001:db8::1".parse().unwrap();
    let operator = OperatorName::read("alice");
    let (user_id, session_id) = (USER, id(7));
    let entries = [
        (AuthEvent::LoggedIn { user_id, session_id }, Some(ip), None),
        (AuthEvent::Deactivated { user_id }, None, operator),
        (AuthEvent::OtherSessionsEnded { user_id, count: 3 }, Some(ip), None),
        (AuthEvent::RegistrationRefused, Some(ip), None),
    ];
    let entries = entries.map(|(event, ip, operator)| NewAuditEntry {
        at: noon(),
        event,
        origin: EventOrigin { ip, operator },
    });
    repositories.append(&entries).await;
    let stored = storage.open().await.trail(None, 500).await;
    let expected: Vec<_> = entries
        .into_iter()
        .zip(&stored)
        .map(|(entry, stored)| entry.stored_as(stored.id))
        .collect();
    assert_eq!((stored.len(), &stored), (4, &expected));
    assert_eq!(stored[2].details.as_deref(), Some("count=3"));
    assert!(stored.is_sorted_by_key(|entry| entry.id));
    repositories.append(&[]).await;
    assert_eq!(repositories.trail(None, 500).await, stored);
}

async fn trail_is_listed_by_time_page_by_page(storage: Storage) {
    let repositories = storage.open().await;
    // Two servers with different clocks. Equal times are ordered by id.
    for times in [[3, 1, 1], [2, 1, 0]] {
        repositories.append(&times.map(|time| failed(USER, time))).await;
    }
    for limit in [1, 2, 4, 6, 7] {
        let listed = repositories.trail(None, limit).await;
        assert_eq!(times(&listed), [0, 1, 1, 1, 2, 3], "{limit}");
        assert!(listed.is_sorted_by_key(AuditEntry::position));
    }
    let since = AuditPosition::before(minutes(1));
    let since = repositories.audit_trail.list(None, since, 500).await.unwrap();
    assert_eq!(times(&since), [1, 1, 1, 2, 3]);
}

async fn trail_of_a_user_has_only_their_entries(storage: Storage) {
    let repositories = storage.open().await;
    repositories.append(&[failed(USER, 1), failed(OTHER, 2), failed(USER, 3)]).await;
    let refused = AuthEvent::RegistrationRefused;
    let nobody = NewAuditEntry { event: refused, ..failed(USER, 4) };
    repositories.append(&[nobody]).await;
    assert_eq!(times(&repositories.trail(Some(USER), 1).await), [1, 3]);
    assert_eq!(times(&repositories.trail(Some(OTHER), 1).await), [2]);
    assert_eq!(times(&repositories.trail(None, 2).await), [1, 2, 3, 4]);
    let trail = &repositories.audit_trail;
    let first = AuditEntryId(0);
    let stored = trail.list_stored_after(Some(USER), first, 500).await.unwrap();
    assert_eq!(times(&stored), [1, 3]);
    let last = trail.list_stored_after(None, stored[1].id, 500).await.unwrap();
    assert_eq!(times(&last), [4]);
}

async fn newest_entries_of_a_user_come_first(storage: Storage) {
    let repositories = storage.open().await;
    let entries = [(USER, 2), (USER, 9), (OTHER, 10), (USER, 1), (USER, 9)];
    repositories.append(&entries.map(|(user_id, time)| failed(user_id, time))).await;
    let newest = async |limit| repositories.audit_trail.newest(USER, limit).await.unwrap();
    assert_eq!(times(&newest(3).await), [9, 9, 2]);
    assert_eq!(times(&newest(500).await), [9, 9, 2, 1]);
    let [latest, second, ..] = &newest(2).await[..] else { panic!("two entries") };
    assert!(latest.id > second.id);
}

async fn ids_grow_also_after_a_purge(storage: Storage) {
    let repositories = storage.open().await;
    let trail = &repositories.audit_trail;
    assert_eq!(trail.last_id().await.unwrap(), AuditEntryId(0));
    repositories.append(&[failed(USER, 0), failed(USER, 1)]).await;
    let last = trail.last_id().await.unwrap();
    assert_eq!(repositories.trail(None, 500).await[1].id, last);
    assert_eq!(trail.purge(minutes(2), 500).await.unwrap(), 2);
    storage.open().await.append(&[failed(USER, 3)]).await;
    assert!(trail.last_id().await.unwrap() > last);
}

/// Several processes store entries while a reader follows them by id.
async fn reader_that_continues_after_the_last_id_misses_no_entry(storage: Storage) {
    const BATCHES: u8 = 60;
    let reader = storage.open().await;
    let follow = tokio::spawn(async move {
        let (mut seen, mut after) = (0, AuditEntryId(0));
        while seen < usize::from(BATCHES) * 3 {
            let page = reader.audit_trail.list_stored_after(None, after, 500).await.unwrap();
            assert!(page.iter().all(|entry| entry.id > after));
            seen += page.len();
            after = page.last().map_or(after, |entry| entry.id);
            tokio::task::yield_now().await;
        }
    });
    race(&storage, BATCHES, |repositories, number| async move {
        repositories.append(&[(); 3].map(|()| failed(USER, number.into()))).await;
    })
    .await;
    // The reader would wait for a missed entry for ever.
    tokio::time::timeout(std::time::Duration::from_secs(20), follow).await.unwrap().unwrap();
}

async fn entries_outlive_their_account(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.append(&[failed(user.id, 1)]).await;
    assert!(repositories.users.delete(user.id, &password_hash()).await.unwrap());
    assert_eq!(times(&repositories.trail(Some(user.id), 500).await), [1]);
}

async fn purge_removes_the_oldest_entries_up_to_its_limit(storage: Storage) {
    let repositories = storage.open().await;
    repositories.append(&[4, 1, 3, 2, 0].map(|time| failed(USER, time))).await;
    let trail = &repositories.audit_trail;
    for (limit, removed, left) in [(0, 0, 5), (2, 2, 3), (2, 1, 2), (2, 0, 2)] {
        assert_eq!(trail.purge(minutes(3), limit).await.unwrap(), removed);
        assert_eq!(repositories.trail(None, 500).await.len(), left);
    }
    assert_eq!(times(&storage.open().await.trail(None, 500).await), [3, 4]);
    let instant = TimeDelta::microseconds(1);
    assert_eq!(trail.purge(minutes(3) + instant, 5).await.unwrap(), 1);
}

/// Contracts that need SQL to test.
mod databases_only {
    use super::*;

    on_both_databases! {
        stored_values_that_break_the_rules_are_left_out
        full_batch_is_stored
    }

    async fn stored_values_that_break_the_rules_are_left_out(database: Database) {
        database
            .execute(
                "INSERT INTO audit_events (at, event, session_id, ip, operator) \
                 VALUES ('2026-02-13 12:00:00', 'x', 'y', 'z', ' ')",
            )
            .await;
        let trail = database.open().await.audit_trail;
        let [entry] = &trail.list(None, AuditPosition::first(), 9).await.unwrap()[..] else {
            panic!()
        };
        assert_eq!((entry.event.as_str(), entry.session_id), ("x", None));
        assert_eq!(entry.origin, EventOrigin::default());
    }

    async fn full_batch_is_stored(database: Database) {
        let repositories = database.open().await;
        let batch: Vec<_> = (0..500).map(|time| failed(USER, time)).collect();
        repositories.audit_trail.append(&batch).await.unwrap();
        assert_eq!(database.count("audit_events WHERE event = 'login-failed'").await, 500);
    }
}
