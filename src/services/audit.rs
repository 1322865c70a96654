use super::AuthService;
use crate::{
    domain::{AuditEntry, AuthEvent, UserId},
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
