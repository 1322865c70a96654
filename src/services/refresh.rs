use chrono::TimeDelta;

use super::{AuthService, SignedIn};
use crate::{
    domain::{AuthEvent, Grant, RefreshClaims, Refusal, SessionId, SessionPolicy, UserSession},
    ports::{AccessTokensError, RepositoryError, Spend},
};

/// A refresh failed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is unknown or already spent, its session has ended, or its account is inactive. Replaying a spent
    /// token also ends its session.
    #[error("the refresh token is not valid")]
    InvalidToken,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The refresh token was spent, but no access token could be created. A retry within the grace period can succeed.
    #[error(transparent)]
    AccessTokens(#[from] AccessTokensError),
}

impl AuthService {
    /// Exchanges a refresh token for new tokens (RFC 9700, section 4.14.2, refresh token rotation).
    ///
    /// A token that was just spent gets the same successor again, so that two tabs, a retry or a lost response do not
    /// end the session. After [`SessionPolicy::REFRESH_GRACE`], a spent token counts as stolen, and its session ends.
    ///
    /// # Errors
    ///
    /// See [`RefreshError`].
    pub async fn refresh(&self, token: &str) -> Result<SignedIn, RefreshError> {
        let now = self.ports.clock.now();
        let Some(RefreshClaims { session_id, generation }) =
            self.ports.refresh_tokens.verify(token)
        else {
            return Err(self.refuse(None, Refusal::Forged));
        };
        let found = self.ports.sessions.find(session_id).await?;
        // An access token lives for whole seconds, so a session with less than one second left cannot get one.
        let policy = &self.settings.session;
        let lasts = |found: UserSession| match policy.time_left(found.session.created_at, now)
            >= TimeDelta::seconds(1)
        {
            true => Ok(found),
            false => Err(Refusal::SessionExpired),
        };
        let admitted = found.ok_or(Refusal::SessionEnded);
        let admitted = admitted.and_then(|found| policy.admit(found, now)).and_then(lasts);
        let found = admitted.map_err(|reason| self.refuse(Some(session_id), reason))?;
        let user_id = found.user.id;
        match self.ports.sessions.spend(session_id, generation, now).await? {
            Spend::First => {}
            Spend::SpentAt(time) if SessionPolicy::is_in_grace(time, now) => {}
            Spend::SpentAt(_) => {
                self.ports.sessions.end(user_id, session_id).await?;
                self.record(AuthEvent::RefreshReplayed { user_id, session_id });
                return Err(RefreshError::InvalidToken);
            }
            // The session ended before the refresh, which is not a sign of theft.
            Spend::Gone => return Err(self.refuse(Some(session_id), Refusal::SessionEnded)),
        }
        self.record(AuthEvent::Refreshed { user_id, session_id });
        let tokens = self.issue_tokens(&found.session, generation.saturating_add(1), now)?;
        Ok(SignedIn { user: found.user, grant: Grant::Tokens(tokens) })
    }

    fn refuse(&self, session_id: Option<SessionId>, reason: Refusal) -> RefreshError {
        self.record(AuthEvent::CredentialRefused { session_id, reason });
        RefreshError::InvalidToken
    }
}
