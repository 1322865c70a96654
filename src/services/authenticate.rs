use chrono::{DateTime, Utc};

use super::{AuthService, Credential};
use crate::{
    domain::{AuthEvent, Refusal, SessionId, SessionSecret, UserSession},
    ports::{InvalidToken, RepositoryError},
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
        let admitted = found.and_then(|found| policy.admit(found, now));
        let found = admitted.map_err(|reason| {
            self.record(AuthEvent::CredentialRefused { session_id: named, reason });
            AuthenticateError::InvalidCredential
        })?;
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
    ) -> Result<(Option<SessionId>, Result<UserSession, Refusal>), RepositoryError> {
        let claims = match self.ports.access_tokens.verify(token) {
            Ok(claims) => claims,
            Err(InvalidToken(reason)) => return Ok((None, Err(reason))),
        };
        let named = Some(claims.session_id);
        if let Err(reason) = claims.check_times(now) {
            return Ok((named, Err(reason)));
        }
        let found = self.ports.sessions.find(claims.session_id).await?;
        let found = found.ok_or(Refusal::SessionEnded).and_then(|found| {
            match found.user.id == claims.user_id {
                true => Ok(found),
                false => Err(Refusal::OtherUser),
            }
        });
        Ok((named, found))
    }

    async fn find_by_secret(
        &self,
        text: &str,
    ) -> Result<Result<UserSession, Refusal>, RepositoryError> {
        let Some(secret) = SessionSecret::parse(text) else { return Ok(Err(Refusal::Malformed)) };
        let found = self.ports.sessions.find_by_secret(&secret).await?;
        Ok(found.ok_or(Refusal::SessionEnded))
    }
}
