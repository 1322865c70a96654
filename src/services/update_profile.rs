use super::{AuthService, ConfirmPasswordError};
use crate::{
    domain::{AuthEvent, EmailUpdate, ProfileChange, ProfileUpdate, User, UserSession},
    ports::SaveUserError,
};

/// A profile update failed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateProfileError {
    /// The current password, which a new email address needs, was not confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmPasswordError),
    /// Another account has the email address.
    #[error("the email address is already registered")]
    EmailTaken,
}

impl AuthService {
    /// Changes the caller's name and email address. A new email address needs the current password, because it
    /// identifies the account.
    ///
    /// # Errors
    ///
    /// See [`UpdateProfileError`]. A wrong password is reported before a taken email address.
    pub async fn update_profile(
        &self,
        caller: &UserSession,
        ProfileUpdate { full_name, email }: ProfileUpdate,
    ) -> Result<User, UpdateProfileError> {
        let email = match email {
            Some(EmailUpdate { email, current_password }) => {
                Some((email, self.confirm_password(&caller.user, &current_password).await?))
            }
            None => None,
        };
        if full_name.is_none() && email.is_none() {
            return Ok(caller.user.clone());
        }
        let user_id = caller.user.id;
        let has_email = email.is_some();
        let updated = self.ports.users.update_profile(user_id, ProfileChange { full_name, email });
        let user = updated.await?.ok_or(ConfirmPasswordError::SessionEnded)?;
        let email = has_email && user.email != caller.user.email;
        self.record(AuthEvent::ProfileChanged { user_id, email });
        Ok(user)
    }
}

impl From<SaveUserError> for UpdateProfileError {
    fn from(error: SaveUserError) -> Self {
        match error {
            SaveUserError::EmailTaken => Self::EmailTaken,
            SaveUserError::Repository(error) => Self::Confirm(error.into()),
        }
    }
}
