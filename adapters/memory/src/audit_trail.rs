use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coach_core::{
    domain::{AuditEntry, AuditEntryId, AuditPosition, NewAuditEntry, UserId},
    ports::{AuditTrail, RepositoryError},
};

use crate::MemoryStorage;

#[async_trait]
impl AuditTrail for MemoryStorage {
    async fn append(&self, entries: &[NewAuditEntry]) -> Result<(), RepositoryError> {
        let mut state = self.lock();
        for entry in entries {
            let id = state.next_audit_entry_id();
            state.audit_entries.push(entry.clone().stored_as(id));
        }
        Ok(())
    }

    async fn list(
        &self,
        user_id: Option<UserId>,
        after: AuditPosition,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        let mut listed = self.entries(|entry| concerns(entry, user_id) && entry.position() > after);
        listed.sort_by_key(AuditEntry::position);
        listed.truncate(count(limit));
        Ok(listed)
    }

    async fn list_stored_after(
        &self,
        user_id: Option<UserId>,
        after: AuditEntryId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        let mut listed = self.entries(|entry| concerns(entry, user_id) && entry.id > after);
        listed.truncate(count(limit));
        Ok(listed)
    }

    async fn newest(
        &self,
        user_id: UserId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        let mut listed = self.entries(|entry| entry.user_id == Some(user_id));
        listed.sort_by_key(|entry| std::cmp::Reverse(entry.position()));
        listed.truncate(count(limit));
        Ok(listed)
    }

    async fn last_id(&self) -> Result<AuditEntryId, RepositoryError> {
        Ok(self.lock().audit_entries.last().map(|entry| entry.id).unwrap_or_default())
    }

    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<usize, RepositoryError> {
        let mut old = self.entries(|entry| entry.at < before);
        old.sort_by_key(AuditEntry::position);
        old.truncate(count(limit));
        self.lock().audit_entries.retain(|entry| old.iter().all(|old| old.id != entry.id));
        Ok(old.len())
    }
}

impl MemoryStorage {
    /// Returns the entries that `selects` selects, in the order of their ids.
    fn entries(&self, selects: impl Fn(&AuditEntry) -> bool) -> Vec<AuditEntry> {
        let state = self.lock();
        state.audit_entries.iter().filter(|entry| selects(entry)).cloned().collect()
    }
}

fn concerns(entry: &AuditEntry, user_id: Option<UserId>) -> bool {
    user_id.is_none() || entry.user_id == user_id
}

fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
