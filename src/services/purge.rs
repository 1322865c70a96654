use super::AuthService;
use crate::{domain::AuthEvent, ports::RepositoryError};

impl AuthService {
    /// Removes at most `limit` expired sessions (ASVS 5.0, 14.2.7, data retention). Returns the number of removed
    /// sessions.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the repository failed.
    pub async fn purge_expired_sessions(&self, limit: u32) -> Result<usize, RepositoryError> {
        let cutoffs = self.settings.session.cutoffs(self.ports.clock.now());
        let count = self.ports.sessions.purge(cutoffs, limit).await?;
        if count > 0 {
            self.record(AuthEvent::ExpiredSessionsPurged { count });
        }
        Ok(count)
    }
}
