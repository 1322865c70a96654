use super::AuthService;
use crate::{
    domain::{AuditEntry, AuditEntryId, AuditPosition, AuthEvent, EmailAddress, UserId},
    ports::RepositoryError,
};

impl AuthService {
    /// Number of events that a person is shown.
    pub const RECENT_EVENTS: u32 = 10;

    /// Returns the newest events of a person's own account, newest first.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the trail failed.
    pub async fn recent_events(&self, user_id: UserId) -> Result<Vec<AuditEntry>, RepositoryError> {
        self.ports.audit_trail.newest(user_id, Self::RECENT_EVENTS).await
    }

    /// Returns the id of the account with this email address, if there is one. For operators.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the repository failed.
    pub async fn find_user_id(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<UserId>, RepositoryError> {
        let found = self.ports.users.find_credentials(email).await?;
        Ok(found.map(|found| found.user.id))
    }

    /// Returns a page of the audit trail after a place, oldest entry first, of one account or of all. For operators.
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

    /// Returns the id of the entry that was stored last. Entries that are stored later have greater ids. For operators.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the trail failed.
    pub async fn end_of_audit_trail(&self) -> Result<AuditEntryId, RepositoryError> {
        self.ports.audit_trail.last_id().await
    }

    /// Returns a page of the entries that were stored after an entry, of one account or of all. For operators.
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

    /// Removes at most `limit` entries that are older than the retention time (ASVS 5.0, 14.2.7). Returns the number of
    /// removed entries.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the trail failed.
    pub async fn purge_audit_trail(&self, limit: u32) -> Result<usize, RepositoryError> {
        let now = self.ports.clock.now();
        let Some(before) = now.checked_sub_signed(self.settings.audit_retention) else {
            return Ok(0);
        };
        let count = self.ports.audit_trail.purge(before, limit).await?;
        if count > 0 {
            self.record(AuthEvent::AuditTrailPurged { count });
        }
        Ok(count)
    }
}
