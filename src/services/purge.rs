use super::AuthService;
use crate::ports::{AuthEvent, RepositoryError};

impl AuthService {
    /// Removes sessions that are over, at most `limit` of them, and answers how many those were. Nobody can use them any
    /// longer; this is so that they are not kept for ever (ASVS 5.0, 14.2.7).
    ///
    /// # Errors
    ///
    /// If the repository failed.
    pub async fn purge_expired_sessions(&self, limit: u32) -> Result<usize, RepositoryError> {
        let (now, policy) = (self.ports.clock.now(), &self.settings.session);
        let (begun_by, used_by) = (now - policy.max_age, now - policy.idle_timeout);
        let count = self.ports.sessions.purge(begun_by, used_by, limit).await?;
        if count > 0 {
            self.record(AuthEvent::ExpiredSessionsPurged { count });
        }
        Ok(count)
    }
}
