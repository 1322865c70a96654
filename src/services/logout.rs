use super::{AuthService, Credential};
use crate::{
    domain::SessionSecret,
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
                Ok(claims) => sessions.end(claims.session_id).await?.then_some(claims.session_id),
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
}
