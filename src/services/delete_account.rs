use super::{AuthService, ConfirmPasswordError};
use crate::domain::{AuthEvent, Password, UserSession};

impl AuthService {
    /// Deletes the caller's account and all its data. The email address can be registered again.
    ///
    /// # Errors
    ///
    /// [`ConfirmPasswordError`] if nothing was deleted.
    pub async fn delete_account(
        &self,
        caller: &UserSession,
        current: &Password,
    ) -> Result<(), ConfirmPasswordError> {
        let user_id = caller.user.id;
        let mut confirmed = self.confirm_password(&caller.user, current).await?;
        while !self.ports.users.delete(user_id, &confirmed.hash).await? {
            confirmed = self.confirm_again(&caller.user, current, confirmed).await?;
        }
        self.record(AuthEvent::AccountDeleted { user_id });
        Ok(())
    }
}
