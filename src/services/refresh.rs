use chrono::{DateTime, Utc};

use super::{AuthService, SignedIn};
use crate::{
    domain::{AuthSession, RefreshClaims, SessionPolicy, User},
    ports::{AuthEvent, RepositoryError, TokenIssuerError},
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
        let mut is_spent = false;
        if session.refresh_generation == claims.generation {
            let forget_before = now - SessionPolicy::REFRESH_GRACE;
            let advanced =
                sessions.advance(session.id, claims.generation, now, forget_before).await?;
            // If not, somebody presented it at the same moment, or ended the session.
            is_spent = advanced.is_some();
        }
        if !is_spent {
            let spent_at = sessions.spent_at(session.id, claims.generation).await?;
            if !spent_at.is_some_and(|spent_at| SessionPolicy::is_in_grace(spent_at, now)) {
                sessions.end(session.id).await?;
                self.record(AuthEvent::RefreshReplayed { session_id: session.id });
                return Err(RefreshError::InvalidToken);
            }
        }
        self.record(AuthEvent::Refreshed { session_id: session.id });
        Ok(self.issue_tokens(user, session.id, claims.generation.saturating_add(1), now)?)
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
        live.ok_or_else(|| {
            let session_id = Some(claims.session_id);
            self.record(AuthEvent::CredentialRefused { session_id });
            RefreshError::InvalidToken
        })
    }
}
