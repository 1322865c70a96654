use super::{AccountError, Operator};
use crate::domain::{AuthEvent, UserId};

impl Operator {
    /// Deletes an account and all its data. The email address can be registered again.
    ///
    /// # Errors
    ///
    /// See [`AccountError`].
    pub async fn delete(&self, user_id: UserId) -> Result<(), AccountError> {
        if !self.ports.accounts.remove(user_id).await? {
            return Err(AccountError::NotFound);
        }
        self.record(AuthEvent::AccountRemoved { user_id });
        Ok(())
    }
}
