use super::AuthService;
use crate::ports::{AuthEvent, RepositoryError};

/// The session could not be ended.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LogoutError(#[from] pub RepositoryError);

impl AuthService {
    /// Ends the session behind a token, for good. The token may be expired or its session over already, which
    /// changes nothing; one that is not ours ends nothing.
    ///
    /// # Errors
    ///
    /// [`LogoutError`] if the session may still be alive.
    pub async fn logout(&self, token: &str) -> Result<(), LogoutError> {
        let Ok(claims) = self.ports.token_verifier.verify(token) else {
            return Ok(());
        };
        if self.ports.sessions.end(claims.session_id).await? {
            self.record(AuthEvent::LoggedOut { session_id: claims.session_id });
        }
        Ok(())
    }
}
