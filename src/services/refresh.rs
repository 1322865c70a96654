use chrono::{DateTime, Utc};

use super::{AuthService, SignedIn};
use crate::{
    domain::{AuthSession, RefreshClaims, SessionPolicy, User},
    ports::{AuthEvent, RepositoryError, Spend, TokenIssuerError},
};

/// Why there are no new tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is not ours, of a session that is over or of an inactive account, or it was spent before: then its
    /// session is over now.
    #[error("the refresh token is not valid")]
    InvalidToken,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The refresh token is spent, but no access token could be made; asking again within the grace time makes one.
    #[error(transparent)]
    TokenIssuer(#[from] TokenIssuerError),
}

impl AuthService {
    /// Trades a refresh token for new tokens (RFC 9700, section 4.14.2, refresh token rotation).
    ///
    /// Whoever presents a token that was just spent gets its one successor again: two tabs, a retry or a lost response log
    /// nobody out. Later than [`SessionPolicy::REFRESH_GRACE`] it was stolen,
    /// from the client or by it, and nobody can tell which: the session ends.
    ///
    /// # Errors
    ///
    /// See [`RefreshError`].
    pub async fn refresh(&self, token: &str) -> Result<SignedIn, RefreshError> {
        let now = self.ports.clock.now();
        let Some(claims) = self.ports.refresh_tokens.verify(token) else {
            self.record(AuthEvent::CredentialRefused { session_id: None });
            return Err(RefreshError::InvalidToken);
        };
        let (session, user) = self.find_live(claims, now).await?;
        let sessions = &self.ports.sessions;
        match sessions.spend(session.id, claims.generation, now).await? {
            Spend::First => {}
            Spend::SpentAt(time) if SessionPolicy::is_in_grace(time, now) => {}
            Spend::SpentAt(_) => {
                sessions.end(session.id).await?;
                self.record(AuthEvent::RefreshReplayed { session_id: session.id });
                return Err(RefreshError::InvalidToken);
            }
            Spend::Gone => return Err(self.refuse_refresh(claims)),
        }
        self.record(AuthEvent::Refreshed { session_id: session.id });
        let generation = claims.generation.saturating_add(1);
        Ok(self.issue_tokens(user, session.id, session.created_at, generation, now)?)
    }

    /// Records a refusal that is no replay: the session has ended, perhaps by a logout at the same moment.
    fn refuse_refresh(&self, claims: RefreshClaims) -> RefreshError {
        self.record(AuthEvent::CredentialRefused { session_id: Some(claims.session_id) });
        RefreshError::InvalidToken
    }

    /// The session that a token names, and its account, if both may be used.
    async fn find_live(
        &self,
        claims: RefreshClaims,
        now: DateTime<Utc>,
    ) -> Result<(AuthSession, User), RefreshError> {
        let found = self.ports.sessions.find(claims.session_id).await?;
        let policy = &self.settings.session;
        let live = found.filter(|(session, user)| user.is_active && policy.is_live(session, now));
        live.ok_or_else(|| self.refuse_refresh(claims))
    }
}
