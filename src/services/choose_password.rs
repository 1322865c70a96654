use super::{AuthService, note_refusal};
use crate::{
    domain::{EmailAddress, FullName, NewPassword, PasswordHash, WeakPassword},
    ports::{
        Admission, AuditLog, PasswordHasher, PasswordHasherError, PasswordStrength,
        PasswordStrengthError,
    },
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

/// A password that is hard enough to guess, with the place to hash it. Only [`PasswordChoice::choose`] creates one.
pub(super) struct ChosenPassword {
    password: NewPassword,
    _place: Admission,
}

/// The ports that judge and hash a new password.
pub(super) struct PasswordChoice<'a> {
    pub(super) hasher: &'a dyn PasswordHasher,
    pub(super) strength: &'a dyn PasswordStrength,
    pub(super) audit_log: &'a dyn AuditLog,
}

impl PasswordChoice<'_> {
    /// Checks that a password is hard to guess for someone who knows the user's email address and name.
    pub(super) async fn choose(
        &self,
        password: NewPassword,
        email: &EmailAddress,
        full_name: Option<&FullName>,
    ) -> Result<ChosenPassword, ChoosePasswordError> {
        let place = self.hasher.admit().map_err(|error| note_refusal(self.audit_log, error))?;
        let name = full_name.map(|name| name.as_str().to_owned());
        let personal = [email.to_string()].into_iter().chain(name).collect();
        match self.strength.check(&password, personal).await {
            Ok(()) => Ok(ChosenPassword { password, _place: place }),
            Err(PasswordStrengthError::Weak(weak)) => Err(weak.into()),
            Err(PasswordStrengthError::Busy { retry_after }) => {
                let busy = PasswordHasherError::Busy { retry_after };
                Err(note_refusal(self.audit_log, busy).into())
            }
        }
    }

    /// Hashes a chosen password.
    pub(super) async fn hash(
        &self,
        password: &ChosenPassword,
    ) -> Result<PasswordHash, ChoosePasswordError> {
        let hashed = self.hasher.hash(password.password.as_ref()).await;
        Ok(hashed.map_err(|error| note_refusal(self.audit_log, error))?)
    }
}

impl AuthService {
    fn password_choice(&self) -> PasswordChoice<'_> {
        PasswordChoice {
            hasher: &*self.ports.password_hasher,
            strength: &*self.ports.password_strength,
            audit_log: &*self.ports.audit_log,
        }
    }

    /// See [`PasswordChoice::choose`].
    pub(super) async fn choose_password(
        &self,
        password: NewPassword,
        email: &EmailAddress,
        full_name: Option<&FullName>,
    ) -> Result<ChosenPassword, ChoosePasswordError> {
        self.password_choice().choose(password, email, full_name).await
    }

    /// See [`PasswordChoice::hash`].
    pub(super) async fn hash_password(
        &self,
        password: &ChosenPassword,
    ) -> Result<PasswordHash, ChoosePasswordError> {
        self.password_choice().hash(password).await
    }
}
