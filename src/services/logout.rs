use super::{AuthService, Credential};
use crate::{
    domain::{AccessClaims, SessionId, SessionSecret},
    ports::{AuthEvent, RepositoryError},
};

/// The session could not be ended.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LogoutError(#[from] pub RepositoryError);

impl AuthService {
    /// Ends the session behind a credential, for good. It may be expired or its session over already, which changes
    /// nothing; one that is not ours ends nothing.
    ///
    /// # Errors
    ///
    /// [`LogoutError`] if the session may still be alive.
    pub async fn logout(&self, credential: Credential<'_>) -> Result<(), LogoutError> {
        let sessions = &self.ports.sessions;
        let ended = match credential {
            Credential::AccessToken(token) => match self.ports.token_verifier.verify(token) {
                Ok(claims) => self.end_own(&claims).await?,
                Err(_) => None,
            },
            Credential::SessionSecret(text) => match SessionSecret::parse(text) {
                Some(secret) => sessions.end_by_secret(&secret).await?,
                None => None,
            },
        };
        if let Some(session_id) = ended {
            self.record(AuthEvent::LoggedOut { session_id });
        }
        Ok(())
    }

    /// Ends the session that a token names, if it is one of the user whom the token is about.
    async fn end_own(&self, claims: &AccessClaims) -> Result<Option<SessionId>, RepositoryError> {
        let (sessions, id) = (&self.ports.sessions, claims.session_id);
        let found = sessions.find(id).await?;
        let is_own = found.is_some_and(|(session, _)| session.user_id == claims.user_id);
        Ok((is_own && sessions.end(id).await?).then_some(id))
    }
}
