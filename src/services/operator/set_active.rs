use super::{AccountError, Operator};
use crate::domain::{AuthEvent, UserId};

impl Operator {
    /// Activates an account. Returns whether it was inactive. Sessions that a deactivation ended stay ended.
    ///
    /// # Errors
    ///
    /// See [`AccountError`].
    pub async fn activate(&self, user_id: UserId) -> Result<bool, AccountError> {
        self.set_active(user_id, true).await
    }

    /// Deactivates an account and ends its sessions. Returns whether it was active.
    ///
    /// # Errors
    ///
    /// See [`AccountError`].
    pub async fn deactivate(&self, user_id: UserId) -> Result<bool, AccountError> {
        self.set_active(user_id, false).await
    }

    async fn set_active(&self, user_id: UserId, active: bool) -> Result<bool, AccountError> {
        let changed = self.ports.users.set_active(user_id, active).await?;
        let changed = changed.ok_or(AccountError::NotFound)?;
        if changed {
            self.record(match active {
                true => AuthEvent::Activated { user_id },
                false => AuthEvent::Deactivated { user_id },
            });
        }
        Ok(changed)
    }
}
