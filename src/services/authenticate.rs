use chrono::{DateTime, Utc};

use super::{AuthService, Credential};
use crate::{
    domain::{AuthEvent, SessionId, SessionSecret, UserSession},
    ports::RepositoryError,
};

/// A request was not authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The credential is unknown or expired, its session has ended, or its account is inactive.
    #[error("the credential is not valid")]
    InvalidCredential,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl AuthService {
    /// Returns the live session of a credential and its active user, and stores the use of the session when that is
    /// due.
    ///
    /// # Errors
    ///
    /// See [`AuthenticateError`].
    pub async fn authenticate(
        &self,
        credential: Credential<'_>,
    ) -> Result<UserSession, AuthenticateError> {
        let now = self.ports.clock.now();
        let (named, found) = match credential {
            Credential::AccessToken(token) => self.find_by_token(token, now).await?,
            Credential::SessionSecret(text) => (None, self.find_by_secret(text).await?),
        };
        let policy = &self.settings.session;
        let Some(found) = found.filter(|found| policy.admits(found, now)) else {
            self.record(AuthEvent::CredentialRefused { session_id: named });
            return Err(AuthenticateError::InvalidCredential);
        };
        if policy.touch_is_due(&found.session, now) {
            // A failure to store the use does not fail the request. The session only expires earlier.
            let _ = self.ports.sessions.touch(found.session.id, now).await;
        }
        Ok(found)
    }

    /// Returns the session id in the token, and the session if the token is current and belongs to the session's user.
    async fn find_by_token(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<(Option<SessionId>, Option<UserSession>), RepositoryError> {
        let Ok(claims) = self.ports.access_tokens.verify(token) else {
            return Ok((None, None));
        };
        let found = match claims.is_current(now) {
            true => self.ports.sessions.find(claims.session_id).await?,
            false => None,
        };
        let found = found.filter(|found| found.user.id == claims.user_id);
        Ok((Some(claims.session_id), found))
    }

    async fn find_by_secret(&self, text: &str) -> Result<Option<UserSession>, RepositoryError> {
        match SessionSecret::parse(text) {
            Some(secret) => self.ports.sessions.find_by_secret(&secret).await,
            None => Ok(None),
        }
    }
}
