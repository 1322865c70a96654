use chrono::{DateTime, Utc};

use super::{AuthService, Authenticated};
use crate::{
    domain::{AuthSession, SessionDetails, SessionId, UserId},
    ports::{AuthEvent, RepositoryError},
};

impl AuthService {
    /// The sessions of a user that may still be used, the one that was used last first.
    ///
    /// # Errors
    ///
    /// If the repository failed.
    pub async fn sessions(&self, user_id: UserId) -> Result<Vec<SessionDetails>, RepositoryError> {
        let now = self.ports.clock.now();
        let mut sessions = self.ports.sessions.list(user_id).await?;
        sessions.retain(|details| self.settings.session.is_live(&details.session, now));
        Ok(sessions)
    }

    /// When a session ends if it is not used again.
    #[must_use]
    pub fn expires_at(&self, session: &AuthSession) -> DateTime<Utc> {
        self.settings.session.expires_at(session)
    }

    /// Ends a session of the caller's own, which may be the present one, and answers whether it was there.
    ///
    /// # Errors
    ///
    /// If the session may still be alive.
    pub async fn end_session(
        &self,
        caller: &Authenticated,
        id: SessionId,
    ) -> Result<bool, RepositoryError> {
        let ended = self.ports.sessions.end_own(caller.user.id, id).await?;
        if ended {
            self.record(AuthEvent::SessionEnded { session_id: id });
        }
        Ok(ended)
    }

    /// Ends every session of the caller but the present one.
    ///
    /// # Errors
    ///
    /// If sessions may still be alive.
    pub async fn end_other_sessions(&self, caller: &Authenticated) -> Result<(), RepositoryError> {
        let kept = caller.session.id;
        let count = self.ports.sessions.end_others(caller.user.id, kept).await?;
        self.record(AuthEvent::OtherSessionsEnded { user_id: caller.user.id, count });
        Ok(())
    }
}
