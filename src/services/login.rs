use super::{AuthService, BrowserSession, SignedIn};
use crate::{
    domain::{Client, Credentials, EmailAddress, NewAuthSession, Password, User},
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
    pub async fn login(
        &self,
        email: &str,
        password: &Password,
        client: Client,
    ) -> Result<SignedIn, LoginError> {
        let credentials = self.check_password(email, password).await?;
        let session = self.new_session(client);
        let (id, now) = (session.id, session.created_at);
        let user = self.begin_session(credentials, session).await?;
        Ok(self.issue_tokens(user, id, now, 0, now)?)
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
        client: Client,
    ) -> Result<BrowserSession, LoginError> {
        let credentials = self.check_password(email, password).await?;
        let (session, secret) = self.new_browser_session(previous, client);
        self.begin_session(credentials, session).await?;
        Ok(self.browser_session(secret))
    }

    async fn check_password(
        &self,
        email: &str,
        password: &Password,
    ) -> Result<Credentials, LoginError> {
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
            Some(credentials) if matches => Ok(credentials),
            found => {
                let user_id = found.map(|credentials| credentials.user.id);
                self.record(AuthEvent::LoginFailed { user_id });
                Err(LoginError::InvalidCredentials)
            }
        }
    }

    /// Begins a session, unless the account is inactive or its password another one by now: the repository decides, since
    /// either may have changed after the account was read.
    async fn begin_session(
        &self,
        Credentials { user, password_hash }: Credentials,
        session: NewAuthSession,
    ) -> Result<User, LoginError> {
        let session_id = session.id;
        if let Some(user) = self.ports.sessions.begin(user.id, &password_hash, session).await? {
            self.record(AuthEvent::LoggedIn { user_id: user.id, session_id });
            return Ok(user);
        }
        let found = self.ports.users.find_credentials(&user.email).await?;
        if found.is_some_and(|found| found.user.is_active) {
            self.record(AuthEvent::LoginFailed { user_id: Some(user.id) });
            return Err(LoginError::InvalidCredentials);
        }
        self.record(AuthEvent::InactiveLogin { user_id: user.id });
        Err(LoginError::Inactive)
    }
}
