use super::AuthService;
use crate::{
    domain::{AuthEvent, Password, PasswordHash, User},
    ports::{PasswordHasherError, RepositoryError},
};

/// A user's current password was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmPasswordError {
    /// The password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The account or the session no longer exists.
    #[error("the session has ended")]
    SessionEnded,
    /// The password could not be verified.
    #[error(transparent)]
    PasswordHasher(#[from] PasswordHasherError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl AuthService {
    /// Verifies a user's current password. Returns the hash that it was compared with, so that the following change can
    /// require the same hash.
    pub(super) async fn confirm_password(
        &self,
        user: &User,
        password: &Password,
    ) -> Result<PasswordHash, ConfirmPasswordError> {
        let found = self.ports.users.find_credentials(&user.email).await?;
        let found = found.filter(|found| found.user.id == user.id);
        let hash = found.ok_or(ConfirmPasswordError::SessionEnded)?.password_hash;
        let verdict = self.ports.password_hasher.verify(password, Some(&hash)).await;
        if verdict.map_err(|error| self.note_refusal(error))? {
            return Ok(hash);
        }
        self.record(AuthEvent::ConfirmationFailed { user_id: user.id });
        Err(ConfirmPasswordError::WrongPassword)
    }
}
