use async_trait::async_trait;

use super::RepositoryError;
use crate::domain::{Credentials, EmailAddress, NewAuthSession, NewUser, User};

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
