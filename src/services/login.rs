use super::{AuthService, SignedIn};
use crate::{
    domain::{Credentials, EmailAddress, Password},
    ports::{AuthEvent, PasswordHasherError, RepositoryError, TokenIssuerError},
};

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// There is no such account, or its password is another one. Which of the two is not for the caller to know.
    #[error("wrong e-mail address or password")]
    InvalidCredentials,
    /// The password is right, but the account is inactive.
    #[error("the account is inactive")]
    Inactive,
    /// The password could not be worked on.
    #[error(transparent)]
    PasswordHasher(#[from] PasswordHasherError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The session began, but no token could be made for it.
    #[error(transparent)]
    TokenIssuer(#[from] TokenIssuerError),
}

impl AuthService {
    /// Logs a user in. `email` is whatever was typed: one that is no address is one more that nobody has.
    ///
    /// # Errors
    ///
    /// See [`LoginError`].
    pub async fn login(&self, email: &str, password: &Password) -> Result<SignedIn, LoginError> {
        let found = match EmailAddress::parse(email) {
            Ok(email) => self.ports.users.find_credentials(&email).await?,
            Err(_) => None,
        };
        let hash = found.as_ref().map(|credentials| &credentials.password_hash);
        let matches = self
            .ports
            .password_hasher
            .verify(password, hash)
            .await
            .map_err(|error| self.note_refusal(error))?;
        match found {
            Some(Credentials { user, .. }) if matches => {
                let session = self.new_session();
                // The account may have been deactivated since it was read: the repository decides.
                match self.ports.sessions.begin(user.id, session).await? {
                    Some(user) => {
                        self.record(AuthEvent::LoggedIn {
                            user_id: user.id,
                            session_id: session.id,
                        });
                        Ok(self.sign_in(user, session)?)
                    }
                    None => {
                        self.record(AuthEvent::InactiveLogin { user_id: user.id });
                        Err(LoginError::Inactive)
                    }
                }
            }
            found => {
                let user_id = found.map(|credentials| credentials.user.id);
                self.record(AuthEvent::LoginFailed { user_id });
                Err(LoginError::InvalidCredentials)
            }
        }
    }
}
