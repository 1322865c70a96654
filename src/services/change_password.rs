use super::{AuthService, ChoosePasswordError, ConfirmPasswordError, SignedIn};
use crate::{
    domain::{AuthEvent, Channel, Client, NewPassword, Password, UserSession},
    ports::{AccessTokensError, PasswordChange, RepositoryError},
};

/// A password change failed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new password is too easy to guess, or could not be judged or hashed.
    #[error(transparent)]
    Choose(#[from] ChoosePasswordError),
    /// The current password was not confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmPasswordError),
    /// The password was changed, but the tokens could not be created.
    #[error(transparent)]
    AccessTokens(#[from] AccessTokensError),
}

impl AuthService {
    /// Changes the caller's password. Ends every session of the caller and opens a new one, so that an intruder with
    /// the old password loses access (ASVS 5.0, 6.2.3 and 7.4.3).
    ///
    /// # Errors
    ///
    /// See [`ChangePasswordError`].
    pub async fn change_password(
        &self,
        caller: &UserSession,
        current: &Password,
        new: NewPassword,
        channel: Channel,
        client: Client,
    ) -> Result<SignedIn, ChangePasswordError> {
        let user = &caller.user;
        let new = self.choose_password(new, &user.email, user.full_name.as_ref()).await?;
        let confirmed = self.confirm_admitted(user, current).await?;
        let new = self.hash_password(&new).await?;
        self.open_session(channel, client, async |session| {
            let (session_id, mut confirmed) = (session.id, confirmed);
            let user = loop {
                let change = PasswordChange {
                    verified: confirmed.hash.clone(),
                    new: new.clone(),
                    made_in: caller.session.id,
                    session: session.clone(),
                };
                if let Some(user) = self.ports.users.change_password(user.id, change).await? {
                    break user;
                }
                confirmed = self.confirm_again(user, current, confirmed).await?;
            };
            self.record(AuthEvent::PasswordChanged { user_id: user.id, session_id });
            Ok(user)
        })
        .await
    }
}

impl From<RepositoryError> for ChangePasswordError {
    fn from(error: RepositoryError) -> Self {
        Self::Confirm(error.into())
    }
}
