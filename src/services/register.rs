use super::{AuthService, ChoosePasswordError, SignedIn};
use crate::{
    domain::{AuthEvent, Channel, Client, NewUser, Registration},
    ports::{AccessTokensError, SaveUserError},
};

/// A registration failed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The password is too easy to guess, or could not be judged or hashed.
    #[error(transparent)]
    Choose(#[from] ChoosePasswordError),
    /// Another account has the email address, or the repository failed.
    #[error(transparent)]
    Save(#[from] SaveUserError),
    /// The account was created and its session began, but its tokens could not be created.
    #[error(transparent)]
    AccessTokens(#[from] AccessTokensError),
}

impl AuthService {
    /// Creates an account and opens its first session.
    ///
    /// The password is hashed before the email address is looked up, so that a taken address takes as long as a free
    /// one.
    ///
    /// # Errors
    ///
    /// See [`RegisterError`].
    pub async fn register(
        &self,
        registration: Registration,
        channel: Channel,
        client: Client,
    ) -> Result<SignedIn, RegisterError> {
        let Registration { email, password, full_name } = registration;
        let password = self.choose_password(password, &email, full_name.as_ref()).await?;
        let password_hash = self.hash_password(&password).await?;
        self.open_session(channel, client, async |session| {
            let session_id = session.id;
            let created_at = session.created_at;
            let user = NewUser { email, full_name, password_hash, created_at };
            let user = self.ports.users.create(user, session).await.inspect_err(|error| {
                if matches!(error, SaveUserError::EmailTaken) {
                    self.record(AuthEvent::RegistrationRefused);
                }
            })?;
            self.record(AuthEvent::Registered { user_id: user.id, session_id });
            Ok(user)
        })
        .await
    }
}
