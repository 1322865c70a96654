use chrono::{DateTime, Utc};

use super::AuthService;
use crate::{
    domain::{AuthEvent, SessionDetails, SessionId, UserId, UserSession},
    ports::RepositoryError,
};

impl AuthService {
    /// Returns the current time, by which pages say how long ago something happened.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.ports.clock.now()
    }

    /// Returns the live sessions of a user, most recently used first.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the repository failed.
    pub async fn sessions(&self, user_id: UserId) -> Result<Vec<SessionDetails>, RepositoryError> {
        let now = self.ports.clock.now();
        let mut sessions = self.ports.sessions.list(user_id).await?;
        sessions.retain(|details| self.settings.session.is_live(&details.session, now));
        Ok(sessions)
    }

    /// Ends one of the caller's sessions, which may be the current one. Returns whether a session ended.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the session may still be live.
    pub async fn end_session(
        &self,
        caller: &UserSession,
        id: SessionId,
    ) -> Result<bool, RepositoryError> {
        let user_id = caller.user.id;
        let ended = self.ports.sessions.end(user_id, id).await?;
        if ended {
            self.record(AuthEvent::SessionEnded { user_id, session_id: id });
        }
        Ok(ended)
    }

    /// Ends every session of the caller except the current one.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if sessions may still be live.
    pub async fn end_other_sessions(&self, caller: &UserSession) -> Result<(), RepositoryError> {
        let (user_id, kept) = (caller.user.id, caller.session.id);
        let count = self.ports.sessions.end_others(user_id, kept).await?;
        self.record(AuthEvent::OtherSessionsEnded { user_id, count });
        Ok(())
    }
}
