use chrono::TimeDelta;

use super::{AuthService, SignedIn};
use crate::{
    domain::{AuthEvent, Grant, RefreshClaims, SessionId, SessionPolicy, UserSession},
    ports::{AccessTokensError, RepositoryError, Spend},
};

/// A refresh was refused.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is unknown, of an ended session or of an inactive account, or it was spent before. A replay has ended its
    /// session.
    #[error("the refresh token is not valid")]
    InvalidToken,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The refresh token is spent, but no access token could be made. A retry within the grace time makes one.
    #[error(transparent)]
    AccessTokens(#[from] AccessTokensError),
}

impl AuthService {
    /// Exchanges a refresh token for new tokens (RFC 9700, section 4.14.2, refresh token rotation).
    ///
    /// A token that was just spent gets its one successor again, so that two tabs, a retry or a lost response log nobody
    /// out. After [`SessionPolicy::REFRESH_GRACE`] someone else holds the token too, and the session ends.
    ///
    /// # Errors
    ///
    /// See [`RefreshError`].
    pub async fn refresh(&self, token: &str) -> Result<SignedIn, RefreshError> {
        let now = self.ports.clock.now();
        let Some(RefreshClaims { session_id, generation }) =
            self.ports.refresh_tokens.verify(token)
        else {
            return Err(self.refuse(None));
        };
        let found = self.ports.sessions.find(session_id).await?;
        // In the last second of a session no token is worth having.
        let policy = &self.settings.session;
        let lasts = |found: &UserSession| {
            policy.time_left(found.session.created_at, now) >= TimeDelta::seconds(1)
        };
        let Some(found) = found.filter(|found| policy.admits(found, now) && lasts(found)) else {
            return Err(self.refuse(Some(session_id)));
        };
        match self.ports.sessions.spend(session_id, generation, now).await? {
            Spend::First => {}
            Spend::SpentAt(time) if SessionPolicy::is_in_grace(time, now) => {}
            Spend::SpentAt(_) => {
                self.ports.sessions.end(found.user.id, session_id).await?;
                self.record(AuthEvent::RefreshReplayed { session_id });
                return Err(RefreshError::InvalidToken);
            }
            // A logout came first. That is no theft.
            Spend::Gone => return Err(self.refuse(Some(session_id))),
        }
        self.record(AuthEvent::Refreshed { session_id });
        let tokens = self.issue_tokens(&found.session, generation.saturating_add(1), now)?;
        Ok(SignedIn { user: found.user, grant: Grant::Tokens(tokens) })
    }

    fn refuse(&self, session_id: Option<SessionId>) -> RefreshError {
        self.record(AuthEvent::CredentialRefused { session_id });
        RefreshError::InvalidToken
    }
}
