use super::AuthService;
use crate::{
    domain::{AuthSession, UserId},
    ports::RepositoryError,
};

impl AuthService {
    /// The sessions of a user that may still be used, the one that was used last first.
    ///
    /// # Errors
    ///
    /// If the repository failed.
    pub async fn sessions(&self, user_id: UserId) -> Result<Vec<AuthSession>, RepositoryError> {
        let now = self.ports.clock.now();
        let mut sessions = self.ports.sessions.list(user_id).await?;
        sessions.retain(|session| self.settings.session.is_live(session, now));
        Ok(sessions)
    }
}
