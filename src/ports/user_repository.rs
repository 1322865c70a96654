use async_trait::async_trait;

use super::RepositoryError;
use crate::domain::{
    Credentials, EmailAddress, NewAuthSession, NewUser, PasswordHash, ProfileChange, SessionId,
    User, UserId,
};

/// Stores accounts. Every process that shares the storage MUST see a change at once. Every method MUST be atomic.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Stores an account and its first session, as
    /// [`AuthSessionRepository::begin`](super::AuthSessionRepository::begin) stores one.
    ///
    /// - Of any number of calls with one address, also at once and from several processes, exactly one MUST succeed. The
    ///   others MUST fail with [`SaveUserError::EmailTaken`] and change nothing.
    /// - The id MUST be one that no account ever had.
    async fn create(&self, user: NewUser, session: NewAuthSession) -> Result<User, SaveUserError>;

    /// Returns the account with this address, active or not, and its password hash.
    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<Credentials>, RepositoryError>;

    /// Stores a new password hash and a session that replaces all sessions of the account, and those that it names. Returns the
    /// account.
    ///
    /// If the account is inactive, has another password hash than the one that was verified, or no longer has the session in
    /// which the change is made, it MUST change nothing and return none.
    async fn change_password(
        &self,
        user_id: UserId,
        change: PasswordChange,
    ) -> Result<Option<User>, RepositoryError>;

    /// Stores a change to the profile. Returns the account.
    ///
    /// - If another account has the new address, it MUST fail with [`SaveUserError::EmailTaken`] and change nothing.
    /// - If the account is inactive or gone, or if an address is given and the account has another password hash than the one
    ///   that was verified, it MUST change nothing and return none. This comes before a taken address.
    async fn update_profile(
        &self,
        user_id: UserId,
        change: ProfileChange,
    ) -> Result<Option<User>, SaveUserError>;

    /// Deletes the account, its sessions and its practice sessions. Returns whether it did.
    ///
    /// If the account is inactive or has another password hash than `verified`, it MUST change nothing and return false.
    async fn delete(
        &self,
        user_id: UserId,
        verified: &PasswordHash,
    ) -> Result<bool, RepositoryError>;

    /// Activates or deactivates the account. Returns whether that changed anything, or none if there is no such account. A
    /// deactivation MUST end every session of the account.
    async fn set_active(
        &self,
        user_id: UserId,
        active: bool,
    ) -> Result<Option<bool>, RepositoryError>;
}

/// A change of password, after the present one was verified.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The hash that the present password was compared with.
    pub verified: PasswordHash,
    /// The hash of the new password.
    pub new: PasswordHash,
    /// The session in which the change is made.
    pub made_in: SessionId,
    /// The session that replaces all others.
    pub session: NewAuthSession,
}

/// An account was not stored.
#[derive(Debug, thiserror::Error)]
pub enum SaveUserError {
    /// Another account has the address.
    #[error("the email address is already registered")]
    EmailTaken,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}
