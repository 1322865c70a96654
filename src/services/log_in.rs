use super::{AuthService, SignedIn};
use crate::{
    domain::{
        AuthEvent, Channel, Client, Credentials, EmailAddress, NewAuthSession, Password, User,
    },
    ports::{AccessTokensError, PasswordHasherError, RepositoryError},
};

/// A login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The account does not exist, or the password is wrong. The caller does not learn which (OWASP Authentication
    /// Cheat Sheet).
    #[error("wrong email address or password")]
    InvalidCredentials,
    /// The password is correct, but the account is inactive.
    #[error("the account is inactive")]
    Inactive,
    /// The password could not be verified.
    #[error(transparent)]
    PasswordHasher(#[from] PasswordHasherError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The session began, but its tokens could not be created.
    #[error(transparent)]
    AccessTokens(#[from] AccessTokensError),
}

impl AuthService {
    /// Logs a user in. A malformed `email` is treated like an unknown one.
    ///
    /// # Errors
    ///
    /// See [`LoginError`].
    pub async fn log_in(
        &self,
        email: &str,
        password: &Password,
        channel: Channel,
        client: Client,
    ) -> Result<SignedIn, LoginError> {
        let credentials = self.check_password(email, password).await?;
        let begin = async |session| self.begin_session(credentials, session).await;
        self.open_session(channel, client, begin).await
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
        let verdict = self.ports.password_hasher.verify(password, hash).await;
        let matches = verdict.map_err(|error| self.note_refusal(error))?;
        match found {
            Some(credentials) if matches => Ok(credentials),
            found => {
                let user_id = found.map(|credentials| credentials.user.id);
                self.record(AuthEvent::LoginFailed { user_id });
                Err(LoginError::InvalidCredentials)
            }
        }
    }

    /// Begins a session. The repository checks again that the account is active and its password unchanged, because
    /// both may have changed since the account was read.
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
        if found.is_some_and(|found| !found.user.is_active) {
            self.record(AuthEvent::InactiveLogin { user_id: user.id });
            return Err(LoginError::Inactive);
        }
        self.record(AuthEvent::LoginFailed { user_id: Some(user.id) });
        Err(LoginError::InvalidCredentials)
    }
}
