use super::AuthService;
use crate::{
    domain::{EmailAddress, FullName, NewPassword, PasswordHash, WeakPassword},
    ports::{PasswordHasherError, PasswordStrengthError},
};

/// A new password was refused or could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum ChoosePasswordError {
    /// The password is too easy to guess.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The password could not be judged or hashed.
    #[error(transparent)]
    PasswordHasher(#[from] PasswordHasherError),
}

/// A password that is hard enough to guess. Only [`AuthService::choose_password`] creates one.
pub(super) struct ChosenPassword(NewPassword);

impl AuthService {
    /// Checks that a password is hard to guess for someone who knows the user's email address and name.
    pub(super) async fn choose_password(
        &self,
        password: NewPassword,
        email: &EmailAddress,
        full_name: Option<&FullName>,
    ) -> Result<ChosenPassword, ChoosePasswordError> {
        self.check_capacity()?;
        let name = full_name.map(|name| name.as_str().to_owned());
        let personal = [email.to_string()].into_iter().chain(name).collect();
        match self.ports.password_strength.check(&password, personal).await {
            Ok(()) => Ok(ChosenPassword(password)),
            Err(PasswordStrengthError::Weak(weak)) => Err(weak.into()),
            Err(PasswordStrengthError::Busy { retry_after }) => {
                Err(self.note_refusal(PasswordHasherError::Busy { retry_after }).into())
            }
        }
    }

    /// Hashes a chosen password.
    pub(super) async fn hash_password(
        &self,
        password: &ChosenPassword,
    ) -> Result<PasswordHash, PasswordHasherError> {
        let hashed = self.ports.password_hasher.hash(password.0.as_ref()).await;
        hashed.map_err(|error| self.note_refusal(error))
    }
}
