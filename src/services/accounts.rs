use super::AuthService;
use crate::{
    domain::{AuthEvent, UserId},
    ports::RepositoryError,
};

/// An account could not be activated or deactivated.
#[derive(Debug, thiserror::Error)]
pub enum SetActiveError {
    /// The account does not exist.
    #[error("the account does not exist")]
    NotFound,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl AuthService {
    /// Activates an account. Returns whether it was inactive. Sessions that a deactivation ended stay ended.
    ///
    /// # Errors
    ///
    /// See [`SetActiveError`].
    pub async fn activate(&self, user_id: UserId) -> Result<bool, SetActiveError> {
        self.set_active(user_id, true).await
    }

    /// Deactivates an account and ends its sessions. Returns whether it was active.
    ///
    /// # Errors
    ///
    /// See [`SetActiveError`].
    pub async fn deactivate(&self, user_id: UserId) -> Result<bool, SetActiveError> {
        self.set_active(user_id, false).await
    }

    async fn set_active(&self, user_id: UserId, active: bool) -> Result<bool, SetActiveError> {
        let changed = self.ports.users.set_active(user_id, active).await?;
        let changed = changed.ok_or(SetActiveError::NotFound)?;
        if changed {
            self.record(match active {
                true => AuthEvent::Activated { user_id },
                false => AuthEvent::Deactivated { user_id },
            });
        }
        Ok(changed)
    }
}
