use super::Operator;
use crate::{
    domain::{AuditEntry, AuditEntryId, AuditPosition, UserId},
    ports::RepositoryError,
};

impl Operator {
    /// Returns a page of the audit trail after a place, oldest entry first, of one account or of all.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the trail failed.
    pub async fn audit_trail(
        &self,
        user_id: Option<UserId>,
        after: AuditPosition,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        self.ports.audit_trail.list(user_id, after, limit).await
    }

    /// Returns the id of the entry that was stored last. Entries that are stored later have greater ids.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the trail failed.
    pub async fn end_of_audit_trail(&self) -> Result<AuditEntryId, RepositoryError> {
        self.ports.audit_trail.last_id().await
    }

    /// Returns a page of the entries that were stored after an entry, of one account or of all.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the trail failed.
    pub async fn audit_entries_after(
        &self,
        user_id: Option<UserId>,
        after: AuditEntryId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, RepositoryError> {
        self.ports.audit_trail.list_stored_after(user_id, after, limit).await
    }
}
