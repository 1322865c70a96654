use super::{AuthService, BrowserSession, SignedIn};
use crate::{
    domain::{Credentials, EmailAddress, NewAuthSession, Password, User},
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
    /// Logs a user in with an access token. `email` is whatever was typed: one that is no address is one more that
    /// nobody has.
    ///
    /// # Errors
    ///
    /// See [`LoginError`].
    pub async fn login(&self, email: &str, password: &Password) -> Result<SignedIn, LoginError> {
        let user = self.check_password(email, password).await?;
        let session = self.new_session();
        let (id, now) = (session.id, session.created_at);
        let user = self.begin_session(&user, session).await?;
        Ok(self.issue_token(user, id, now)?)
    }

    /// Logs a browser in, which presented `previous` until now.
    ///
    /// # Errors
    ///
    /// See [`LoginError`].
    pub async fn login_browser(
        &self,
        email: &str,
        password: &Password,
        previous: Option<&str>,
    ) -> Result<BrowserSession, LoginError> {
        let user = self.check_password(email, password).await?;
        let (session, secret) = self.new_browser_session(previous);
        self.begin_session(&user, session).await?;
        Ok(self.browser_session(secret))
    }

    async fn check_password(&self, email: &str, password: &Password) -> Result<User, LoginError> {
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
            Some(Credentials { user, .. }) if matches => Ok(user),
            found => {
                let user_id = found.map(|credentials| credentials.user.id);
                self.record(AuthEvent::LoginFailed { user_id });
                Err(LoginError::InvalidCredentials)
            }
        }
    }

    /// Begins a session, unless the account is inactive: the repository decides, since the account may have been
    /// deactivated after it was read.
    async fn begin_session(
        &self,
        user: &User,
        session: NewAuthSession,
    ) -> Result<User, LoginError> {
        let session_id = session.id;
        match self.ports.sessions.begin(user.id, session).await? {
            Some(user) => {
                self.record(AuthEvent::LoggedIn { user_id: user.id, session_id });
                Ok(user)
            }
            None => {
                self.record(AuthEvent::InactiveLogin { user_id: user.id });
                Err(LoginError::Inactive)
            }
        }
    }
}
