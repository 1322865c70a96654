use super::{AccountError, Operator};
use crate::domain::{AuthEvent, NewPasswordCode, UserId};

impl Operator {
    /// Makes a one-time code with which the user chooses a new password. It replaces a former one. The password and the
    /// sessions stay as they are until it is used.
    ///
    /// # Errors
    ///
    /// See [`AccountError`].
    pub async fn issue_code(&self, user_id: UserId) -> Result<NewPasswordCode, AccountError> {
        let code = self.new_code();
        if !self.ports.password_codes.issue(user_id, code.clone()).await? {
            return Err(AccountError::NotFound);
        }
        self.record(AuthEvent::CodeIssued { user_id });
        Ok(code)
    }
}
