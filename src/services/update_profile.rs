use super::{AuthService, ConfirmPasswordError};
use crate::{
    domain::{AuthEvent, EmailUpdate, FullName, ProfileChange, ProfileUpdate, User, UserSession},
    ports::SaveUserError,
};

/// A profile update failed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateProfileError {
    /// The current password, which a new email address needs, was not confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmPasswordError),
    /// Another account has the email address, or the repository failed.
    #[error(transparent)]
    Save(#[from] SaveUserError),
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
        if full_name.is_none() && email.is_none() {
            return Ok(caller.user.clone());
        }
        let user_id = caller.user.id;
        let has_email = email.is_some();
        let user = match email {
            Some(email) => self.update_email(&caller.user, full_name, email).await?,
            None => {
                let change = ProfileChange { full_name, email: None };
                let updated = self.ports.users.update_profile(user_id, change).await?;
                updated.ok_or(ConfirmPasswordError::SessionEnded)?
            }
        };
        let email = has_email && user.email != caller.user.email;
        self.record(AuthEvent::ProfileChanged { user_id, email });
        Ok(user)
    }

    async fn update_email(
        &self,
        user: &User,
        full_name: Option<Option<FullName>>,
        EmailUpdate { email, current_password }: EmailUpdate,
    ) -> Result<User, UpdateProfileError> {
        let mut confirmed = self.confirm_password(user, &current_password).await?;
        loop {
            let email = Some((email.clone(), confirmed.hash.clone()));
            let change = ProfileChange { full_name: full_name.clone(), email };
            if let Some(user) = self.ports.users.update_profile(user.id, change).await? {
                return Ok(user);
            }
            confirmed = self.confirm_again(user, &current_password, confirmed).await?;
        }
    }
}
