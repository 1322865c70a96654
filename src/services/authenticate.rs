use chrono::{DateTime, Utc};

use super::AuthService;
use crate::{
    domain::{AccessClaims, AuthSession, User},
    ports::{AuthEvent, RepositoryError},
};

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The account, active.
    pub user: User,
    /// The session, alive.
    pub session: AuthSession,
}

/// Why nobody knows who makes a request.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The token is not ours, not current, or names a session that is over or of an inactive account.
    #[error("the token is not valid")]
    InvalidToken,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl AuthService {
    /// Tells whose access token this is, and counts the request as a use of the session.
    ///
    /// # Errors
    ///
    /// See [`AuthenticateError`].
    pub async fn authenticate(&self, token: &str) -> Result<Authenticated, AuthenticateError> {
        let now = self.ports.clock.now();
        let Ok(claims) = self.ports.token_verifier.verify(token) else {
            return Err(self.refuse_token(None));
        };
        if !claims.is_current(now) {
            return Err(self.refuse_token(Some(&claims)));
        }
        match self.ports.sessions.find(claims.session_id).await? {
            Some((session, user)) if self.may_use(&session, &user, &claims, now) => {
                if self.settings.session.touch_is_due(&session, now) {
                    self.ports.sessions.touch(session.id, now).await?;
                }
                Ok(Authenticated { user, session })
            }
            _ => Err(self.refuse_token(Some(&claims))),
        }
    }

    fn may_use(
        &self,
        session: &AuthSession,
        user: &User,
        claims: &AccessClaims,
        now: DateTime<Utc>,
    ) -> bool {
        user.is_active && user.id == claims.user_id && self.settings.session.is_live(session, now)
    }

    fn refuse_token(&self, claims: Option<&AccessClaims>) -> AuthenticateError {
        let session_id = claims.map(|claims| claims.session_id);
        self.record(AuthEvent::TokenRefused { session_id });
        AuthenticateError::InvalidToken
    }
}
