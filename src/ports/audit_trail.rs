use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::RepositoryError;
use crate::domain::{AuditEntry, AuditEntryId, AuditPosition, NewAuditEntry, UserId};

/// Stores security events for operators and for the people whom they concern (ASVS 5.0, 16.2.1). Entries MUST outlive the
/// accounts and sessions that they name. Every process that shares the storage MUST see a change immediately.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// Stores entries in this order, all or none.
    ///
    /// - Every id MUST be greater than all ids that were visible before, also when several processes store entries and
    ///   after a purge. A reader that continues after the greatest id that it has seen then misses no entry.
    async fn append(&self, entries: &[NewAuditEntry]) -> Result<(), RepositoryError>;

    /// Returns at most `limit` entries after a place, oldest first, of one user or of all.
    async fn list(
        &self,
        user_id: Option<UserId>,
        after: AuditPosition,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError>;

    /// Returns at most `limit` entries with greater ids than `after`, in the order of their ids, of one user or of all.
    async fn list_stored_after(
        &self,
        user_id: Option<UserId>,
        after: AuditEntryId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError>;

    /// Returns at most `limit` entries of a user, newest first.
    async fn newest(&self, user_id: UserId, limit: u32)
    -> Result<Vec<AuditEntry>, RepositoryError>;

    /// Returns the greatest id, or 0 if there is no entry.
    async fn last_id(&self) -> Result<AuditEntryId, RepositoryError>;

    /// Removes at most `limit` entries from before a time, the oldest first. Returns the number of removed entries.
    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<usize, RepositoryError>;
}
