use super::{AuthService, Credential};
use crate::{
    domain::{AuthEvent, SessionId, SessionSecret, UserId},
    ports::RepositoryError,
};

impl AuthService {
    /// Ends the sessions of these credentials. Unknown credentials are ignored. An expired access token still ends its
    /// session.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if a session may still be live.
    pub async fn log_out(&self, credentials: &[Credential<'_>]) -> Result<(), RepositoryError> {
        let mut secrets = Vec::new();
        for credential in credentials {
            match credential {
                Credential::AccessToken(token) => self.end_session_of_token(token).await?,
                Credential::SessionSecret(text) => secrets.extend(SessionSecret::parse(text)),
            }
        }
        if !secrets.is_empty() {
            let ended = self.ports.sessions.end_by_secrets(&secrets).await?;
            ended.into_iter().for_each(|(user_id, id)| self.record_logout(user_id, id));
        }
        Ok(())
    }

    async fn end_session_of_token(&self, token: &str) -> Result<(), RepositoryError> {
        let Ok(claims) = self.ports.access_tokens.verify(token) else { return Ok(()) };
        if self.ports.sessions.end(claims.user_id, claims.session_id).await? {
            self.record_logout(claims.user_id, claims.session_id);
        }
        Ok(())
    }

    fn record_logout(&self, user_id: UserId, session_id: SessionId) {
        self.record(AuthEvent::LoggedOut { user_id, session_id });
    }
}
