use super::AuthService;
use crate::{
    domain::{AuthEvent, Password, PasswordHash, User},
    ports::{PasswordHasherError, RepositoryError, Verdict},
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

/// A stored hash that a user's current password matched.
pub(super) struct ConfirmedPassword {
    pub(super) hash: PasswordHash,
    is_outdated: bool,
}

impl AuthService {
    /// Verifies a user's current password.
    pub(super) async fn confirm_password(
        &self,
        user: &User,
        password: &Password,
    ) -> Result<ConfirmedPassword, ConfirmPasswordError> {
        let _place = self.admit()?;
        self.confirm_admitted(user, password).await
    }

    /// Like [`confirm_password`](Self::confirm_password), for a use case that already has a place.
    pub(super) async fn confirm_admitted(
        &self,
        user: &User,
        password: &Password,
    ) -> Result<ConfirmedPassword, ConfirmPasswordError> {
        let found = self.ports.users.find_credentials(&user.email).await?;
        let found = found.filter(|found| found.user.id == user.id);
        let hash = found.ok_or(ConfirmPasswordError::SessionEnded)?.password_hash;
        // The caller is signed in to the account, so the response time reveals nothing and no scheme is covered.
        let verdict = self.ports.password_hasher.verify(password, Some(&hash), &[]).await;
        let is_outdated = match verdict.map_err(|error| self.note_refusal(error))? {
            Verdict::Right => false,
            Verdict::RightButOutdated => true,
            Verdict::Wrong => {
                self.record(AuthEvent::ConfirmationFailed { user_id: user.id });
                return Err(ConfirmPasswordError::WrongPassword);
            }
        };
        Ok(ConfirmedPassword { hash, is_outdated })
    }

    /// Verifies the current password again, because the account no longer has the hash that it was compared with.
    ///
    /// A login may replace an outdated hash with a new one of the same password at any time. A current hash is not
    /// replaced again, so in that case, or the second time, the password was changed.
    pub(super) async fn confirm_again(
        &self,
        user: &User,
        password: &Password,
        former: ConfirmedPassword,
    ) -> Result<ConfirmedPassword, ConfirmPasswordError> {
        if !former.is_outdated {
            return Err(ConfirmPasswordError::SessionEnded);
        }
        let ConfirmedPassword { hash, .. } = self.confirm_password(user, password).await?;
        Ok(ConfirmedPassword { hash, is_outdated: false })
    }
}
