use async_trait::async_trait;

use super::RepositoryError;
use crate::domain::{
    Credentials, EmailAddress, NewAuthSession, NewUser, PasswordHash, SessionId, User, UserId,
};

/// Keeps the accounts.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Stores an account together with its first session, as
    /// [`AuthSessionRepository::begin`](super::AuthSessionRepository::begin) stores one.
    ///
    /// - It MUST be atomic: after an error neither the account nor the session exists.
    /// - Of any number of calls with one address, also at once and from several processes, exactly one MUST
    ///   succeed; the others MUST answer [`CreateUserError::EmailTaken`].
    /// - The id MUST be one that no account ever had.
    async fn create(&self, user: NewUser, session: NewAuthSession)
    -> Result<User, CreateUserError>;

    /// The account with this address and its password hash, if there is one. It MUST be found whether it is active
    /// or not, by one indexed statement.
    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<Credentials>, RepositoryError>;

    /// Stores a new password hash, and a session that takes the place of all that the account has, as
    /// [`AuthSessionRepository::begin`](super::AuthSessionRepository::begin) stores one; answers the account.
    ///
    /// - It MUST be atomic: after an error nothing has happened.
    /// - If the account is inactive by then, has another password hash than the one that was verified, or has no longer
    ///   the session in which the change is made, it MUST change nothing and answer none.
    async fn change_password(
        &self,
        user_id: UserId,
        change: PasswordChange,
    ) -> Result<Option<User>, RepositoryError>;
}

/// A change of password, after the current one was verified.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The hash that the current password was compared with.
    pub verified: PasswordHash,
    /// The hash of the new password.
    pub new: PasswordHash,
    /// The session in which the change is made.
    pub made_in: SessionId,
    /// The session that takes the place of that one and all others.
    pub session: NewAuthSession,
}

/// Why an account was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Another account has the address.
    #[error("the e-mail address is already registered")]
    EmailTaken,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}
